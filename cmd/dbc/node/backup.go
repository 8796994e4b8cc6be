//go:build linux

package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/dbc-network/dbc/backup"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/node/compute"
	"github.com/dbc-network/dbc/node/conf"
)

// errOnly means that nobody said that the node runs nowhere else.
var errOnly = errors.New("two nodes with one key answer each other's renters and challenges, and each refuses what the other did: " +
	"make sure that the old computer is off for good, then add --this-is-the-only-node")

func newBackupCommand(home *string) *cobra.Command {
	var out, from string
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "Write the node's key, configuration and a list of its VMs into an encrypted file",
		Long: "Write the node's key, configuration and a list of its VMs into a file of mode 0600, encrypted with a\n" +
			"passphrase. The node may run. Disks are not in it, and neither are wallets: keep their words.",
		Example: "  dbc node backup --home /etc/dbc --out node.dbcbackup",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, files, vms, err := compute.Backup(cmd.Context(), *home)
			if err != nil {
				return err
			}
			passphrase, err := backupPassphrase(cmd, from, true)
			if err != nil {
				return err
			}
			if err := backup.Create(out, passphrase, m, files); err != nil {
				return err
			}
			return shown(cmd, map[string]any{"file": out, "node_id": m.NodeID, "chain_id": m.ChainID, "vms": vms}, func(w io.Writer) {
				fmt.Fprintf(w, "%s has the key and the configuration of node %s on %s, and a list of its %d VMs.\n", out, m.NodeID, m.ChainID, len(vms))
				fmt.Fprintln(w, "Keep it and the passphrase apart, and neither on this computer alone.")
			})
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "file to write; must not exist")
	_ = cmd.MarkFlagRequired("out") // it exists
	passphraseFlag(cmd, &from)
	return cmd
}

func newRestoreCommand(home *string) *cobra.Command {
	var from string
	var only bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Make a node from a backup, on new hardware, and say what is left of its VMs",
		Long: "Make a node from a backup in an empty folder, and say what is left of each VM. Only one node may have the key:\n" +
			"two answer each other's renters and challenges. Then compare hardware and listing with dbc host status, put\n" +
			"wallets and images in place, and start the node.",
		Example: "  dbc node restore node.dbcbackup --home /etc/dbc --this-is-the-only-node",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !only {
				return errOnly
			}
			file, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer func() { _ = file.Close() }() // it was only read
			passphrase, err := backupPassphrase(cmd, from, false)
			if err != nil {
				return err
			}
			m, files, err := backup.Read(file, passphrase)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			left, err := compute.Restore(*home, m, files)
			if err != nil {
				return err
			}
			result := map[string]any{"home": *home, "node_id": m.NodeID, "chain_id": m.ChainID, "backup_of": m.Created, "vms": append([]compute.Left{}, left...)}
			return shown(cmd, result, func(w io.Writer) {
				writeRestored(w, *home, m, left)
				writeNext(w, *home)
			})
		},
	}
	cmd.Flags().BoolVar(&only, "this-is-the-only-node", false, "the node of this key runs nowhere else, and will not")
	passphraseFlag(cmd, &from)
	return cmd
}

func writeRestored(w io.Writer, home string, m backup.Manifest, left []compute.Left) {
	fmt.Fprintf(w, "Node %s on %s is restored into %s, as of %s.\n", m.NodeID, m.ChainID, home, m.Created.UTC().Format(time.RFC3339))
	for _, l := range left {
		what := map[compute.Fate]string{
			compute.FateGone: "the VM and its disks are gone", compute.FateKeptGone: "the disks that were kept are gone",
			compute.FateDisks: "a folder of its name is here; dbc node check names it",
		}[l.Fate]
		if l.RentalOpen {
			what += fmt.Sprintf("; its rental %d is open until %s: the renter can create another VM", l.RentID, l.RentalEnds.UTC().Format(time.RFC3339))
		}
		fmt.Fprintf(w, "%s  %s (%s)\n", client.Printable(l.TaskID), what, l.Fate)
	}
}

// writeNext names the commands for the home that was restored, and its role.
func writeNext(w io.Writer, home string) {
	next := "dbc node start --home " + home
	if cfg, err := conf.LoadNode(home); err == nil && cfg.Role == conf.RoleMining {
		next = "dbc host doctor --node-home " + home + ", then " + next
	}
	fmt.Fprintf(w, "Next: %s.\n", next)
}

func passphraseFlag(cmd *cobra.Command, from *string) {
	cmd.Flags().StringVar(from, "passphrase-file", "", "file with the passphrase in its first line, such as /dev/stdin (default: ask)")
}

// backupPassphrase reads the passphrase from a file, or asks for it: twice for a new one.
func backupPassphrase(cmd *cobra.Command, from string, fresh bool) (string, error) {
	if from != "" {
		file, err := os.Open(from)
		if err != nil {
			return "", err
		}
		defer func() { _ = file.Close() }() // it was only read
		text, err := io.ReadAll(io.LimitReader(file, 4096))
		line, _, _ := strings.Cut(string(text), "\n")
		return strings.TrimSuffix(line, "\r"), err
	}
	in, ok := cmd.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return "", fmt.Errorf("%w: there is no terminal to ask at: name a file with --passphrase-file", backup.ErrPassphrase)
	}
	questions := []string{"Passphrase of the backup: "}
	if fresh {
		questions = append(questions, "Again: ")
	}
	var typed []string
	for _, question := range questions {
		fmt.Fprint(cmd.ErrOrStderr(), question)
		text, err := term.ReadPassword(int(in.Fd()))
		fmt.Fprintln(cmd.ErrOrStderr())
		if err != nil {
			return "", fmt.Errorf("read the passphrase: %w", err)
		}
		typed = append(typed, string(text))
	}
	if typed[0] != typed[len(typed)-1] {
		return "", fmt.Errorf("%w: the two differ; nothing was written", backup.ErrPassphrase)
	}
	return typed[0], nil
}

// shown prints a result: for people, or with --json.
func shown(cmd *cobra.Command, result any, people func(w io.Writer)) error {
	if asJSON, _ := cmd.Flags().GetBool("json"); asJSON { // a flag of the root
		encoder := json.NewEncoder(cmd.OutOrStdout())
		encoder.SetIndent("", "  ")
		return encoder.Encode(result)
	}
	people(cmd.OutOrStdout())
	return nil
}
