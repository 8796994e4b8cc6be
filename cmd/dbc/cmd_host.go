package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/cosmos/gogoproto/jsonpb"
	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/rental"
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
		newHostBondCommand(s), newHostPriceCommand(s), newHostOfflineCommand(s), newHostDrainCommand(s),
		newHostEarningsCommand(s), newHostClaimCommand(s), newHostStakeCommand(s), newHostRetireCommand(s), newHostWithdrawCommand(s),
	)
	cmd.AddCommand(computerCommands(s)...)
	return cmd
}

const cardRootHelp = "folder that stands for / before etc, sys and proc"

// errNotHome means that renters would pay for a machine that they can't reach.
var errNotHome = errors.New("renters would not reach this machine, nothing was sent")

type bondFlags struct {
	nodeHome, operator, payout, price, notice, file, owner, root string

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
			"--print writes the signed bond, and --file sends one from the owner's computer. It is valid for a day.\n\n" +
			"The exit notice is part of the listing: a renter who leaves a confirmed rental pays for that time and gets the rest\n" +
			"of the rent back. A day is proposed, because renters pay more readily for what they can leave, and the notice pays\n" +
			"you until the next renter. With none, confirmed rent is yours until the end. It holds for the rentals made under\n" +
			"it, and dbc host price changes it for later ones.\n\n" +
			"Slots with GPUs are those of /etc/dbc/gpus.toml (dbc host gpu bind) that are seen now and were measured: the largest\n" +
			"set that is alike. They are shown first, with what stays out and why. It is refused where none of them can be\n" +
			"listed, or where the cards' memory does not fit beside the listed memory.",
		Example: "  dbc host bond --price 100 --operator dbc1…" + placeExample + "\n" +
			"  dbc host bond --price 100 --operator dbc1… --owner dbc1… --print > bond.json\n" +
			"  dbc host bond --file bond.json --wallet owner",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return bondMachine(s, cmd, f) },
	}
	nodeHomeFlag(cmd, &f.nodeHome)
	cmd.Flags().StringVar(&f.price, "price", "", "DBC for each slot and day")
	cmd.Flags().StringVar(&f.notice, "exit-notice", rental.FormatDuration(uint64(rental.DefaultExitNotice.Seconds())), "how long a renter who leaves still pays: 1h to 7d, or none")
	cmd.Flags().StringVar(&f.operator, "operator", "", "address that may set price, online and drain (default the owner)")
	cmd.Flags().StringVar(&f.payout, "payout", "", "address that gets the rent (default the owner)")
	cmd.Flags().StringVar(&f.owner, "owner", "", "address of the owner, with --print")
	cmd.Flags().Uint64Var(&f.seq, "seq", 0, "number of the bond (default the next one on the chain)")
	cmd.Flags().BoolVar(&f.print, "print", false, "write the signed bond instead of sending it")
	cmd.Flags().StringVar(&f.file, "file", "", "send a signed bond from this file")
	cmd.Flags().StringVar(&f.root, "root", "/", cardRootHelp)
	f.place.register(cmd)
	return cmd
}

func bondMachine(s *settings, cmd *cobra.Command, f bondFlags) error {
	if f.file != "" && f.print {
		return usagef("--print and --file: one writes a bond, the other sends it")
	}
	if f.file != "" {
		bond, err := readBond(f.file)
		if err != nil {
			return err
		}
		return sendBond(s, cmd, bond)
	}
	bond, err := makeBond(s, cmd, f)
	if err != nil {
		return err
	}
	if f.print {
		return writeBond(cmd.OutOrStdout(), bond)
	}
	return sendBond(s, cmd, bond)
}

func sendBond(s *settings, cmd *cobra.Command, bond machine.Bond) error {
	owner, c, err := s.renter(cmd)
	if err != nil {
		return err
	}
	if !s.json {
		if err := s.show(cmd, nil, func(w io.Writer) { row(w, "Exit notice:", noticeAdvice(bond.ExitNoticeSeconds)) }); err != nil {
			return err
		}
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

// noticeAdvice tells a host what the exit notice means.
func noticeAdvice(noticeSeconds uint64) string {
	if noticeSeconds == 0 {
		return "none: confirmed rent is yours until the end; renters pay more readily for what they can leave"
	}
	return rental.FormatDuration(noticeSeconds) + ": a renter who leaves pays for it, which covers you until the next one; renters pay more readily for what they can leave"
}

// writeBond writes a bond as the chain's own JSON, so that people who check it before it
// is sent can read the names of enums. A number without a name stays a number.
func writeBond(out io.Writer, bond machine.Bond) error {
	if err := (&jsonpb.Marshaler{OrigName: true, Indent: "  "}).Marshal(out, &bond); err != nil {
		return fmt.Errorf("write bond: %w", err)
	}
	_, err := fmt.Fprintln(out)
	return err
}

// readBond accepts names and numbers of enums: dbc used to write numbers.
func readBond(path string) (machine.Bond, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return machine.Bond{}, usagef("--file %s: no such file", path)
	}
	if err != nil {
		return machine.Bond{}, fmt.Errorf("read bond: %w", err)
	}
	var bond machine.Bond
	if err := jsonpb.Unmarshal(bytes.NewReader(text), &bond); err != nil {
		return machine.Bond{}, usagef("%s is not a bond as dbc host bond --print writes it: %w", path, err)
	}
	return bond, nil
}
