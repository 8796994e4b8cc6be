package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/named"
)

func newVMNameCommand(s *settings) *cobra.Command {
	var machineID string
	cmd := &cobra.Command{
		Use:   "name TASK_ID NAME",
		Short: "Give a virtual machine a name on this computer",
		Long: "Every command takes the name where it takes a TASK_ID, and dbc ssh-config writes it for ssh. It is kept here only:\n" +
			"no host and no guest can give or move one. A name that is given again moves.",
		Example: "  dbc vm name TASK_ID train\n  dbc ssh train",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := named.Check(args[1]); err != nil {
				return usagef("NAME %w", err)
			}
			at, err := locate(cmd.Context(), s, cmd, machineID, args[0], virtualMachine)
			if err != nil {
				return err
			}
			if err := nameVM(s, args[1], at.id, at.thing); err != nil {
				return err
			}
			return s.show(cmd, named.VM{Name: args[1], MachineID: at.id, TaskID: at.thing}, func(w io.Writer) {
				fmt.Fprintf(w, "%s is %s on this computer.\n", args[1], client.Printable(at.thing))
			})
		},
	}
	machineFlag(cmd, &machineID)
	return cmd
}

// nameVM gives a name, unless a command is at work on what has it.
func nameVM(s *settings, name, machineID, taskID string) error {
	book, err := s.book()
	if err != nil {
		return err
	}
	unlock, err := lockName(book, name)
	if err != nil {
		return err
	}
	defer unlock()
	if had, err := book.Get(name); err == nil && len(had.Run) > 0 {
		if had.TaskID == taskID {
			return nil
		}
		return usagef("the name %s is dbc up's for a rental that goes on: dbc down %s ends it, or choose another name", name, name)
	}
	return book.Put(named.VM{Name: name, MachineID: machineID, TaskID: taskID})
}

func lockName(book named.Book, name string) (unlock func(), err error) {
	if unlock, err = book.Lock(name); err != nil {
		return nil, fmt.Errorf("%w: wait for its end, or choose another name", err)
	}
	return unlock, nil
}

// checkTarget refuses a name that --name cannot give, before anything is made.
func checkTarget(ctx context.Context, s *settings, name string) error {
	if err := named.Check(name); err != nil {
		return usagef("--name %w", err)
	}
	if v, err := byName(ctx, s, name); err == nil && len(v.Run) > 0 {
		return usagef("--name %s: dbc up is at work by that name; dbc down %s ends it", name, name)
	}
	return nil
}
