package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/networks"
	"github.com/dbc-network/dbc/networks/ceremony"
)

// newCeremonyCommand makes a network's genesis from its founders' transactions.
func newCeremonyCommand() *cobra.Command {
	var only bool
	cmd := &cobra.Command{
		Use:   "ceremony FOLDER",
		Short: "Make a network's genesis from the transactions of its founding validators",
		Long: `Checks each transaction in FOLDER/gentx (chain id and signature, stake, commission,
no account, key or moniker twice), makes FOLDER/genesis.json by the terms in
FOLDER/network.toml, and records its hash in FOLDER/genesis.sha256. The same
transactions give the same bytes on every computer. An existing genesis is checked,
and never replaced.`,
		Example: "  dbcd genesis ceremony networks/dbc-testnet-1 --check\n  dbcd genesis ceremony networks/dbc-testnet-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			folder := args[0]
			if !networks.IsFolder(folder) {
				folder = "." + string(filepath.Separator) + folder
			}
			return holdCeremony(cmd.OutOrStdout(), folder, only)
		},
	}
	cmd.Flags().BoolVar(&only, "check", false, "check the transactions and print the hash, and write nothing")
	return cmd
}

func holdCeremony(out io.Writer, folder string, only bool) error {
	n, err := networks.Open(folder)
	if err != nil {
		return err
	}
	r, err := ceremony.Make(n)
	if err != nil {
		return err
	}
	made, err := n.Made()
	if err != nil {
		return err
	}
	switch {
	case made:
		_, sum, err := n.Genesis()
		if err != nil {
			return err
		}
		if sum != r.Sum {
			return fmt.Errorf("%w: %s in %s has the sha256 %s, and these transactions give %s; "+
				"to hold the ceremony again, delete %s and %s first", networks.ErrGenesis, networks.GenesisFile, folder, sum, r.Sum, networks.GenesisFile, networks.HashFile)
		}
	case !only:
		if err := record(folder, r); err != nil {
			return err
		}
	}
	tell(out, n, r, made || only)
	return nil
}

// record writes the genesis first: a hash without it would look like a lost file.
func record(folder string, r ceremony.Result) error {
	for _, f := range []struct {
		name string
		text []byte
	}{{networks.GenesisFile, r.Genesis}, {networks.HashFile, []byte(networks.SumLine(r.Genesis))}} {
		if err := renameio.WriteFile(filepath.Join(folder, f.name), f.text, 0o644, renameio.WithStaticPermissions(0o644)); err != nil {
			if f.name == networks.HashFile {
				_ = os.Remove(filepath.Join(folder, networks.GenesisFile)) // it was made here, a moment ago
			}
			return fmt.Errorf("write %s: %w", f.name, err)
		}
	}
	return nil
}

func tell(out io.Writer, n *networks.Network, r ceremony.Result, unchanged bool) {
	fmt.Fprintf(out, "Genesis of %s, sha256 %s\n", n.ChainID, r.Sum)
	fmt.Fprintf(out, "%d validators begin it at %s or later:\n", len(r.Monikers), n.Ceremony.Time.Format("2006-01-02 15:04:05 MST"))
	for i, moniker := range r.Monikers {
		fmt.Fprintf(out, "  %-30q %s\n", moniker, r.Peers[i])
	}
	if unchanged {
		fmt.Fprintln(out, "Nothing was written.")
		return
	}
	fmt.Fprintf(out, `Next:
  1. Every founder runs this command on the same folder and compares the sha256.
  2. The nodes above go into peers of %s, and public endpoints into apis.
  3. %s, %s and %s are committed.
  4. Each founder runs: dbcd init MONIKER --network %s --overwrite
`, networks.ChainFile, networks.GenesisFile, networks.HashFile, networks.ChainFile, n.ChainID)
}
