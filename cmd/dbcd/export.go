package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/spf13/cobra"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/server"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/dbc-network/dbc/app"
)

// exporter gives an export the time of the last block as its genesis time. The
// SDK keeps the old genesis time, at which money earned since would not exist
// yet.
type exporter struct{ last time.Time }

// state implements the SDK's AppExporter.
func (e *exporter) state(logger log.Logger, db dbm.DB, height int64, forZeroHeight bool, _ []string,
	options servertypes.AppOptions, modules []string,
) (servertypes.ExportedApp, error) {
	exported, last, err := exportState(logger, db, height, forZeroHeight, options, modules)
	e.last = last
	return exported, err
}

// wrap makes the SDK's export command write the genesis time.
func (e *exporter) wrap(export *cobra.Command) {
	run := export.RunE
	export.RunE = func(cmd *cobra.Command, args []string) error {
		file, err := cmd.Flags().GetString(flags.FlagOutputDocument)
		if err != nil {
			return err
		}
		stdout, document := cmd.OutOrStdout(), &bytes.Buffer{}
		cmd.SetOut(document)
		defer cmd.SetOut(stdout)
		if err := run(cmd, args); err != nil {
			return err
		}
		if file != "" {
			genesis, err := genutiltypes.AppGenesisFromFile(file)
			if err != nil {
				return err
			}
			genesis.GenesisTime = e.last
			return genesis.SaveAs(file)
		}
		genesis, err := genutiltypes.AppGenesisFromReader(document)
		if err != nil {
			return err
		}
		genesis.GenesisTime = e.last
		out, err := json.Marshal(genesis)
		if err != nil {
			return err
		}
		_, err = stdout.Write(out)
		return err
	}
}

// checkGenesisTime makes the SDK's validate command check the genesis time like
// an import.
func checkGenesisTime(validate *cobra.Command) {
	run := validate.RunE
	validate.RunE = func(cmd *cobra.Command, args []string) error {
		file := server.GetServerContextFromCmd(cmd).Config.GenesisFile()
		if len(args) > 0 {
			file = args[0]
		}
		genesis, err := genutiltypes.AppGenesisFromFile(file)
		if err != nil {
			return run(cmd, args) // it says what is wrong with the file
		}
		if err := app.CheckGenesisTime(client.GetClientContextFromCmd(cmd).Codec, genesis.AppState, genesis.GenesisTime); err != nil {
			return fmt.Errorf("genesis file %s: %w", file, err)
		}
		return run(cmd, args)
	}
}
