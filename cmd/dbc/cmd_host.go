package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/host"
	"github.com/dbc-network/dbc/x/machine"
)

func newHostCommand(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "host",
		Short:   "Put a machine on the market and take it off",
		Example: "  dbc host bond --node-home ~/.dbc/mining --price 100 --operator dbc1…\n  dbc host online\n  dbc host status",
		Args:    cobra.NoArgs,
	}
	cmd.AddCommand(
		newHostBondCommand(s), newHostUpdateCommand(s), newHostPriceCommand(s), newHostOnlineCommand(s), newHostOfflineCommand(s), newHostDrainCommand(s),
		newHostStatusCommand(s), newHostEarningsCommand(s), newHostClaimCommand(s), newHostAnswerCommand(s),
		newHostStakeCommand(s), newHostRetireCommand(s), newHostWithdrawCommand(s), newHostInventoryCommand(s), newHostDoctorCommand(s), newHostGPUCommand(s),
	)
	return cmd
}

const nodeHomeHelp = "home of the mining node, with conf/ and dat/ (default the running devnet's, then $DBC_HOME/mining)"

// nodeHomeFlag names the folder with the machine's key.
func nodeHomeFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(to, "node-home", "", nodeHomeHelp)
}

func (s *settings) openHost(nodeHome string) (*host.Host, error) {
	nodeHome, err := s.nodeHome(nodeHome)
	if err != nil {
		return nil, err
	}
	return host.Open(nodeHome)
}

// nodeHome is the mining node's folder: the flag's, or that of the devnet whose
// chain is meant too.
func (s *settings) nodeHome(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	if err := s.resolve(); err != nil {
		return "", err
	}
	if s.mining != "" {
		return s.mining, nil
	}
	home, err := s.homeDir()
	return filepath.Join(home, "mining"), err
}

type bondFlags struct {
	nodeHome, operator, payout, price, file, owner string

	print bool
	seq   uint64
	place placeFlags
}

func newHostBondCommand(s *settings) *cobra.Command {
	var f bondFlags
	cmd := &cobra.Command{
		Use:   "bond",
		Short: "Register this machine with its stake",
		Long: placeLong + "\nThe machine's key signs its facts; the owner's wallet pays the stake. The owner's key need not be here:\n" +
			"--print writes the signed bond, and --file sends one from the owner's computer. It is valid for a day.",
		Example: "  dbc host bond --price 100 --operator dbc1…" + placeExample + "\n" +
			"  dbc host bond --price 100 --operator dbc1… --owner dbc1… --print > bond.json\n" +
			"  dbc host bond --file bond.json --wallet owner",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.bond(cmd, f) },
	}
	nodeHomeFlag(cmd, &f.nodeHome)
	cmd.Flags().StringVar(&f.price, "price", "", "DBC for each slot and day")
	cmd.Flags().StringVar(&f.operator, "operator", "", "address that may set price, online and drain (default the owner)")
	cmd.Flags().StringVar(&f.payout, "payout", "", "address that gets the rent (default the owner)")
	cmd.Flags().StringVar(&f.owner, "owner", "", "address of the owner, with --print")
	cmd.Flags().Uint64Var(&f.seq, "seq", 0, "number of the bond (default the next one on the chain)")
	cmd.Flags().BoolVar(&f.print, "print", false, "write the signed bond instead of sending it")
	cmd.Flags().StringVar(&f.file, "file", "", "send a signed bond from this file")
	f.place.register(cmd)
	return cmd
}

func (s *settings) bond(cmd *cobra.Command, f bondFlags) error {
	if f.file != "" && f.print {
		return usagef("--print and --file: one writes a bond, the other sends it")
	}
	if f.file != "" {
		bond, err := readBond(f.file)
		if err != nil {
			return err
		}
		return s.sendBond(cmd, bond)
	}
	bond, err := s.makeBond(cmd, f)
	if err != nil {
		return err
	}
	if f.print {
		encoder := json.NewEncoder(cmd.OutOrStdout())
		encoder.SetIndent("", "  ")
		return encoder.Encode(bond)
	}
	return s.sendBond(cmd, bond)
}

func (s *settings) makeBond(cmd *cobra.Command, f bondFlags) (machine.Bond, error) {
	price, err := client.ParseDBC(f.price)
	if err != nil {
		return machine.Bond{}, usagef("--price: %w", err)
	}
	var place host.Place
	if err := f.place.apply(cmd, &place); err != nil {
		return machine.Bond{}, err
	}
	h, err := s.openHost(f.nodeHome)
	if err != nil {
		return machine.Bond{}, err
	}
	if f.owner == "" {
		owner, _, err := s.renter(cmd) // the chain says which keyring is meant
		if err != nil {
			return machine.Bond{}, err
		}
		f.owner = owner.Wallet.Address()
	}
	if f.operator == "" {
		f.operator = f.owner
	}
	terms := host.Terms{Owner: f.owner, Operator: f.operator, Payout: f.payout, PricePerDay: price, Seq: f.seq, Place: place}
	if f.seq != 0 {
		return h.Bond(cmd.Context(), nil, terms)
	}
	c, err := s.dial(cmd.Context())
	if err != nil {
		return machine.Bond{}, err
	}
	return h.Bond(cmd.Context(), c, terms)
}

func (s *settings) sendBond(cmd *cobra.Command, bond machine.Bond) error {
	owner, c, err := s.renter(cmd)
	if err != nil {
		return err
	}
	if err := s.sure(cmd, fmt.Sprintf("Wallet %s (%s) bonds machine %s: its stake leaves the wallet, can be taken for trials that fail and for lost challenges, "+
		"and comes back only after the machine is retired and the unbonding time has passed.", owner.Wallet.Name, owner.Wallet.Address(), bond.MachineId)); err != nil {
		return err
	}
	tx, err := c.Broadcast(cmd.Context(), owner.Wallet, &machine.MsgBondMachines{
		Owner: owner.Wallet.Address(), Bonds: []machine.Bond{bond},
	})
	if err != nil {
		return fmt.Errorf("bond machine %s: %w", bond.MachineId, err)
	}
	s.sayEarlier(cmd, tx)
	return s.show(cmd, newTxReply(0, tx), func(w io.Writer) {
		fmt.Fprintf(w, "Machine %s is bonded (block %d). Next: dbc host online\n", bond.MachineId, tx.Height)
	})
}

func readBond(path string) (machine.Bond, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return machine.Bond{}, fmt.Errorf("read bond: %w", err)
	}
	var bond machine.Bond
	if err := json.Unmarshal(text, &bond); err != nil {
		return machine.Bond{}, usagef("%s is not a bond as dbc host bond --print writes it: %w", path, err)
	}
	return bond, nil
}
