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

// AfterMachineOffline refunds the machine's trials with their fees. What is active goes on and earns nothing meanwhile.
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
			// One that was over before, and that no block has recorded yet, was over by that.
			if before, at, due := r.Moved(c.halted).Position().Due(since); due {
				return k.close(ctx, r, before, at, c)
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

// AfterMachineOnline accounts an outage that is over to the open rentals, which
// lived through it. What is over was settled, or has a verdict that tells of it.
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

// RentedSlots returns the slots of a machine that are an account's by rentals
// which are not over, ascending.
func (h Hooks) RentedSlots(ctx context.Context, machineID string, renter sdk.AccAddress) ([]uint32, error) {
	open, err := h.k.openOf(ctx, renter, machineID)
	if err != nil {
		return nil, err
	}
	var mine []uint32
	for _, r := range open {
		mine = append(mine, r.Slots...)
	}
	slices.Sort(mine)
	return mine, nil
}

// AfterChallengeClosed writes the verdict by which end blocks settle what
// waited for the challenge. It costs the same however much that is.
func (h Hooks) AfterChallengeClosed(ctx context.Context, machineID string, _ uint64, _ bool) error {
	return h.k.judge(ctx, machineID)
}
