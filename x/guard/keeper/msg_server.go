package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/gogoproto/proto"

	"github.com/dbc-network/dbc/x/guard"
)

type msgServer struct{ Keeper }

var _ guard.MsgServer = msgServer{}

// NewMsgServer serves the module's messages.
func NewMsgServer(k Keeper) guard.MsgServer { return msgServer{k} }

// authorize reports whether the signer is governance, which only max_pause limits.
func (k Keeper) authorize(ctx context.Context, signer string) (params guard.Params, governs bool, err error) {
	if params, err = k.Params.Get(ctx); err != nil {
		return params, false, err
	}
	if same(signer, k.authority) {
		return params, true, nil
	}
	if same(signer, params.Guardian) {
		return params, false, nil
	}
	return params, false, guard.ErrUnauthorized.Wrapf("signer %s: must be the guardian %q or governance %s", signer, params.Guardian, k.authority)
}

// Brakes reports whether an account may pause new rentals.
func (k Keeper) Brakes(ctx context.Context, signer string) bool {
	_, _, err := k.authorize(ctx, signer)
	return err == nil
}

// same compares addresses as bytes: an address can be spelled in two ways.
func same(a, b string) bool {
	one, err := sdk.AccAddressFromBech32(a)
	if err != nil {
		return false
	}
	other, err := sdk.AccAddressFromBech32(b)
	return err == nil && one.Equals(other)
}

func emit(ctx context.Context, event proto.Message) error {
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(event)
}
