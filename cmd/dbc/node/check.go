//go:build linux

package node

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/node/compute"
	"github.com/dbc-network/dbc/node/conf"
)

// errStrays makes the check fail if something was found.
var errStrays = errors.New("folders that no task has")

func newCheckCommand(home *string) *cobra.Command {
	var remove []string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Name VMs' folders that no task of the journal has, and remove those that you name",
		Long: "Name VMs' folders below data_dir/tasks that no task of the journal has: left behind by hand, or by a\n" +
			"journal that was lost. Somebody's disks may be in them, so only --remove deletes one, with all that is in\n" +
			"it. Stop the node first, leave its helper running, and run this as the node's user.",
		Example: "  dbc node check --home /etc/dbc\n  dbc node check --home /etc/dbc --remove 8c4WSiRo3f9KqwSmsDjF4J",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := conf.LoadCompute(*home)
			if err != nil {
				return err
			}
			left, err := compute.Strays(cmd.Context(), cfg, remove)
			if err != nil {
				return err
			}
			if asJSON, _ := cmd.Flags().GetBool("json"); asJSON { // a flag of the root
				if err := json.NewEncoder(cmd.OutOrStdout()).Encode(map[string][]string{"folders": append([]string{}, left...)}); err != nil {
					return err
				}
			} else {
				for _, name := range left {
					fmt.Fprintln(cmd.OutOrStdout(), name)
				}
			}
			if len(left) > 0 {
				return fmt.Errorf("%w: %d; look what is in them, then name those to delete with --remove", errStrays, len(left))
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&remove, "remove", nil, "a folder to delete; can be repeated")
	return cmd
}
