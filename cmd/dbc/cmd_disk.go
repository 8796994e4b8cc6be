package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
)

func newDiskCommand(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "disk",
		Short:   "Add, grow, list and delete data disks of virtual machines",
		Example: "  dbc disk add TASK_ID 20\n  dbc disk list TASK_ID",
		Args:    cobra.NoArgs,
	}
	cmd.AddCommand(
		newDiskChangeCommand(s, diskChange{
			use: "list TASK_ID", short: "List the disks of a virtual machine", example: "  dbc disk list TASK_ID", args: 1,
		}),
		newDiskChangeCommand(s, diskChange{
			use: "add TASK_ID GIB", short: "Add a data disk, to a running virtual machine too",
			example: "  dbc disk add TASK_ID 20 && dbc ssh TASK_ID -- lsblk", args: 2, size: true,
			ask: func(ctx context.Context, n *client.Node, args []string, gib uint64) error {
				_, err := n.AddDisk(ctx, args[0], gib)
				return err
			},
		}),
		newDiskChangeCommand(s, diskChange{
			use: "resize TASK_ID DISK GIB", short: "Make a data disk larger; it never gets smaller",
			example: "  dbc disk resize TASK_ID vdb 40", args: 3, size: true,
			ask: func(ctx context.Context, n *client.Node, args []string, gib uint64) error {
				return n.ResizeDisk(ctx, args[0], args[1], gib)
			},
		}),
		newDiskChangeCommand(s, diskChange{
			use: "delete TASK_ID DISK", short: "Delete one data disk with all that is on it",
			example: "  dbc disk delete TASK_ID vdb", args: 2,
			danger: "Disk %[2]s of virtual machine %[1]s is deleted with all that is on it.",
			ask: func(ctx context.Context, n *client.Node, args []string, _ uint64) error {
				return n.DeleteDisk(ctx, args[0], args[1])
			},
		}),
	)
	return cmd
}

// diskChange is a command that requests one change, if any, and shows the disks
// when it is done.
type diskChange struct {
	use, short, example string
	args                int
	// size is set if the last argument is one, in GiB.
	size bool
	// danger says, for the arguments, what can't be undone; nothing is asked if it is
	// empty.
	danger string
	ask    func(ctx context.Context, n *client.Node, args []string, gib uint64) error
}

func newDiskChangeCommand(s *settings, c diskChange) *cobra.Command {
	var machineID string
	cmd := &cobra.Command{
		Use: c.use, Short: c.short, Example: c.example, Args: cobra.ExactArgs(c.args),
		RunE: func(cmd *cobra.Command, args []string) error {
			var gib uint64
			if c.size {
				var err error
				if gib, err = strconv.ParseUint(args[len(args)-1], 10, 32); err != nil || gib == 0 {
					return usagef("size %q: whole GiB wanted, such as 20", args[len(args)-1])
				}
			}
			var list api.Disks
			err := onVM(s, cmd, machineID, args[0], func(ctx context.Context, n *client.Node, id string) (err error) {
				if c.ask == nil {
					list, err = n.Disks(ctx, id)
					return err
				}
				args := append([]string{id}, args[1:]...)
				if c.danger != "" {
					if err := s.sure(cmd, fmt.Sprintf(c.danger, args[0], args[1])); err != nil {
						return err
					}
				}
				if err := c.ask(ctx, n, args, gib); err != nil {
					return orUnknown(err, "dbc disk list "+id)
				}
				list, err = n.WaitDisks(ctx, id)
				return orGoesOn(ctx, err, "The machine goes on with it: dbc disk list "+id+" tells how far it is.")
			})
			if err != nil {
				return fmt.Errorf("disk %s of virtual machine %s: %w", cmd.Name(), args[0], err)
			}
			return s.show(cmd, list, func(w io.Writer) { writeDisks(w, list) })
		},
	}
	machineFlag(cmd, &machineID)
	return cmd
}

func writeDisks(w io.Writer, list api.Disks) {
	row(w, "DISK", "SIZE", "STATUS")
	for _, d := range list.Disks {
		row(w, client.Printable(d.Disk), client.Printable(d.Size), client.Printable(d.Status))
	}
	if list.Reason != nil {
		row(w, "Reason:", whyWords(list.Reason))
	}
}
