//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client/host"
	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/hw/vfio"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/compute"
)

// errDoctor means that something prevents this computer from renting out its cards.
var errDoctor = errors.New("a check failed")

type doctorFlags struct {
	root, nodeHome, from, image string

	all, risers, reset, self bool

	slots uint32
}

// doctorReply is the shown result of an examination.
type doctorReply struct {
	doctor.Report

	// SelfRent says what --self-rent did and cost.
	SelfRent *host.SelfRented `json:"self_rent,omitempty"`
}

func newHostDoctorCommand(s *settings) *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Examine whether this computer can rent its cards out, and say what to change",
		Long: "Each check passes, warns or fails, with what was read, why it matters and the command that mends it. Nothing is\n" +
			"changed. Exit code 1 if a check failed. Run it as root: the kernel hides some things from others. With a mining\n" +
			"node's home on this computer its chain, listing, images and disk are examined too, and --from names a client node\n" +
			"elsewhere that tries to reach it.\n\n" +
			"--reset-test resets the card of each slot that no VM has, twice, and compares it with its record: one that does not\n" +
			"come back is quarantined. Cards in use, and those that are quarantined already, are left alone.\n\n" +
			"--self-rent rents slots of this machine to your wallet on trial, makes a VM, logs in, looks for the slots' cards from\n" +
			"inside, ends the trial and reports the costs: half of the fee, and gas. Before it pays, it asks the node whether it\n" +
			"runs, its helper, and whether the image is there and the slots' cards can be used. It ends the trial when it is\n" +
			"interrupted, too. A killed one leaves a trial that ends by itself when nobody confirms it; the next run ends it and\n" +
			"rents nothing then, since the chain grants a wallet no trial of a machine for a day after one was refunded (the\n" +
			"parameter trial_cooldown). It says from when it can be run again; another wallet can at once.",
		Example: "  dbc host doctor\n  dbc host doctor --all\n  dbc host doctor --json\n  dbc host doctor --reset-test --node-home /etc/dbc\n" +
			"  dbc host doctor --self-rent --node-home /etc/dbc --wallet owner --image debian-12.qcow2",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return examine(s, cmd, f) },
	}
	cmd.Flags().StringVar(&f.root, "root", "/", "folder that stands for / before sys and proc; the node is not examined then")
	cmd.Flags().BoolVar(&f.all, "all", false, "show checks that passed too")
	cmd.Flags().BoolVar(&f.risers, "risers", false, "one lane is meant: the cards are on risers")
	cmd.Flags().BoolVar(&f.reset, "reset-test", false, "reset the cards that no VM has, as root, and see whether they come back")
	cmd.Flags().BoolVar(&f.self, "self-rent", false, "rent slots of this machine on trial, look at them from inside, and end that")
	cmd.Flags().Uint32Var(&f.slots, "slots", 1, "slots that --self-rent takes; 0 is the whole machine")
	cmd.Flags().StringVar(&f.image, "image", "", "guest image of --self-rent (default the machine's own choice)")
	nodeHomeFlag(cmd, &f.nodeHome)
	fromFlag(cmd, &f.from)
	return cmd
}

// check refuses what can't be done before anything is.
func (f doctorFlags) check(s *settings) error {
	switch {
	case f.root != "/" && (f.reset || f.self):
		return usagef("--root with --reset-test or --self-rent: a copy of a computer has no cards to reset or to rent")
	case f.self && s.dryRun:
		return usagef("--self-rent and --dry-run: it is a rental; dbc quote shows what one costs")
	case f.image != "":
		if err := image.CheckName(f.image); err != nil {
			return fmt.Errorf("--image: %w", err)
		}
	}
	return nil
}

func examine(s *settings, cmd *cobra.Command, f doctorFlags) error {
	if err := f.check(s); err != nil {
		return err
	}
	options := doctor.Options{Risers: f.risers}
	if f.root == "/" {
		if log, err := vfio.KernelLog(cmd.Context()); err == nil { // otherwise the kernel's log is not examined
			options.KernelLog = string(log)
		}
	}
	var reply doctorReply
	report, err := doctor.Examine(f.root, options)
	if err != nil {
		return err
	}
	if f.root == "/" {
		own, err := examineNode(cmd.Context(), s, f)
		if err != nil {
			return err
		}
		report.Findings = append(report.Findings, own...)
	}
	if f.reset {
		tested, err := resetTest(cmd.Context(), s, f.nodeHome)
		if err != nil {
			return err
		}
		report.Findings = append(report.Findings, tested...)
	}
	var selfErr error
	if f.self {
		var looked []doctor.Finding
		if reply.SelfRent, looked, selfErr = rentSelf(s, cmd, f); reply.SelfRent == nil {
			return selfErr
		}
		report.Findings = append(report.Findings, looked...)
	}
	reply.Report = report
	if err := s.show(cmd, reply, func(w io.Writer) {
		doctorText(w, report, f.all)
		if reply.SelfRent != nil {
			selfRentText(w, *reply.SelfRent)
		}
	}); err != nil || selfErr != nil {
		return errors.Join(err, selfErr)
	}
	if report.Worst() == doctor.Fail {
		return errDoctor
	}
	return nil
}

// examineNode makes the checks of the mining node whose home is on this computer;
// none without one.
func examineNode(ctx context.Context, s *settings, f doctorFlags) ([]doctor.Finding, error) {
	home, err := nodeFolder(s, f.nodeHome)
	if err != nil {
		return nil, err
	}
	h, err := host.Open(home)
	if errors.Is(err, os.ErrNotExist) && f.nodeHome == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c, err := chain.Dial(ctx, chain.Config{ChainID: h.Config.ChainID, GRPC: h.Config.ChainGRPC, RPC: h.Config.ChainRPC})
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }() // used for queries only
	seen, err := compute.Look(ctx, h.Config, c, image.Open(h.Config.ImageDir()))
	if err != nil {
		return nil, err
	}
	if seen.HeadErr != nil {
		return seen.Findings(), nil
	}
	seen.Problem = c.Pulse(nil).Look(ctx)
	listed, err := c.Machine(ctx, h.Key.MachineID())
	if err != nil && !errors.Is(err, chain.ErrNotFound) {
		return nil, err
	}
	if err == nil && listed.Machine.RetiredAt == nil {
		s.chainID = h.Config.ChainID
		compared, err := compareFacts(ctx, s, h, c, listed.Machine.Facts, f.from)
		if err != nil {
			return nil, err
		}
		seen.Listed, seen.Differences, seen.Reached = &listed.Machine.Facts, compared.Differences, compared.reached || compared.From == fromYes
		if compared.From == fromNo {
			return append(seen.Findings(), doctor.Finding{Check: compute.CheckListing, Level: doctor.Fail, Read: map[string]string{
				"code": fromUnreached, "from": f.from, "reason": compared.FromReason,
			}}), nil
		}
	}
	return seen.Findings(), nil
}

// fromUnreached is the code for a client node elsewhere that does not reach the machine.
const fromUnreached = "NOT_REACHED_FROM"

func doctorText(w io.Writer, report doctor.Report, all bool) {
	counts := map[doctor.Level]int{}
	for _, f := range report.Findings {
		counts[f.Level]++
		words := doctorWords[f.Check]
		subject := words.name
		if f.Device != "" {
			subject += " of " + f.Device
		}
		if f.Level != doctor.Pass {
			fmt.Fprintf(w, "%s: %s\n  read: %s\n  why:  %s\n  do:   %s\n\n", f.Level, subject, readOf(f), words.why, words.fix(f))
		} else if all {
			fmt.Fprintf(w, "%s: %s%s\n", f.Level, subject, after("; read: ", readOf(f)))
		}
	}
	fmt.Fprintf(w, "%d passed, %d to look at, %d failed.\n", counts[doctor.Pass], counts[doctor.Warn], counts[doctor.Fail])
}
