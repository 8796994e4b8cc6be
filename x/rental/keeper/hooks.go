package keeper

import (
	"context"
	"slices"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// Hooks is what x/rental does when something happens to a machine.
type Hooks struct{ k Keeper }

var _ machine.MachineHooks = Hooks{}

// Hooks are for x/machine; app/ sets them.
func (k Keeper) Hooks() Hooks { return Hooks{k} }

// BeforeMachineChange settles the machine's due rentals before a message touches it.
func (h Hooks) BeforeMachineChange(ctx context.Context, machineID string) error {
	return h.k.SettleDue(ctx, machineID)
}

// AfterMachineOffline refunds the machine's trials, with the fee from the
// stake. What is active goes on and earns nothing meanwhile.
func (h Hooks) AfterMachineOffline(ctx context.Context, machineID string, _ time.Time, challengeID uint64) error {
	k := h.k
	event := rental.EventMachineOffline
	if challengeID != 0 {
		event = rental.EventChallengeUnanswered
	}
	c, err := k.clock(ctx)
	if err != nil {
		return err
	}
	open, err := k.machines.Rentals(ctx, machineID)
	if err != nil {
		return err
	}
	for _, id := range open {
		refund := func(ctx context.Context, id uint64) error {
			r, err := k.rental(ctx, id)
			if err != nil || r.State != xrental.RENTAL_STATE_TRIAL {
				return err
			}
			return k.close(ctx, r, event, c.now, c)
		}
		if failed := k.attempt(ctx, id, refund); failed != nil {
			// The machine stays offline; settle finds this trial due and refunds it later.
			if err := k.fail(ctx, id, c.now, failed); err != nil {
				return err
			}
		}
	}
	return nil
}

// AfterMachineOnline accounts an outage that is over to the rentals that lived through it.
func (h Hooks) AfterMachineOnline(ctx context.Context, machineID string, offlineSince, now time.Time) error {
	held, err := h.k.held(ctx, machineID)
	if err != nil {
		return err
	}
	for _, id := range held {
		if err := h.k.accountOutage(ctx, id, offlineSince, now); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) accountOutage(ctx context.Context, id uint64, from, to time.Time) error {
	r, err := k.rental(ctx, id)
	if err != nil {
		return err
	}
	if at, closed := r.ClosedAt(); closed && at.Before(to) {
		to = at
	}
	old := r
	outage, err := k.length(ctx, rental.Overlap(r.Start, r.End, from, to))
	if err != nil {
		return err
	}
	r.SetAccount(r.Account().Outage(from, to))
	r.OutageNs += int64(outage)
	return k.save(ctx, &old, r)
}

// RentedSlots returns the slots of a machine that are an account's by rentals
// which are not over, ascending.
func (h Hooks) RentedSlots(ctx context.Context, machineID string, renter sdk.AccAddress) ([]uint32, error) {
	c, err := h.k.clock(ctx)
	if err != nil {
		return nil, err
	}
	open, err := h.k.machines.Rentals(ctx, machineID)
	if err != nil {
		return nil, err
	}
	var mine []uint32
	for _, id := range open {
		r, err := h.k.rental(ctx, id)
		if err != nil {
			return nil, err
		}
		if r.Renter == renter.String() && rental.State(r.Effective(c.now, c.halted).State).Open() {
			mine = append(mine, r.Slots...)
		}
	}
	slices.Sort(mine)
	return mine, nil
}

// length is how long an outage was: nobody counts as offline because the chain stood still.
func (k Keeper) length(ctx context.Context, outage rental.Span) (time.Duration, error) {
	halted, err := k.machines.HaltedBetween(ctx, outage.From, outage.To)
	return outage.Length() - halted, err
}

// outage is how long a rental's machine was offline in it until now.
func (k Keeper) outage(ctx context.Context, r xrental.Rental, v rental.View) (time.Duration, error) {
	lasting, err := k.length(ctx, rental.Lasting(r.Start, r.End, v))
	return time.Duration(r.OutageNs) + lasting, err
}

// AfterChallengeClosed queues what waited for the challenge for this end
// block, which bounds the work.
func (h Hooks) AfterChallengeClosed(ctx context.Context, machineID string, _ uint64, _ bool) error {
	k := h.k
	c, err := k.clock(ctx)
	if err != nil {
		return err
	}
	waiting, err := listed(ctx, k.unsettled, machineID)
	if err != nil {
		return err
	}
	for _, id := range waiting {
		if err := k.retryNow(ctx, id, c.now); err != nil {
			return err
		}
	}
	return nil
}
