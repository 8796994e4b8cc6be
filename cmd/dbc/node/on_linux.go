//go:build linux

package node

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/node/compute"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/key"
)

func linuxCommands(home *string) []*cobra.Command {
	return []*cobra.Command{newSplitCommand(home), newCheckCommand(home), newBackupCommand(home), newRestoreCommand(home), newResetCardCommand()}
}

func initCompute(home string, lines map[string]string) (key.Key, error) {
	return compute.Init(home, lines)
}

func runCompute(ctx context.Context, home, runDir string, allowRoot bool) error {
	cfg, err := conf.LoadCompute(home)
	if err != nil {
		return err
	}
	cfg.RunDir, cfg.AllowRoot = runDir, allowRoot
	return compute.Run(ctx, cfg)
}
