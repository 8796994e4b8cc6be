package keeper

import (
	"context"
	"fmt"
	"slices"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

var _ machine.RentalKeeper = Keeper{}

// maxSettled is how many rentals of others a message settles, at its sender's
// cost, and only if it needs their slots.
const maxSettled = 4

// SettleDue settles what is open on a machine if all of it is over and at most
// maxSettled, otherwise nothing: it is called by messages that need the machine
// free and are refused otherwise. The end block settles the rest.
func (k Keeper) SettleDue(ctx context.Context, machineID string) error {
	open, err := k.machines.Rentals(ctx, machineID)
	if err != nil || len(open) > maxSettled {
		return err
	}
	due, parked, err := k.dueOf(ctx, machineID)
	if err != nil {
		return err
	}
	if all := append(due, parked...); len(all) == len(open) {
		return k.settleOver(ctx, all)
	}
	return nil
}

// RentedSlots returns the slots of a machine that an account holds by rentals
// which are not over, ascending.
func (k Keeper) RentedSlots(ctx context.Context, machineID string, renter sdk.AccAddress) ([]uint32, error) {
	open, err := k.openOf(ctx, renter, machineID)
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

// room returns the free slots of a machine, ascending, at least as many as requested. If
// too few are free, it settles rentals that are over and hold others: it then reads the
// machine's rentals, at most 64, and settles at most maxSettled. RentMachine and Quote
// share it, so that what is offered is what is rented.
func (k Keeper) room(ctx context.Context, m machine.Machine, slots uint32) ([]uint32, error) {
	free, err := k.machines.FreeSlots(ctx, m.Id)
	if err != nil || uint32(len(free)) >= slots {
		return free, err
	}
	due, parked, err := k.dueOf(ctx, m.Id)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(due, func(a, b over) int { return b.frees - a.frees }) // the fewest that make room
	due = slices.DeleteFunc(append(due, parked...), func(it over) bool { return it.frees == 0 })
	n, held := 0, len(free)
	for n < len(due) && n < maxSettled && uint32(held) < slots {
		held += due[n].frees
		n++
	}
	if uint32(held) >= slots {
		if err := k.settleOver(ctx, due[:n]); err != nil {
			return nil, err
		}
		if free, err = k.machines.FreeSlots(ctx, m.Id); err != nil || uint32(len(free)) >= slots {
			return free, err
		}
	}
	remedy := "ask for fewer or choose another machine"
	if len(due) > 0 {
		remedy = fmt.Sprintf("%d rentals are over and not settled yet: try again in the next block, or choose another machine", len(due))
	}
	return nil, detail.Add(machine.ErrNoSlots.Wrapf("machine %s: %d slots asked for, %d of %d are free; %s", m.Id, slots, len(free), m.Whole(), remedy),
		detail.Map{"machine_id": m.Id, "slots": slots, "free": len(free)})
}

// settleOver settles rentals that are over. One that can't be settled holds up no other.
func (k Keeper) settleOver(ctx context.Context, due []over) error {
	for _, it := range due {
		failed := k.failed.Attempt(ctx, it.id, k.settle)
		switch {
		case failed == nil:
		case it.parked:
			if err := k.failed.Fail(ctx, it.id, failed, dueRentals{k: k}); err != nil { // the others come before it next time
				return err
			}
		default:
			k.logger.Error("rental not settled", "rent_id", it.id, "error", failed)
		}
	}
	return nil
}

// over is an open rental whose time has passed. Settling it frees those of its
// slots that are in service.
type over struct {
	id     uint64
	frees  int
	parked bool
	next   time.Time // of a parked one, when it would be tried if it were not
}

// dueOf returns those of a machine's open rentals that are over: those that did not
// fail, and parked ones, the longest parked first. Other failed ones are retried
// automatically.
func (k Keeper) dueOf(ctx context.Context, machineID string) (due, parked []over, err error) {
	open, err := k.machines.Rentals(ctx, machineID)
	if err != nil {
		return nil, nil, err
	}
	m, err := k.machines.GetMachine(ctx, machineID)
	if err != nil {
		return nil, nil, err
	}
	c, err := k.clock(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range open {
		r, err := k.rental(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		if _, _, isOver := position(r, m, c).Due(c.Now); !isOver {
			continue
		}
		frees := 0
		for _, slot := range r.Slots {
			if m.Serves(slot) {
				frees++
			}
		}
		switch failure, failed, err := k.failed.Get(ctx, id); {
		case err != nil:
			return nil, nil, err
		case !failed:
			due = append(due, over{id: id, frees: frees})
		case failure.Parked:
			parked = append(parked, over{id: id, frees: frees, parked: true, next: failure.Next})
		}
	}
	slices.SortStableFunc(parked, func(a, b over) int { return a.next.Compare(b.next) })
	return due, parked, nil
}

// settleNamed settles a rental that a message names, at its sender's cost.
func (k Keeper) settleNamed(ctx context.Context, r xrental.Rental) error {
	if due, err := k.isDue(ctx, r); err != nil || !due {
		return err
	}
	if err := k.failed.Attempt(ctx, r.Id, k.settle); err != nil {
		k.logger.Error("rental not settled", "rent_id", r.Id, "machine_id", r.MachineId, "error", err)
	}
	return nil
}

// isDue reports whether a rental is over and not settled.
func (k Keeper) isDue(ctx context.Context, r xrental.Rental) (bool, error) {
	if !rental.State(r.State).Open() {
		return !r.Settled(), nil
	}
	c, err := k.clock(ctx)
	if err != nil {
		return false, err
	}
	m, err := k.machines.GetMachine(ctx, r.MachineId)
	if err != nil {
		return false, err
	}
	_, _, due := position(r, m, c).Due(c.Now)
	return due, nil
}
