package keeper

import (
	"context"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/internal/account"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// ClaimRent pays what was earned to the payout addresses. A claim of nothing new returns
// the amount 0, not an error.
func (k msgServer) ClaimRent(ctx context.Context, msg *xrental.MsgClaimRent) (*xrental.MsgClaimRentResponse, error) {
	if n := len(msg.RentIds); n == 0 || n > xrental.MaxClaims {
		return nil, xrental.ErrInvalid.Wrapf("rent_ids has %d, it must be 1 to %d; claim the others with another message", n, xrental.MaxClaims)
	}
	claims := make([]claim, 0, len(msg.RentIds)) // all of them are checked before any is settled
	seen := make(map[uint64]bool, len(msg.RentIds))
	for _, id := range msg.RentIds {
		if seen[id] {
			continue // there is nothing more to claim
		}
		seen[id] = true
		it, err := k.claimable(ctx, account.Canonical(msg.Signer), id)
		if err != nil {
			return nil, err
		}
		claims = append(claims, it)
	}
	response := &xrental.MsgClaimRentResponse{}
	for _, it := range claims {
		claimed, err := k.claim(ctx, it)
		if err != nil {
			return nil, err
		}
		response.Claimed += claimed // no overflow: all of it is in escrow
	}
	return response, nil
}

// claim is what a signer may claim of a rental.
type claim struct {
	rental xrental.Rental
	right  claimRight
}

type claimRight uint8

const (
	// claimOfHost pays what was earned, or settles.
	claimOfHost claimRight = iota
	// claimOfRenter settles what is over.
	claimOfRenter
	// claimOfPenalty pays the renter the held penalty.
	claimOfPenalty
)

// claimable returns what a signer may claim of a rental, or an error that says why
// nothing.
func (k msgServer) claimable(ctx context.Context, signer string, id uint64) (claim, error) {
	r, err := k.rental(ctx, id)
	if err != nil {
		return claim{}, err
	}
	m, err := k.machines.GetMachine(ctx, r.MachineId)
	if err != nil {
		return claim{}, err
	}
	if r.Held() && signer == r.Renter {
		return claim{r, claimOfPenalty}, k.heldIsDue(ctx, r)
	}
	if signer == m.Owner || signer == m.Operator || signer == m.Payout {
		return claim{r, claimOfHost}, nil
	}
	if signer == r.Renter {
		if due, err := k.isDue(ctx, r); err != nil || due || rental.State(r.State).Closed() {
			return claim{r, claimOfRenter}, err // the renter gets what is left of it
		}
	}
	return claim{}, xrental.ErrUnauthorized.Wrapf("signer is %s; rent of rental %d is claimed by owner %s, operator %s or payout %s of the machine",
		machine.Clip(signer), id, m.Owner, m.Operator, m.Payout)
}

func (k msgServer) claim(ctx context.Context, it claim) (uint64, error) {
	before := it.rental
	if it.right == claimOfPenalty {
		return 0, k.settle(ctx, before.Id)
	}
	if err := k.settleNamed(ctx, before); err != nil || it.right == claimOfRenter {
		return 0, err
	}
	old, err := k.rental(ctx, before.Id)
	if err != nil {
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
		v.Now = old.End.Add(-1) // over but stuck: the last segment stays, to mark what is not settled
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
