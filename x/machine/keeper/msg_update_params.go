package keeper

import (
	"context"

	"github.com/dbc-network/dbc/x/internal/account"
	"github.com/dbc-network/dbc/x/machine"
)

// UpdateParams replaces all parameters; they affect later messages only.
func (k msgServer) UpdateParams(ctx context.Context, msg *machine.MsgUpdateParams) (*machine.MsgUpdateParamsResponse, error) {
	if account.Canonical(msg.Authority) != k.authority {
		return nil, machine.ErrUnauthorized.Wrapf("authority %s: must be %s; submit a proposal to governance", machine.Clip(msg.Authority), k.authority)
	}
	if err := msg.Params.Validate(); err != nil {
		return nil, err
	}
	return &machine.MsgUpdateParamsResponse{}, k.Params.Set(ctx, msg.Params)
}
