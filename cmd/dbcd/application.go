package main

import (
	"errors"
	"fmt"
	"time"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/spf13/viper"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/server"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"

	"github.com/dbc-network/dbc/app"
)

// newApplication builds the application of a node. The SDK's interface cannot
// return an error, and a node cannot run without its application.
func newApplication(logger log.Logger, db dbm.DB, options servertypes.AppOptions) servertypes.Application {
	a, err := app.New(logger, db, true, options, server.DefaultBaseappOptions(options)...)
	if err != nil {
		panic(err)
	}
	return a
}

var errNoHome = errors.New("no home directory: set --home")

// exportState writes the state at a height as a genesis, and returns the time
// of that block. Height -1 is the newest.
func exportState(logger log.Logger, db dbm.DB, height int64, forZeroHeight bool,
	options servertypes.AppOptions, modules []string,
) (servertypes.ExportedApp, time.Time, error) {
	var exported servertypes.ExportedApp
	if homeOf(options) == "" {
		return exported, time.Time{}, errNoHome
	}
	if v, ok := options.(*viper.Viper); ok {
		// Do not check invariants again while exporting.
		v.Set(server.FlagInvCheckPeriod, 1)
	}
	a, err := app.New(logger, db, height == -1, options)
	if err != nil {
		return exported, time.Time{}, err
	}
	if height != -1 {
		if err := a.LoadHeight(height); err != nil {
			return exported, time.Time{}, fmt.Errorf("load height %d: %w", height, err)
		}
	}
	if exported, err = a.Export(forZeroHeight, modules); err != nil {
		return exported, time.Time{}, err
	}
	last, err := a.LastBlockTime()
	return exported, last, err
}
