package keeper

import (
	"context"

	"github.com/dbc-network/dbc/x/internal/account"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// UpdateParams replaces the parameters.
func (k msgServer) UpdateParams(ctx context.Context, msg *xrental.MsgUpdateParams) (*xrental.MsgUpdateParamsResponse, error) {
	if account.Canonical(msg.Authority) != k.authority {
		return nil, xrental.ErrUnauthorized.Wrapf("authority is %s, it must be the governance account %s", machine.Clip(msg.Authority), k.authority)
	}
	if err := msg.Params.Validate(); err != nil {
		return nil, err
	}
	if err := k.Params.Set(ctx, msg.Params); err != nil {
		return nil, err
	}
	return &xrental.MsgUpdateParamsResponse{}, nil
}
