package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
)

func newVMModifyCommand(s *settings) *cobra.Command {
	var (
		machineID, cpus, memory, port string
		custom, sources               []string
	)
	cmd := &cobra.Command{
		Use:     "modify TASK_ID",
		Short:   "Change a virtual machine's ports, CPUs or memory",
		Long:    "Change a virtual machine's ports at once, and its CPUs or memory from its next start.",
		Example: "  dbc vm modify TASK_ID --cpus 4 --memory-gib 8 && dbc vm restart TASK_ID",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			change := api.Modify{
				NewSSHPort: api.Text(port), NewSSHSources: sources, NewCustomPort: custom, NewCPUCores: api.Text(cpus), NewMemSize: api.Text(memory),
			}
			var task api.Task
			err := onVM(s, cmd, machineID, args[0], func(ctx context.Context, n *client.Node, id string) (err error) {
				if err := n.ModifyTask(ctx, id, change); err != nil {
					return orUnknown(err, "dbc vm show "+id)
				}
				task, err = n.Task(ctx, id)
				return err
			})
			if err != nil {
				return fmt.Errorf("modify virtual machine %s: %w", args[0], err)
			}
			return s.show(cmd, viewVM(task), func(w io.Writer) { writeTask(w, task) })
		},
	}
	cmd.Flags().StringVar(&cpus, "cpus", "", "CPUs")
	cmd.Flags().StringVar(&memory, "memory-gib", "", "memory in GiB")
	cmd.Flags().StringVar(&port, "ssh-port", "", "the machine's port that leads to ssh; auto for another one of its choice")
	cmd.Flags().StringArrayVar(&custom, "custom-port", nil, "a port such as tcp,5700:80, tcp,auto:80 or tcp,auto:80,203.0.113.0/24, or none; replaces all but ssh's, may be given again")
	cmd.Flags().StringSliceVar(&sources, "ssh-from", nil, "IPv4 networks and addresses that alone may connect to ssh, or any")
	machineFlag(cmd, &machineID)
	return cmd
}

func newVMLogsCommand(s *settings) *cobra.Command {
	var (
		machineID string
		head      bool
		lines     uint16
	)
	cmd := &cobra.Command{
		Use:     "logs TASK_ID",
		Short:   "Show the last lines of a virtual machine's serial console",
		Example: "  dbc vm logs TASK_ID --lines 20",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			wish := api.Logs{Flag: "tail", LineNum: api.Text(strconv.Itoa(int(lines)))}
			if head {
				wish.Flag = "head"
			}
			var text string
			err := onVM(s, cmd, machineID, args[0], func(ctx context.Context, n *client.Node, id string) (err error) {
				text, err = n.Logs(ctx, id, wish)
				return err
			})
			if err != nil {
				return fmt.Errorf("logs of virtual machine %s: %w", args[0], err)
			}
			return s.show(cmd, api.Log{TaskID: args[0], Logs: text}, func(w io.Writer) {
				for line := range strings.SplitSeq(text, "\n") {
					fmt.Fprintln(w, client.Printable(line))
				}
			})
		},
	}
	cmd.Flags().BoolVar(&head, "head", false, "the first lines instead")
	cmd.Flags().Uint16Var(&lines, "lines", 100, "how many, at most 1000")
	machineFlag(cmd, &machineID)
	return cmd
}
