package app

import (
	"context"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/dbc-network/dbc/app/census"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// Census returns a census of the application's committed state. Nothing is counted
// before it runs.
func (app *App) Census() *census.Census {
	escrow := authtypes.NewModuleAddress(rental.ModuleName)
	return census.New(census.Deps{
		State: app, Machines: app.Machine, Rentals: app.Rental, Log: app.Logger(),
		Escrow: func(ctx context.Context) uint64 {
			return app.Bank.GetBalance(ctx, escrow, machine.Denom).Amount.Uint64()
		},
	})
}
