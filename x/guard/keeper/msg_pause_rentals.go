package keeper

import (
	"context"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/guard"
)

// PauseRentals pauses new rentals. Governance may do so for max_pause at any
// time. The guardian may do so within a window of max_pause, and starts another
// one no sooner than pause_cooldown after its end.
func (k msgServer) PauseRentals(ctx context.Context, msg *guard.MsgPauseRentals) (*guard.MsgPauseRentalsResponse, error) {
	params, governs, err := k.authorize(ctx, msg.Signer)
	if err != nil {
		return nil, err
	}
	brake, err := k.Brake.Get(ctx)
	if err != nil {
		return nil, err
	}
	now := sdk.UnwrapSDKContext(ctx).BlockTime()
	latest := now.Add(params.MaxPause)
	if !governs {
		if latest, err = window(&brake, params, now); err != nil {
			return nil, err
		}
	}
	if !msg.Until.After(now) || msg.Until.After(latest) {
		return nil, detail.Add(guard.ErrPause.Wrapf("until %s: must be after %s and at most %s", stamp(msg.Until), stamp(now), stamp(latest)),
			detail.Map{"last": latest})
	}
	brake.PausedUntil = &msg.Until
	if err := k.Brake.Set(ctx, brake); err != nil {
		return nil, err
	}
	return &guard.MsgPauseRentalsResponse{}, emit(ctx, &guard.EventPaused{Signer: msg.Signer, Until: msg.Until})
}

// window returns the end of the guardian's window, which starts now unless one is open.
func window(brake *guard.Brake, params guard.Params, now time.Time) (time.Time, error) {
	if brake.WindowEnd != nil && now.Before(*brake.WindowEnd) {
		return *brake.WindowEnd, nil
	}
	if brake.NextWindow != nil && now.Before(*brake.NextWindow) {
		return time.Time{}, detail.Add(guard.ErrPause.Wrapf("the guardian paused rentals before: not again until %s, without governance", stamp(*brake.NextWindow)),
			detail.Map{detail.RetryAt: *brake.NextWindow})
	}
	end := now.Add(params.MaxPause)
	next := end.Add(params.PauseCooldown)
	brake.WindowEnd, brake.NextWindow = &end, &next
	return end, nil
}
