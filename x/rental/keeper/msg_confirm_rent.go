package keeper

import (
	"context"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/detail"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// ConfirmRent ends the trial for good.
func (k msgServer) ConfirmRent(ctx context.Context, msg *xrental.MsgConfirmRent) (*xrental.MsgConfirmRentResponse, error) {
	if err := k.machines.Started(ctx); err != nil {
		return nil, err
	}
	r, c, err := k.named(ctx, msg.Renter, msg.RentId, msg.MachineId)
	if err != nil {
		return nil, err
	}
	t, err := rental.Next(rental.State(r.State), rental.EventConfirm)
	if err != nil {
		return nil, detail.Add(xrental.ErrState.Wrapf("rental %d is %s, only a trial can be confirmed", r.Id, rental.State(r.State)),
			detail.Map{"rent_id": r.Id, "state": rental.State(r.State)})
	}
	if _, err := k.rentable(ctx, r.MachineId); err != nil {
		return nil, err
	}
	if err := k.change(ctx, r, r.Moved(c.Halted), t, c); err != nil {
		return nil, err
	}
	s, err := k.payFee(ctx, r, t)
	if err != nil {
		return nil, err
	}
	if err := emitSettled(ctx, r.Id, s); err != nil {
		return nil, err
	}
	return &xrental.MsgConfirmRentResponse{RentId: r.Id}, nil
}
