package keeper

import (
	"context"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/internal/account"
	"github.com/dbc-network/dbc/x/internal/halt"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// BreakRental ends a rental early.
func (k msgServer) BreakRental(ctx context.Context, msg *xrental.MsgBreakRental) (*xrental.MsgBreakRentalResponse, error) {
	r, c, err := k.live(ctx, msg.RentId)
	if err != nil {
		return nil, err
	}
	event, err := k.breaker(ctx, r, account.Canonical(msg.Signer), c)
	if err != nil {
		return nil, err
	}
	if err := k.close(ctx, r, event, c.Now, c); err != nil {
		return nil, err
	}
	return &xrental.MsgBreakRentalResponse{}, nil
}

// breaker returns the event that a signer may cause. A signer who is both owner and renter
// counts as owner.
func (k msgServer) breaker(ctx context.Context, r xrental.Rental, signer string, c halt.Clock) (rental.Event, error) {
	if signer == k.authority {
		return rental.EventBreakByGovernance, nil
	}
	m, err := k.machines.GetMachine(ctx, r.MachineId)
	if err != nil {
		return 0, err
	}
	if signer == m.Owner {
		return rental.EventBreakByOwner, nil
	}
	if signer != r.Renter {
		return 0, detail.Add(xrental.ErrUnauthorized.Wrapf("signer is %s; rental %d can be broken by its machine's owner %s, by governance %s and, after an outage, by its renter %s",
			machine.Clip(signer), r.Id, m.Owner, k.authority, r.Renter),
			detail.Map{"rent_id": r.Id, "renter": r.Renter})
	}
	if r.State == xrental.RENTAL_STATE_TRIAL {
		return 0, detail.Add(xrental.ErrState.Wrapf("rental %d is a trial; send CancelRent, which returns the whole rent", r.Id),
			detail.Map{"rent_id": r.Id, "state": rental.StateTrial})
	}
	right, err := k.breakRight(ctx, r, m, c)
	if err != nil {
		return 0, err
	}
	if right.Allowed(c.Now) {
		return rental.EventBreakByRenter, nil
	}
	if right.Outage > right.Limit {
		return 0, detail.Add(xrental.ErrState.Wrapf("machine %s has been back since before %s; the renter may break while it is offline and for %s after",
			r.MachineId, stamp(right.Until), rental.BreakGrace),
			detail.Map{"rent_id": r.Id, "state": rental.State(r.State), "until": right.Until})
	}
	return 0, detail.Add(xrental.ErrState.Wrapf("machine %s was offline for %s in total, the renter may break after more than %s; challenge the machine if it does not answer",
		r.MachineId, right.Outage, right.Limit),
		detail.Map{"rent_id": r.Id, "state": rental.State(r.State), "outage_seconds": int64(right.Outage.Seconds()), "limit_seconds": int64(right.Limit.Seconds())})
}
