package keeper

import (
	"context"

	"github.com/dbc-network/dbc/x/guard"
)

// UpdateParams replaces all parameters. It does not change a current pause.
func (k msgServer) UpdateParams(ctx context.Context, msg *guard.MsgUpdateParams) (*guard.MsgUpdateParamsResponse, error) {
	if !same(msg.Authority, k.authority) {
		return nil, guard.ErrUnauthorized.Wrapf("authority: must be %s; submit a proposal to governance", k.authority)
	}
	if err := msg.Params.Validate(); err != nil {
		return nil, err
	}
	return &guard.MsgUpdateParamsResponse{}, k.Params.Set(ctx, msg.Params)
}
