package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/guard"
)

// ResumeRentals lifts a pause. If governance does it, the guardian's window is over.
func (k msgServer) ResumeRentals(ctx context.Context, msg *guard.MsgResumeRentals) (*guard.MsgResumeRentalsResponse, error) {
	_, governs, err := k.authorize(ctx, msg.Signer)
	if err != nil {
		return nil, err
	}
	brake, err := k.Brake.Get(ctx)
	if err != nil {
		return nil, err
	}
	now := sdk.UnwrapSDKContext(ctx).BlockTime()
	if !brake.Paused(now) {
		return nil, guard.ErrPause.Wrap("new rentals are not paused")
	}
	brake.PausedUntil = &now
	if governs && brake.WindowEnd != nil && now.Before(*brake.WindowEnd) {
		brake.WindowEnd = &now
	}
	if err := k.Brake.Set(ctx, brake); err != nil {
		return nil, err
	}
	return &guard.MsgResumeRentalsResponse{}, emit(ctx, &guard.EventResumed{Signer: msg.Signer})
}
