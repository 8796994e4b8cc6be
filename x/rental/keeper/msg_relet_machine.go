package keeper

import (
	"context"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/detail"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// ReletMachine moves the end and takes the added rent.
func (k msgServer) ReletMachine(ctx context.Context, msg *xrental.MsgReletMachine) (*xrental.MsgReletMachineResponse, error) {
	if err := k.machines.Started(ctx); err != nil {
		return nil, err
	}
	old, c, err := k.named(ctx, msg.Renter, msg.RentId, msg.MachineId)
	if err != nil {
		return nil, err
	}
	t, err := rental.Next(rental.State(old.State), rental.EventRenew)
	if err != nil {
		return nil, detail.Add(xrental.ErrState.Wrapf("rental %d is %s, only an active one can be renewed; confirm it first", old.Id, rental.State(old.State)),
			detail.Map{"rent_id": old.Id, "state": rental.State(old.State)})
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	q, err := k.quoteRenewal(ctx, params, c.Now, old, msg.AddDurationSeconds)
	if err != nil {
		return nil, err
	}
	if err := q.checkBounds(msg.MaxTotal, msg.ListingVersion); err != nil {
		return nil, err
	}
	v, err := k.view(ctx, old, c)
	if err != nil {
		return nil, err
	}
	account, err := old.Account().Fold(v).Extend(q.length, q.rent, old.End, int(params.MaxSegments))
	if err != nil {
		return nil, refusal(err)
	}
	renter, err := k.renter(old.Renter)
	if err != nil {
		return nil, err
	}
	if err := k.takeMoney(ctx, renter, q); err != nil {
		return nil, err
	}
	r := old
	r.SetAccount(account)
	r.End = q.end
	if err := k.change(ctx, old, r, t, c); err != nil {
		return nil, err
	}
	return &xrental.MsgReletMachineResponse{RentId: r.Id, Rent: q.rent, End: r.End}, nil
}
