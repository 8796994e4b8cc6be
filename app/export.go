package app

import (
	"encoding/json"
	"errors"
	"fmt"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
)

// ErrZeroHeight refuses an export for height zero: a restart at height zero would need times and validators to be rewritten.
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
		// The new chain's first block is the one after the exported.
		Height: app.LastBlockHeight() + 1, ConsensusParams: app.GetConsensusParams(ctx),
	}, nil
}

// lastContext has the height and time of the loaded block. The time comes from
// x/machine, which keeps it for the sum of halted time.
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
