package keeper

import (
	"context"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/internal/halt"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// LeaveRental brings the end of a confirmed rental forward to its exit notice
// from now, and returns the rent beyond it. What is earned until then, offline
// time and open challenges included, does not depend on it. A rental that ends
// within the notice stays as it is, which is no error: so a message that is sent
// twice does no harm.
func (k msgServer) LeaveRental(ctx context.Context, msg *xrental.MsgLeaveRental) (*xrental.MsgLeaveRentalResponse, error) {
	if err := k.machines.Started(ctx); err != nil {
		return nil, err
	}
	old, c, err := k.named(ctx, msg.Renter, msg.RentId, msg.MachineId)
	if err != nil {
		return nil, err
	}
	t, err := leavable(old)
	if err != nil {
		return nil, err
	}
	account, exit := old.Account().Leave(old.End, c.Now, old.ExitNotice())
	response := &xrental.MsgLeaveRentalResponse{RentId: old.Id, Refunded: exit.Refund, End: exit.End}
	if !exit.End.Before(old.End) {
		return response, nil
	}
	if err := k.pay(ctx, old.Renter, exit.Refund); err != nil {
		return nil, err
	}
	r := old
	r.SetAccount(account)
	longest := old.Start.Add(old.Longest())
	r.End, r.LongestEnd = exit.End, &longest
	if err := k.left(ctx, old, r, t, exit, c); err != nil {
		return nil, err
	}
	return response, nil
}

// left records that a renter left.
func (k msgServer) left(ctx context.Context, old, r xrental.Rental, t rental.Transition, exit rental.Exit, c halt.Clock) error {
	record(&r, t, c.Now, c.Height)
	r.Transitions[len(r.Transitions)-1].Refunded = exit.Refund
	if err := k.save(ctx, &old, r); err != nil {
		return err
	}
	if err := k.requeue(ctx, r); err != nil {
		return err
	}
	if err := emitTransition(ctx, r, t); err != nil {
		return err
	}
	return emitSettled(ctx, r.Id, settlement{toRenter: exit.Refund})
}

// leavable returns the transition of leaving a rental, or why it can't be left.
func leavable(r xrental.Rental) (rental.Transition, error) {
	values := detail.Map{"rent_id": r.Id, "state": rental.State(r.State)}
	t, err := rental.Next(rental.State(r.State), rental.EventLeave)
	switch {
	case r.State == xrental.RENTAL_STATE_TRIAL:
		err = xrental.ErrState.Wrapf("rental %d is a trial; send CancelRent, which returns the whole rent", r.Id)
	case err != nil:
		err = xrental.ErrState.Wrapf("rental %d is %s, only an active one can be left", r.Id, rental.State(r.State))
	case r.ExitNoticeSeconds == 0:
		err = xrental.ErrState.Wrapf("exit_notice_seconds of rental %d is 0, as its listing said when it was rented: confirmed rent is not refunded; use it until %s, or break it after too long an outage",
			r.Id, stamp(r.End))
	}
	return t, detail.Add(err, values)
}
