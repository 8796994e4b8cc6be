//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/devnet"
)

// startFake runs a devnet with simulated virtual machines until Ctrl-C or a stop.
func startFake(s *settings, cmd *cobra.Command, f devnetFlags) error {
	home, err := s.homeDir()
	if err != nil {
		return err
	}
	network, err := devnet.StartFake(cmd.Context(), devnet.Options{Home: home, Fast: f.fast, Note: func(step string) {
		if !s.json {
			fmt.Fprintln(cmd.ErrOrStderr(), "starting:", step)
		}
	}})
	switch {
	case err == nil:
	case cmd.Context().Err() != nil:
		err = nil // told to end while starting, which is not a failure
		fallthrough
	default:
		return err
	}
	err = s.show(cmd, network.Info(), func(w io.Writer) {
		writeDevnet(w, network.Info())
		fmt.Fprintln(w, "It runs until Ctrl-C or dbc devnet stop, and begins anew each time.")
	})
	if err == nil {
		select {
		case <-cmd.Context().Done():
		case <-network.Ended():
		}
	}
	return errors.Join(err, network.Close())
}

// newDevnetFaultCommand returns dbc devnet fault.
func newDevnetFaultCommand(s *settings) *cobra.Command {
	var list, over bool
	cmd := &cobra.Command{
		Use:   "fault [FAULT]",
		Short: "Let something go wrong on a fake devnet, or end that",
		Long: "Let something go wrong on a devnet that runs with --fake, to see what programs make of it. A fault lasts until\n" +
			"--clear; several can last at once. The order goes through a socket that only the devnet's user can open.",
		Example: "  dbc devnet fault --list\n  dbc devnet fault ssh-never\n  dbc devnet fault ssh-never --clear",
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
			for _, f := range devnet.Faults {
				names = append(names, string(f))
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			home, err := s.homeDir()
			if err != nil {
				return err
			}
			if list == (len(args) == 1) {
				return usagef("name one fault, or --list")
			}
			info, err := devnet.Read(home)
			if err != nil {
				return err
			}
			if list {
				return listFaults(s, cmd, info)
			}
			fault, err := devnet.ParseFault(args[0])
			if err != nil {
				return &usageError{err}
			}
			if err := info.OrderFault(cmd.Context(), fault, over); err != nil {
				return err
			}
			return s.show(cmd, devnet.FaultState{Fault: fault, Ordered: !over && fault != devnet.VMLost, About: fault.About()}, func(w io.Writer) {
				if over {
					fmt.Fprintf(w, "%s is over\n", fault)
					return
				}
				fmt.Fprintf(w, "%s: %s\n", fault, fault.About())
			})
		},
	}
	cmd.Flags().BoolVar(&list, "list", false, "show all faults, and which are in force")
	cmd.Flags().BoolVar(&over, "clear", false, "end the fault")
	cmd.MarkFlagsMutuallyExclusive("list", "clear")
	return cmd
}

func listFaults(s *settings, cmd *cobra.Command, info devnet.Info) error {
	faults, err := info.ReadFaults(cmd.Context())
	if err != nil {
		return err
	}
	return s.show(cmd, faults, func(w io.Writer) {
		for _, f := range faults {
			now := ""
			if f.Ordered {
				now = "in force"
			}
			row(w, f.Fault, now, f.About)
		}
	})
}
