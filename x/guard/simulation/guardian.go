// Package simulation lets the SDK's simulator pause and resume new rentals.
package simulation

import (
	"math/rand"
	"time"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/dbc-network/dbc/x/guard"
	"github.com/dbc-network/dbc/x/guard/keeper"
	machinesim "github.com/dbc-network/dbc/x/machine/simulation"
)

// randomParams have no floor: simulated transactions pay arbitrary fees.
func randomParams(r *rand.Rand, guardian string) guard.Params {
	return guard.Params{
		Guardian: guardian,
		MaxPause: time.Minute + time.Duration(r.Intn(7_200))*time.Second, PauseCooldown: time.Duration(7_260+r.Intn(20_000)) * time.Second,
	}
}

// RandomGenesis has a guardian.
func RandomGenesis(state *module.SimulationState) {
	guardian := state.Accounts[state.Rand.Intn(len(state.Accounts))].Address.String()
	state.GenState[guard.ModuleName] = state.Cdc.MustMarshalJSON(&guard.GenesisState{Params: randomParams(state.Rand, guardian)})
}

// UpdateParams appoints the guardian again, with other times.
func UpdateParams(k keeper.Keeper) simsx.SimMsgFactoryFn[*guard.MsgUpdateParams] {
	return machinesim.Proposal(func(ctx sdk.Context, data *simsx.ChainDataSource, authority string) (*guard.MsgUpdateParams, bool) {
		params, err := k.Params.Get(ctx)
		return &guard.MsgUpdateParams{Authority: authority, Params: randomParams(data.Rand().Rand, params.Guardian)}, err == nil
	})
}

// PauseRentals pauses for a while that may be too long, at a time that may be too early.
func PauseRentals(k keeper.Keeper) simsx.SimMsgFactoryX {
	return machinesim.Attempt(refused, func(ctx sdk.Context, data *simsx.ChainDataSource) (string, *guard.MsgPauseRentals, bool) {
		params, err := k.Params.Get(ctx)
		until := ctx.BlockTime().Add(time.Duration(data.Rand().Intn(6_000)) * time.Second)
		return params.Guardian, &guard.MsgPauseRentals{Signer: params.Guardian, Until: until}, err == nil
	})
}

// ResumeRentals lifts a pause, or tries to if there is none.
func ResumeRentals(k keeper.Keeper) simsx.SimMsgFactoryX {
	return machinesim.Attempt(refused, func(ctx sdk.Context, _ *simsx.ChainDataSource) (string, *guard.MsgResumeRentals, bool) {
		params, err := k.Params.Get(ctx)
		return params.Guardian, &guard.MsgResumeRentals{Signer: params.Guardian}, err == nil
	})
}

var refused = machinesim.IsRefusal(guard.ModuleName, guard.ErrInvalidParams)
