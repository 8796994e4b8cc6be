package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/internal/halt"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// RentMachine opens a trial.
func (k msgServer) RentMachine(ctx context.Context, msg *xrental.MsgRentMachine) (*xrental.MsgRentMachineResponse, error) {
	renter, err := k.renter(msg.Renter)
	if err != nil {
		return nil, err
	}
	if err := k.machines.Started(ctx); err != nil {
		return nil, err
	}
	params, c, err := k.now(ctx)
	if err != nil {
		return nil, err
	}
	q, err := k.quoteRent(ctx, params, c.Now, msg.MachineId, msg.DurationSeconds, msg.Slots)
	if err != nil {
		return nil, err
	}
	if err := q.checkBounds(msg.MaxTotal, msg.ListingVersion); err != nil {
		return nil, err
	}
	if err := k.checkTrials(ctx, renter, msg.MachineId, params, c); err != nil {
		return nil, err
	}
	if err := k.checkCooldown(ctx, renter, msg.MachineId, c.Now); err != nil {
		return nil, err
	}
	if err := k.takeMoney(ctx, renter, q); err != nil { // a renter who can't pay has nothing settled
		return nil, err
	}
	if _, err := k.room(ctx, q.machine, q.slots); err != nil {
		return nil, err
	}
	r, err := k.open(ctx, renter, params, q, msg.Slots, c)
	if err != nil {
		return nil, err
	}
	return &xrental.MsgRentMachineResponse{RentId: r.Id, Rent: q.rent, Fee: q.fee, Deadline: q.deadline, End: q.end}, nil
}

// open reserves the slots and stores a new rental that was paid for.
func (k msgServer) open(ctx context.Context, renter sdk.AccAddress, params xrental.Params, q quote, slots uint32, c halt.Clock) (xrental.Rental, error) {
	id, err := k.NextID.Next(ctx)
	if err != nil {
		return xrental.Rental{}, err
	}
	reserved, err := k.machines.ReserveSlots(ctx, q.machine.Id, slots, id)
	if err != nil {
		return xrental.Rental{}, err
	}
	t, err := rental.Next(rental.StateNone, rental.EventRent)
	if err != nil {
		return xrental.Rental{}, err
	}
	r := xrental.Rental{
		Id: id, Renter: renter.String(), MachineId: q.machine.Id, Slots: reserved,
		Start: c.Now, End: q.end, Deadline: c.Stored(q.deadline),
		Segments: []xrental.Segment{{Start: c.Now, End: q.end, Rent: q.rent}},
		Paid:     q.rent, Fee: q.fee, ExitNoticeSeconds: q.machine.ExitNoticeSeconds,
		PenaltyTerms: xrental.PenaltyTerms{
			StakeShare: rental.StakeShare(q.machine.StakeRequired, q.slots, q.machine.Whole()),
			MinPenalty: params.MinPenalty, RatioBps: params.PenaltyRatioBps,
		},
	}
	record(&r, t, c.Now, c.Height)
	if err := k.save(ctx, nil, r); err != nil {
		return r, err
	}
	return r, emitTransition(ctx, r.Moved(c.Halted), t)
}

// checkTrials counts the trials that are open now, excluding those that are
// over, whether or not the end block reached them. One of the machine that is
// over bars the renter like the cooldown that it starts.
func (k msgServer) checkTrials(ctx context.Context, renter sdk.AccAddress, machineID string, params xrental.Params, c halt.Clock) error {
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
		case r.Effective(c.Now, c.Halted).State == xrental.RENTAL_STATE_TRIAL:
			n++
		case r.MachineId == machineID:
			if err := k.checkJustOver(ctx, r, params, c); err != nil {
				return err
			}
		}
	}
	if n >= params.MaxOpenTrials {
		return detail.Add(xrental.ErrTooManyTrials.Wrapf("%s has %d open trials, the limit is %d; confirm or cancel one first", renter, n, params.MaxOpenTrials),
			detail.Map{"open": n, "limit": params.MaxOpenTrials})
	}
	return nil
}

// checkJustOver refuses another trial after one on the same machine that is over
// and that no block has recorded yet, as checkCooldown does once one has.
func (k Keeper) checkJustOver(ctx context.Context, r xrental.Rental, params xrental.Params, c halt.Clock) error {
	if params.TrialCooldown > 0 {
		return detail.Add(xrental.ErrCooldown.Wrapf("machine_id is %s; trial %d of it by %s was over just now; take another machine", r.MachineId, r.Id, r.Renter),
			detail.Map{"machine_id": r.MachineId})
	}
	c, err := k.passed(ctx, r, c)
	if err != nil {
		return err
	}
	event, _, _, err := k.madeOver(ctx, r, c)
	if err == nil && event == rental.EventOverInChallenge {
		return undecided(r.MachineId, r.Renter)
	}
	return err
}
