package keeper

import (
	"context"
	"strings"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/internal/account"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

type msgServer struct{ Keeper }

var _ xrental.MsgServer = msgServer{}

// NewMsgServer serves the module's messages.
func NewMsgServer(k Keeper) xrental.MsgServer { return msgServer{k} }

// RentMachine opens a trial.
func (k msgServer) RentMachine(ctx context.Context, msg *xrental.MsgRentMachine) (*xrental.MsgRentMachineResponse, error) {
	renter, err := k.renter(msg.Renter)
	if err != nil {
		return nil, err
	}
	if err := k.machines.Started(ctx); err != nil {
		return nil, err
	}
	if err := k.SettleDue(ctx, msg.MachineId); err != nil {
		return nil, err
	}
	params, c, err := k.now(ctx)
	if err != nil {
		return nil, err
	}
	q, err := k.quoteRent(ctx, params, c.now, msg.MachineId, msg.DurationSeconds, msg.Slots)
	if err != nil {
		return nil, err
	}
	if err := q.checkBounds(msg.MaxTotal, msg.ListingVersion); err != nil {
		return nil, err
	}
	if err := k.checkTrials(ctx, renter, msg.MachineId, params, c); err != nil {
		return nil, err
	}
	if err := k.checkCooldown(ctx, renter, msg.MachineId, c.now); err != nil {
		return nil, err
	}
	r, err := k.open(ctx, renter, params, q, msg.Slots, c)
	if err != nil {
		return nil, err
	}
	return &xrental.MsgRentMachineResponse{RentId: r.Id, Rent: q.rent, Fee: q.fee, Deadline: q.deadline, End: q.end}, nil
}

// open takes the money, reserves the slots and stores the new rental.
func (k msgServer) open(ctx context.Context, renter sdk.AccAddress, params xrental.Params, q quote, slots uint32, c clock) (xrental.Rental, error) {
	id, err := k.NextID.Next(ctx)
	if err != nil {
		return xrental.Rental{}, err
	}
	reserved, err := k.machines.ReserveSlots(ctx, q.machine.Id, slots, id)
	if err != nil {
		return xrental.Rental{}, err
	}
	if err := k.takeMoney(ctx, renter, q); err != nil {
		return xrental.Rental{}, err
	}
	t, err := rental.Next(rental.StateNone, rental.EventRent)
	if err != nil {
		return xrental.Rental{}, err
	}
	r := xrental.Rental{
		Id: id, Renter: renter.String(), MachineId: q.machine.Id, Slots: reserved,
		Start: c.now, End: q.end, Deadline: rental.StoredDeadline(q.deadline, c.halted),
		Segments: []xrental.Segment{{Start: c.now, End: q.end, Rent: q.rent}},
		Paid:     q.rent, Fee: q.fee,
		PenaltyTerms: xrental.PenaltyTerms{
			StakeShare: rental.StakeShare(q.machine.StakeRequired, q.slots, q.machine.Whole()),
			MinPenalty: params.MinPenalty, RatioBps: params.PenaltyRatioBps,
		},
	}
	record(&r, t, c.now, c.height)
	if err := k.save(ctx, nil, r); err != nil {
		return r, err
	}
	return r, emitTransition(ctx, r.Moved(c.halted), t)
}

// checkTrials counts the trials that are open now, whether or not the end block
// reached those that are over. One of the machine that is bars the renter as
// the cooldown does which it starts.
func (k msgServer) checkTrials(ctx context.Context, renter sdk.AccAddress, machineID string, params xrental.Params, c clock) error {
	open, err := listed(ctx, k.trials, renter)
	if err != nil {
		return err
	}
	n := uint32(0)
	for _, id := range open {
		r, err := k.rental(ctx, id)
		if err != nil {
			return err
		}
		switch {
		case r.Effective(c.now, c.halted).State == xrental.RENTAL_STATE_TRIAL:
			n++
		case r.MachineId == machineID && params.TrialCooldown > 0:
			return xrental.ErrCooldown.Wrapf("machine_id is %s; trial %d of it by %s was over just now; take another machine", machineID, id, renter)
		}
	}
	if n >= params.MaxOpenTrials {
		return xrental.ErrTooManyTrials.Wrapf("%s has %d open trials, the limit is %d; confirm or cancel one first", renter, n, params.MaxOpenTrials)
	}
	return nil
}

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
		return nil, xrental.ErrState.Wrapf("rental %d is %s, only a trial can be confirmed", r.Id, rental.State(r.State))
	}
	if _, err := k.rentable(ctx, r.MachineId); err != nil {
		return nil, err
	}
	if err := k.change(ctx, r, r.Moved(c.halted), t, c); err != nil {
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

// change records a transition of a rental that stays open.
func (k msgServer) change(ctx context.Context, old, r xrental.Rental, t rental.Transition, c clock) error {
	record(&r, t, c.now, c.height)
	if err := k.save(ctx, &old, r); err != nil {
		return err
	}
	if err := k.requeue(ctx, r); err != nil {
		return err
	}
	return emitTransition(ctx, r, t)
}

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
		return nil, xrental.ErrState.Wrapf("rental %d is %s, only a trial can be cancelled", r.Id, rental.State(r.State))
	}
	if err := k.closeFor(ctx, r, cause.Event(), msg.Cause, c.now, c); err != nil {
		return nil, err
	}
	fee := share(r.Fee, t)
	return &xrental.MsgCancelRentResponse{RentId: r.Id, Refunded: r.Paid, FeeToHost: fee.toHost, FeeToPool: fee.toPool}, nil
}

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
		return nil, xrental.ErrState.Wrapf("rental %d is %s, only an active one can be renewed; confirm it first", old.Id, rental.State(old.State))
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	q, err := k.quoteRenewal(ctx, params, c.now, old, msg.AddDurationSeconds)
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

// UpdateParams replaces the parameters.
func (k msgServer) UpdateParams(ctx context.Context, msg *xrental.MsgUpdateParams) (*xrental.MsgUpdateParamsResponse, error) {
	if account.Canonical(msg.Authority) != k.authority {
		return nil, xrental.ErrUnauthorized.Wrapf("authority is %s, it must be the governance account %s", machine.Clip(msg.Authority), k.authority)
	}
	if err := msg.Params.Validate(); err != nil {
		return nil, err
	}
	if err := k.Params.Set(ctx, msg.Params); err != nil {
		return nil, err
	}
	return &xrental.MsgUpdateParamsResponse{}, nil
}

func (k Keeper) now(ctx context.Context) (xrental.Params, clock, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return params, clock{}, err
	}
	c, err := k.clock(ctx)
	return params, c, err
}

// renter reads the address of a party, who will receive money; modules can't.
func (k Keeper) renter(text string) (sdk.AccAddress, error) {
	renter, err := account.Party(text, k.bank)
	if err != nil {
		return nil, xrental.ErrInvalid.Wrapf("renter is %q: %s", machine.Clip(text), machine.Clip(err.Error()))
	}
	return renter, nil
}
