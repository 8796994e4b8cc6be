package keeper

import (
	"context"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/internal/account"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// ClaimRent pays what was earned to the payout addresses. Who claims nothing new is told so by the amount, not by an error.
func (k msgServer) ClaimRent(ctx context.Context, msg *xrental.MsgClaimRent) (*xrental.MsgClaimRentResponse, error) {
	if n := len(msg.RentIds); n == 0 || n > xrental.MaxClaims {
		return nil, xrental.ErrInvalid.Wrapf("rent_ids has %d, it must be 1 to %d; claim the others with another message", n, xrental.MaxClaims)
	}
	response := &xrental.MsgClaimRentResponse{}
	for _, id := range msg.RentIds {
		claimed, err := k.claim(ctx, msg.Signer, id)
		if err != nil {
			return nil, err
		}
		response.Claimed += claimed // no overflow: all of it is in escrow
	}
	return response, nil
}

func (k msgServer) claim(ctx context.Context, signer string, id uint64) (uint64, error) {
	signer = account.Canonical(signer)
	before, err := k.rental(ctx, id)
	if err != nil {
		return 0, err
	}
	m, err := k.machines.GetMachine(ctx, before.MachineId)
	if err != nil {
		return 0, err
	}
	if before.Held() && signer == before.Renter {
		return 0, k.claimHeld(ctx, before)
	}
	if signer != m.Owner && signer != m.Operator && signer != m.Payout {
		if signer == before.Renter && rental.State(before.State).Closed() {
			return 0, k.settleNamed(ctx, before) // the renter gets what is left of it
		}
		return 0, xrental.ErrUnauthorized.Wrapf("signer is %s; rent of rental %d is claimed by owner %s, operator %s or payout %s of the machine",
			machine.Clip(signer), id, m.Owner, m.Operator, m.Payout)
	}
	if err := k.SettleDue(ctx, before.MachineId); err != nil {
		return 0, err
	}
	old, err := k.rental(ctx, id)
	if err != nil {
		return 0, err
	}
	if err := k.settleNamed(ctx, old); err != nil {
		return 0, err
	}
	if old, err = k.rental(ctx, id); err != nil {
		return 0, err
	}
	if old.State != xrental.RENTAL_STATE_ACTIVE {
		return old.Claimed - before.Claimed, nil // a trial earns nothing yet; what is over was paid when settled
	}
	c, err := k.clock(ctx)
	if err != nil {
		return 0, err
	}
	v, err := k.view(ctx, old, c)
	if err != nil {
		return 0, err
	}
	return k.payClaim(ctx, old, v)
}

func (k msgServer) payClaim(ctx context.Context, old xrental.Rental, v rental.View) (uint64, error) {
	account := old.Account()
	unclaimed := account.Unclaimed(v)
	if unclaimed == 0 {
		return 0, nil
	}
	if err := k.payHost(ctx, old.MachineId, unclaimed); err != nil {
		return 0, err
	}
	if !v.Now.Before(old.End) {
		v.Now = old.End.Add(-1) // over but stuck: the last segment stays, it marks what is not settled
	}
	account = account.Fold(v)
	account.Claimed += unclaimed
	r := old
	r.SetAccount(account)
	if err := k.save(ctx, &old, r); err != nil {
		return 0, err
	}
	return unclaimed, emitSettled(ctx, r.Id, settlement{toHost: unclaimed})
}
