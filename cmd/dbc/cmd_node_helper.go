package main

import (
	"fmt"
	"os/user"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/node"
)

func newNodeHelperCommand(home *string) *cobra.Command {
	var runDir, name string
	cmd := &cobra.Command{
		Use:   "helper",
		Short: "Run the compute node's privileged half, for a node that runs as another user",
		Long: "Run the compute node's privileged half: it has libvirt, nftables and the disks, and does typed steps\n" +
			"for the node, which then needs no privileges. core.conf names its socket (helper_socket). VMs run on\n" +
			"while it is away.",
		Example: "  dbc node helper --home /etc/dbc --user dbc-node",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := node.LoadConfig(*home)
			if err != nil {
				return err
			}
			cfg.RunDir = runDir
			uid, gid, err := lookUp(name)
			if err != nil {
				return err
			}
			return node.RunHelper(cmd.Context(), cfg, uid, gid)
		},
	}
	cmd.Flags().StringVar(&name, "user", "dbc-node", "the one user whose node is served, by name or number")
	cmd.Flags().StringVar(&runDir, "run-dir", node.DefaultRunDir, "folder of the machine's lock; only tests move it")
	return cmd
}

// lookUp is a user's number and main group.
func lookUp(name string) (uid, gid int, err error) {
	u, err := user.Lookup(name)
	if _, notNumber := strconv.Atoi(name); err != nil && notNumber == nil {
		u, err = user.LookupId(name)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("find the node's user: %w", err)
	}
	if uid, err = strconv.Atoi(u.Uid); err == nil {
		gid, err = strconv.Atoi(u.Gid)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("find the node's user: %w", err)
	}
	return uid, gid, nil
}
