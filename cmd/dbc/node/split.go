//go:build linux

package node

import (
	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/hw/vfio"
	"github.com/dbc-network/dbc/node/compute"
	"github.com/dbc-network/dbc/node/conf"
)

func newSplitCommand(home *string) *cobra.Command {
	var runDir, name string
	cmd := &cobra.Command{
		Use:   "split",
		Short: "Prepare the state of a node of one process for dbc-helper, as root, once",
		Long: "Prepare the state of a node of one process for dbc-helper, as root, once: whose each VM is goes into the\n" +
			"helper's record, and the journal to the user that the node is to run as. Stop the node first; VMs run on.",
		Example: "  dbc node split --home /etc/dbc --user dbc-node",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := conf.LoadCompute(*home)
			if err != nil {
				return err
			}
			cfg.RunDir = runDir
			uid, gid, err := conf.LookUpUser(name)
			if err != nil {
				return err
			}
			return compute.Split(cfg, uid, gid)
		},
	}
	cmd.Flags().StringVar(&name, "user", "dbc-node", "the user that the node is to run as, by name or number")
	cmd.Flags().StringVar(&runDir, "run-dir", conf.DefaultRunDir, "folder of the machine's lock; only tests move it")
	return cmd
}

// newResetCardCommand is the process in which a single-process node resets a card.
func newResetCardCommand() *cobra.Command {
	return &cobra.Command{
		Use:    compute.ResetCommand[len(compute.ResetCommand)-1] + " flr|hot ADDRESS...",
		Short:  "Reset a card that vfio-pci has and no VM",
		Hidden: true,
		RunE: func(_ *cobra.Command, args []string) error {
			if code, err := vfio.Main("/", args); err != nil {
				return &ResetError{err, code}
			}
			return nil
		},
	}
}
