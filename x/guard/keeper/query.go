package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/guard"
)

type queryServer struct{ k Keeper }

var _ guard.QueryServer = queryServer{}

// NewQueryServer serves the module's queries.
func NewQueryServer(k Keeper) guard.QueryServer { return queryServer{k} }

// Brake returns whether new rentals are paused.
func (s queryServer) Brake(ctx context.Context, _ *guard.QueryBrakeRequest) (*guard.QueryBrakeResponse, error) {
	brake, err := s.k.Brake.Get(ctx)
	if err != nil {
		return nil, err
	}
	return &guard.QueryBrakeResponse{Paused: brake.Paused(sdk.UnwrapSDKContext(ctx).BlockTime()), Brake: brake}, nil
}

// Params returns the parameters.
func (s queryServer) Params(ctx context.Context, _ *guard.QueryParamsRequest) (*guard.QueryParamsResponse, error) {
	params, err := s.k.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	return &guard.QueryParamsResponse{Params: params}, nil
}
