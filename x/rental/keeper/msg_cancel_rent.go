package keeper

import (
	"context"
	"strings"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/detail"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// CancelRent ends a trial and returns the whole rent.
func (k msgServer) CancelRent(ctx context.Context, msg *xrental.MsgCancelRent) (*xrental.MsgCancelRentResponse, error) {
	cause := rental.Cause(msg.Cause)
	if !cause.Valid() {
		return nil, xrental.ErrInvalid.Wrapf("cause is %d; take one of %s", msg.Cause, strings.Join(rental.Causes(), ", "))
	}
	r, c, err := k.named(ctx, msg.Renter, msg.RentId, msg.MachineId)
	if err != nil {
		return nil, err
	}
	t, err := rental.Next(rental.State(r.State), cause.Event())
	if err != nil {
		return nil, detail.Add(xrental.ErrState.Wrapf("rental %d is %s, only a trial can be cancelled", r.Id, rental.State(r.State)),
			detail.Map{"rent_id": r.Id, "state": rental.State(r.State)})
	}
	if err := k.closeFor(ctx, r, cause.Event(), msg.Cause, c.Now, c); err != nil {
		return nil, err
	}
	fee := share(r.Fee, t)
	return &xrental.MsgCancelRentResponse{RentId: r.Id, Refunded: r.Paid, FeeToHost: fee.toHost, FeeToPool: fee.toPool}, nil
}
