package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
)

// vmOperation is a command that makes one request and waits for a state.
type vmOperation struct {
	use, short, want string
	ask              func(ctx context.Context, n *client.Node, id string) error
}

func newVMOperationCommands(s *settings) []*cobra.Command {
	var force bool
	restart := newVMOperationCommand(s, vmOperation{
		"restart", "Shut a virtual machine down and start it again", client.StatusRunning,
		func(ctx context.Context, n *client.Node, id string) error { return n.RestartTask(ctx, id, force) },
	})
	restart.Flags().BoolVar(&force, "force", false, "stop it hard instead of asking the guest")
	commands := []*cobra.Command{restart}
	for _, op := range []vmOperation{
		{
			"start", "Start a virtual machine that is off", client.StatusRunning,
			func(ctx context.Context, n *client.Node, id string) error { return n.StartTask(ctx, id) },
		},
		{
			"stop", "Shut a virtual machine down, hard after a minute", client.StatusClosed,
			func(ctx context.Context, n *client.Node, id string) error { return n.StopTask(ctx, id) },
		},
		{
			"poweroff", "Stop a virtual machine hard", client.StatusClosed,
			func(ctx context.Context, n *client.Node, id string) error { return n.PoweroffTask(ctx, id) },
		},
		{
			"reset", "Press the reset button of a virtual machine", client.StatusRunning,
			func(ctx context.Context, n *client.Node, id string) error { return n.ResetTask(ctx, id) },
		},
	} {
		commands = append(commands, newVMOperationCommand(s, op))
	}
	return commands
}

func newVMOperationCommand(s *settings, op vmOperation) *cobra.Command {
	var (
		machineID string
		wait      bool
	)
	cmd := &cobra.Command{
		Use:     op.use + " TASK_ID",
		Short:   op.short,
		Example: "  dbc vm " + op.use + " TASK_ID",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var task api.Task
			waiting := newWaiting(s, cmd)
			err := onVM(s, cmd, machineID, args[0], func(ctx context.Context, n *client.Node, id string) (err error) {
				if err := op.ask(ctx, n, id); err != nil {
					return orUnknown(err, "dbc vm show "+id)
				}
				if !wait {
					task, err = n.Task(ctx, id)
					return err
				}
				task, err = n.WaitTask(ctx, id, op.want, waiting.task)
				return orGoesOn(ctx, err, "The machine goes on with it: dbc vm show "+id+" tells how far it is.")
			})
			waiting.end()
			if err != nil {
				return fmt.Errorf("%s virtual machine %s: %w", op.use, args[0], err)
			}
			return s.show(cmd, viewVM(task), func(w io.Writer) { writeTask(w, task) })
		},
	}
	cmd.Flags().BoolVar(&wait, "wait", true, "return when it is done, not when it was accepted")
	machineFlag(cmd, &machineID)
	return cmd
}
