package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	"github.com/cosmos/cosmos-sdk/codec"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/staking"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// ErrZeroHeight refuses an export for height zero, because times and validators
// would have to be rewritten.
var ErrZeroHeight = errors.New("export for height zero is not supported; export as is and start the new chain at its initial height")

// Export returns the state at the loaded height as a genesis.
func (app *App) Export(forZeroHeight bool, modules []string) (servertypes.ExportedApp, error) {
	if forZeroHeight {
		return servertypes.ExportedApp{}, ErrZeroHeight
	}
	ctx, err := app.lastContext()
	if err != nil {
		return servertypes.ExportedApp{}, err
	}
	genesis, err := app.Modules.ExportGenesisForModules(ctx, app.Codec, modules)
	if err != nil {
		return servertypes.ExportedApp{}, fmt.Errorf("export modules: %w", err)
	}
	state, err := json.MarshalIndent(genesis, "", "  ")
	if err != nil {
		return servertypes.ExportedApp{}, fmt.Errorf("write genesis state: %w", err)
	}
	validators, err := staking.WriteValidators(ctx, app.Staking)
	if err != nil {
		return servertypes.ExportedApp{}, fmt.Errorf("export validators: %w", err)
	}
	return servertypes.ExportedApp{
		AppState: state, Validators: validators,
		// The new chain's first block follows the exported one.
		Height: app.LastBlockHeight() + 1, ConsensusParams: app.GetConsensusParams(ctx),
	}, nil
}

// LastBlockTime returns the time of the loaded block. It is the time at which a
// chain that starts from the export begins.
func (app *App) LastBlockTime() (time.Time, error) {
	ctx, err := app.lastContext()
	return ctx.BlockTime(), err
}

// CheckGenesisTime refuses a genesis time earlier than a time recorded in the
// state of machines and rentals.
func CheckGenesisTime(cdc codec.JSONCodec, state []byte, at time.Time) error {
	modules, err := parseGenesis(state)
	if err != nil {
		return err
	}
	var machines machine.GenesisState
	if bz, ok := modules[machine.ModuleName]; ok {
		if err := cdc.UnmarshalJSON(bz, &machines); err != nil {
			return fmt.Errorf("read genesis of machines: %w", err)
		}
	}
	if err := machines.CheckTime(at); err != nil {
		return err
	}
	var rentals rental.GenesisState
	if bz, ok := modules[rental.ModuleName]; ok {
		if err := cdc.UnmarshalJSON(bz, &rentals); err != nil {
			return fmt.Errorf("read genesis of rentals: %w", err)
		}
	}
	return rentals.CheckTime(at)
}

// lastContext returns a context with the height and time of the loaded block.
// The time comes from x/machine, which keeps it to compute halted time.
func (app *App) lastContext() (sdk.Context, error) {
	header := cmtproto.Header{Height: app.LastBlockHeight()}
	ctx := app.NewContextLegacy(true, header)
	halt, err := app.Machine.Halt.Get(ctx)
	if err != nil {
		return ctx, fmt.Errorf("read time of the last block: %w", err)
	}
	if halt.LastBlockTime != nil {
		header.Time = *halt.LastBlockTime
	}
	return ctx.WithBlockHeader(header), nil
}
