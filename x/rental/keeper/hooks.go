package keeper

import (
	"context"
	"time"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// Hooks are the calls by which x/rental reacts to events of a machine.
type Hooks struct{ k Keeper }

var _ machine.MachineHooks = Hooks{}

// Hooks returns the hooks for x/machine; app/ sets them.
func (k Keeper) Hooks() Hooks { return Hooks{k} }

// AfterMachineOffline refunds the machine's trials with their fees. Active rentals
// continue and earn nothing meanwhile.
func (h Hooks) AfterMachineOffline(ctx context.Context, machineID string, since time.Time, challengeID uint64) error {
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
			c, err := k.passed(ctx, r, c)
			if err != nil {
				return err
			}
			// One that was over before, and that no block has recorded yet, was ended by
			// that event.
			if before, at, due := r.Moved(c.Halted).Position().Due(since); due {
				return k.close(ctx, r, before, at, c)
			}
			return k.close(ctx, r, event, c.Now, c)
		}
		if failed := k.failed.Attempt(ctx, id, refund); failed != nil {
			// The machine stays offline; settle finds this trial due and refunds it later.
			if err := k.failed.Fail(ctx, id, failed, dueRentals{k: k}); err != nil {
				return err
			}
		}
	}
	return nil
}

// AfterMachineOnline adds an outage that is over to the open rentals that it
// affected. What is over was settled, or has a verdict that accounts for it.
func (h Hooks) AfterMachineOnline(ctx context.Context, machineID string, offlineSince, now time.Time) error {
	open, err := h.k.machines.Rentals(ctx, machineID)
	if err != nil {
		return err
	}
	for _, id := range open {
		if err := h.k.accountOutage(ctx, id, offlineSince, now); err != nil {
			return err
		}
	}
	return nil
}

// AfterChallengeClosed writes the verdict by which end blocks settle what
// waited for the challenge. It costs the same however much that is.
func (h Hooks) AfterChallengeClosed(ctx context.Context, machineID string, _ uint64, _ bool) error {
	return h.k.judge(ctx, machineID)
}
