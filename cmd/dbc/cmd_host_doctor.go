package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/hw/doctor"
)

// errDoctor means: something keeps this computer from renting its cards out.
var errDoctor = errors.New("a check failed")

func newHostDoctorCommand(s *settings) *cobra.Command {
	var root string
	var all bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Examine whether this computer can rent its cards out, and say what to change",
		Long: "Each check passes, warns or fails, with what was read, why it matters and the command that mends it. Nothing is\n" +
			"changed. Exit code 1 if a check failed. Run it as root: the kernel hides some things from others.",
		Example: "  dbc host doctor\n  dbc host doctor --all\n  dbc host doctor --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			report, err := doctor.Examine(root)
			if err != nil {
				return err
			}
			if err := s.show(cmd, report, func(w io.Writer) { doctorText(w, report, all) }); err != nil {
				return err
			}
			if report.Worst() == doctor.Fail {
				return errDoctor
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&root, "root", "/", "folder that stands for / before sys and proc")
	cmd.Flags().BoolVar(&all, "all", false, "show checks that passed too")
	return cmd
}

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
