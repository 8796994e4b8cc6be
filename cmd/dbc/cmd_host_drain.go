package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
)

type drainFlags struct {
	from, in string
	lift     bool
}

func newHostDrainCommand(s *settings) *cobra.Command {
	var f drainFlags
	cmd := &cobra.Command{
		Use:   "drain MACHINE...",
		Short: "Let no rental or renewal reach beyond a time",
		Long: "What is rented already stays as it is: a drain is the way to an empty machine without breaking a rental.\n" +
			"The chain wants notice, a day unless governance changed it.",
		Example: "  dbc host drain MACHINE --in 48h --wallet operator\n" +
			"  dbc host drain MACHINE --from 2027-01-31T18:00:00Z --wallet operator\n" +
			"  dbc host drain MACHINE --lift --wallet operator",
		Args: machineArgs(1, 100),
		RunE: func(cmd *cobra.Command, args []string) error { return drainMachines(s, cmd, args, f) },
	}
	cmd.Flags().StringVar(&f.from, "from", "", "the time, as 2027-01-31T18:00:00Z")
	cmd.Flags().StringVar(&f.in, "in", "", "so long from now, as 48h or 3d")
	cmd.Flags().BoolVar(&f.lift, "lift", false, "end the drain")
	return cmd
}

func drainMachines(s *settings, cmd *cobra.Command, machines []string, f drainFlags) error {
	when, err := f.parse()
	if err != nil {
		return err
	}
	done := strings.Join(machines, ", ") + " no longer drains"
	var from *time.Time
	if when != nil {
		c, err := s.dial(cmd.Context())
		if err != nil {
			return err
		}
		t, err := when.on(cmd.Context(), c)
		if err != nil {
			return err
		}
		from, done = &t, fmt.Sprintf("%s takes no rental beyond %s", strings.Join(machines, ", "), clock(t))
	}
	return sendAsOperator(s, cmd, done, func(operator string) sdk.Msg {
		return &machine.MsgDrain{Operator: operator, MachineIds: machines, From: from}
	})
}

// parse refuses invalid arguments before anything is asked; the result is nil for --lift.
func (f drainFlags) parse() (*moment, error) {
	given := 0
	for _, set := range []bool{f.from != "", f.in != "", f.lift} {
		if set {
			given++
		}
	}
	var when moment
	var err error
	switch {
	case given != 1:
		return nil, usagef("one of --from, --in and --lift is wanted")
	case f.from != "":
		when, err = parseClockTime("--from", f.from)
	case f.in != "":
		when, err = parseFromNow("--in", f.in)
	default:
		return nil, nil //nolint:nilnil // the drain is lifted, from no time
	}
	return &when, err
}

// machineArgs checks the number and form of machine ids.
func machineArgs(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := cobra.RangeArgs(least, most)(cmd, args); err != nil {
			return err
		}
		for _, arg := range args {
			if err := checkMachineID(arg); err != nil {
				return err
			}
		}
		return nil
	}
}

func checkMachineID(id string) error {
	_, err := parseMachineID(id)
	return err
}
