// Package keeper stores the floor for gas prices and the brake.
package keeper

import (
	"context"
	"time"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/guard"
	"github.com/dbc-network/dbc/x/rental"
)

// Keeper stores parameters and the brake.
type Keeper struct {
	authority string

	Schema collections.Schema
	Params collections.Item[guard.Params]
	Brake  collections.Item[guard.Brake]
}

// NewKeeper returns a keeper. The authority may change parameters, pause and resume.
func NewKeeper(cdc codec.BinaryCodec, storeService store.KVStoreService, authority string) (Keeper, error) {
	sb := collections.NewSchemaBuilder(storeService)
	k := Keeper{
		authority: authority,
		Params:    collections.NewItem(sb, guard.ParamsKey, "params", codec.CollValue[guard.Params](cdc)),
		Brake:     collections.NewItem(sb, guard.BrakeKey, "brake", codec.CollValue[guard.Brake](cdc)),
	}
	schema, err := sb.Build()
	k.Schema = schema
	return k, err
}

// rentMachine is the only message that a pause refuses.
var rentMachine = sdk.MsgTypeURL(&rental.MsgRentMachine{})

// IsAllowed refuses new rentals while they are paused, however they are sent: the
// router calls it for each message, including those of authz and governance.
func (k Keeper) IsAllowed(ctx context.Context, typeURL string) (bool, error) {
	if typeURL != rentMachine {
		return true, nil
	}
	brake, err := k.Brake.Get(ctx)
	if err != nil {
		return false, err
	}
	if brake.Paused(sdk.UnwrapSDKContext(ctx).BlockTime()) {
		return false, detail.Add(guard.ErrPaused.Wrapf("until %s; rentals that exist go on, try again then", stamp(*brake.PausedUntil)),
			detail.Map{detail.RetryAt: *brake.PausedUntil})
	}
	return true, nil
}

// InitGenesis stores the state.
func (k Keeper) InitGenesis(ctx context.Context, gs guard.GenesisState) error {
	if err := k.Params.Set(ctx, gs.Params); err != nil {
		return err
	}
	return k.Brake.Set(ctx, gs.Brake)
}

// ExportGenesis returns the state.
func (k Keeper) ExportGenesis(ctx context.Context) (*guard.GenesisState, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	brake, err := k.Brake.Get(ctx)
	return &guard.GenesisState{Params: params, Brake: brake}, err
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
