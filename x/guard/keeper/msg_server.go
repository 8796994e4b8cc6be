package keeper

import (
	"context"
	"time"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/gogoproto/proto"

	"github.com/dbc-network/dbc/x/guard"
)

type msgServer struct{ Keeper }

var _ guard.MsgServer = msgServer{}

// NewMsgServer serves the module's messages.
func NewMsgServer(k Keeper) guard.MsgServer { return msgServer{k} }

// PauseRentals pauses new rentals. Governance may do so for max_pause at any
// time. The guardian may do so within a window of max_pause, and begins
// another one only pause_cooldown after its end.
func (s msgServer) PauseRentals(ctx context.Context, msg *guard.MsgPauseRentals) (*guard.MsgPauseRentalsResponse, error) {
	params, governs, err := s.authorize(ctx, msg.Signer)
	if err != nil {
		return nil, err
	}
	brake, err := s.Brake.Get(ctx)
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
		return nil, errorsmod.Wrapf(guard.ErrPause, "until %s: must be after %s and at most %s", stamp(msg.Until), stamp(now), stamp(latest))
	}
	brake.PausedUntil = &msg.Until
	if err := s.Brake.Set(ctx, brake); err != nil {
		return nil, err
	}
	return &guard.MsgPauseRentalsResponse{}, emit(ctx, &guard.EventPaused{Signer: msg.Signer, Until: msg.Until})
}

// window is the end of the guardian's window, which begins now unless one is open.
func window(brake *guard.Brake, params guard.Params, now time.Time) (time.Time, error) {
	if brake.WindowEnd != nil && now.Before(*brake.WindowEnd) {
		return *brake.WindowEnd, nil
	}
	if brake.NextWindow != nil && now.Before(*brake.NextWindow) {
		return time.Time{}, errorsmod.Wrapf(guard.ErrPause, "the guardian paused rentals before: not again until %s, without governance", stamp(*brake.NextWindow))
	}
	end := now.Add(params.MaxPause)
	next := end.Add(params.PauseCooldown)
	brake.WindowEnd, brake.NextWindow = &end, &next
	return end, nil
}

// ResumeRentals lifts a pause. When governance does it, the guardian's window is over.
func (s msgServer) ResumeRentals(ctx context.Context, msg *guard.MsgResumeRentals) (*guard.MsgResumeRentalsResponse, error) {
	_, governs, err := s.authorize(ctx, msg.Signer)
	if err != nil {
		return nil, err
	}
	brake, err := s.Brake.Get(ctx)
	if err != nil {
		return nil, err
	}
	now := sdk.UnwrapSDKContext(ctx).BlockTime()
	if !brake.Paused(now) {
		return nil, errorsmod.Wrap(guard.ErrPause, "new rentals are not paused")
	}
	brake.PausedUntil = &now
	if governs && brake.WindowEnd != nil && now.Before(*brake.WindowEnd) {
		brake.WindowEnd = &now
	}
	if err := s.Brake.Set(ctx, brake); err != nil {
		return nil, err
	}
	return &guard.MsgResumeRentalsResponse{}, emit(ctx, &guard.EventResumed{Signer: msg.Signer})
}

// UpdateParams replaces all parameters. A pause that runs is not changed by them.
func (s msgServer) UpdateParams(ctx context.Context, msg *guard.MsgUpdateParams) (*guard.MsgUpdateParamsResponse, error) {
	if !same(msg.Authority, s.authority) {
		return nil, errorsmod.Wrapf(guard.ErrUnauthorized, "authority: must be %s; submit a proposal to governance", s.authority)
	}
	if err := msg.Params.Validate(); err != nil {
		return nil, err
	}
	return &guard.MsgUpdateParamsResponse{}, s.Params.Set(ctx, msg.Params)
}

// authorize reports whether the signer is governance, which is bound by nothing but max_pause.
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
	return params, false, errorsmod.Wrapf(guard.ErrUnauthorized, "signer %s: must be the guardian %q or governance %s", signer, params.Guardian, k.authority)
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
