package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/dbc-network/dbc/app"
)

// newInitCommand is the SDK's init with our block limits: the SDK uses
// CometBFT's defaults, which suit no real network.
func newInitCommand(blueprint *app.App) *cobra.Command {
	cmd := genutilcli.InitCmd(blueprint.Basics, defaultHome())
	initialize := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := initialize(cmd, args); err != nil {
			return err
		}
		return limitBlocks(server.GetServerContextFromCmd(cmd).Config.GenesisFile())
	}
	return cmd
}

func limitBlocks(file string) error {
	genesis, err := genutiltypes.AppGenesisFromFile(file)
	if err != nil {
		return fmt.Errorf("read genesis: %w", err)
	}
	params := app.ConsensusParams()
	params.Validator = genesis.Consensus.Params.Validator // the kind of keys was given as a flag
	genesis.Consensus.Params = params
	return genutil.ExportGenesisFile(genesis, file)
}
