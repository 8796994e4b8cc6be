package keeper

import (
	"context"
	"errors"
	"slices"
	"time"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// CheckInvariants checks all of them; it reads every rental. Import and tests call it.
func (k Keeper) CheckInvariants(ctx context.Context) error {
	return errors.Join(k.CheckEscrow(ctx), k.CheckSlots(ctx), k.CheckMoney(ctx), k.CheckIndexes(ctx))
}

// CheckEscrow checks that the escrow is what is unearned and unclaimed, to the last udbc.
func (k Keeper) CheckEscrow(ctx context.Context) error {
	want := math.ZeroInt()
	err := k.Rentals.Walk(ctx, nil, func(_ uint64, r xrental.Rental) (bool, error) {
		if !r.Settled() {
			want = want.Add(math.NewIntFromUint64(r.Account().Escrow()))
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	got := k.bank.GetBalance(ctx, authtypes.NewModuleAddress(xrental.ModuleName), xrental.Denom).Amount
	if !got.Equal(want) {
		return xrental.ErrInvariant.Wrapf("escrow holds %s udbc, the rentals stand for %s", got, want)
	}
	return nil
}

// CheckSlots checks that the slots that are not free are those of the open rentals, each of one.
func (k Keeper) CheckSlots(ctx context.Context) error {
	taken := map[string][]uint32{}
	err := k.Rentals.Walk(ctx, nil, func(_ uint64, r xrental.Rental) (bool, error) {
		if rental.State(r.State).Open() {
			taken[r.MachineId] = append(taken[r.MachineId], r.Slots...)
		} else if _, ok := taken[r.MachineId]; !ok {
			taken[r.MachineId] = nil // must have no slot reserved then
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	for id, slots := range taken {
		if err := k.checkMachineSlots(ctx, id, slots); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) checkMachineSlots(ctx context.Context, id string, slots []uint32) error {
	m, err := k.machines.GetMachine(ctx, id)
	if err != nil {
		return err
	}
	free, err := k.machines.FreeSlots(ctx, id)
	if err != nil {
		return err
	}
	all := append(slices.Clone(slots), free...)
	slices.Sort(all)
	for i, slot := range all {
		if slot != uint32(i) {
			return xrental.ErrInvariant.Wrapf("machine %s: rentals hold slots %v, free are %v", id, slots, free)
		}
	}
	if len(all) != len(m.Facts.Slots) {
		return xrental.ErrInvariant.Wrapf("machine %s has %d slots: rentals hold %v, free are %v", id, len(m.Facts.Slots), slots, free)
	}
	return nil
}

// CheckMoney checks that each rental is sound and 0 <= claimed <= earned <= paid.
func (k Keeper) CheckMoney(ctx context.Context) error {
	c, err := k.clock(ctx)
	if err != nil {
		return err
	}
	return k.Rentals.Walk(ctx, nil, func(id uint64, r xrental.Rental) (bool, error) {
		if err := r.Validate(); err != nil {
			return true, xrental.ErrInvariant.Wrapf("rental %d: %s", id, err)
		}
		v, err := k.view(ctx, r, c)
		if err != nil {
			return true, err
		}
		if earned := r.Account().Earned(v); r.Claimed > earned || earned > r.Paid {
			return true, xrental.ErrInvariant.Wrapf("rental %d: claimed %d, earned %d, paid %d udbc", id, r.Claimed, earned, r.Paid)
		}
		return false, nil
	})
}

// CheckIndexes checks that every rental is in its indexes, and in no queue but its own.
func (k Keeper) CheckIndexes(ctx context.Context) error {
	entries := 0
	err := k.Rentals.Walk(ctx, nil, func(id uint64, r xrental.Rental) (bool, error) {
		failed, err := k.failures.Has(ctx, id)
		if err != nil {
			return true, err
		}
		for _, p := range places(r) {
			queued, err := k.queued(ctx, p, id)
			if err != nil {
				return true, err
			}
			if !queued && !failed {
				return true, xrental.ErrInvariant.Wrapf("rental %d is %s and in no queue", id, rental.State(r.State))
			}
			if queued && p.index >= inDeadlines {
				entries++
			}
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	total := 0
	for _, queue := range []timeQueue{k.deadlines, k.ends, k.closed} {
		if err := queue.Walk(ctx, nil, func(collections.Pair[time.Time, uint64]) (bool, error) {
			total++
			return false, nil
		}); err != nil {
			return err
		}
	}
	if total != entries {
		return xrental.ErrInvariant.Wrapf("the queues hold %d entries, the rentals stand for %d", total, entries)
	}
	return nil
}

func (k Keeper) queued(ctx context.Context, p place, id uint64) (bool, error) {
	switch p.index {
	case inDeadlines:
		return k.deadlines.Has(ctx, collections.Join(p.at, id))
	case inEnds:
		return k.ends.Has(ctx, collections.Join(p.at, id))
	case inClosed:
		return k.closed.Has(ctx, collections.Join(p.at, id))
	default:
		return true, nil
	}
}

// CheckOverdue checks that nothing is open past its time by more than the carry-over that
// the bound of a block explains, or else it is known to fail.
func (k Keeper) CheckOverdue(ctx context.Context, carryOver time.Duration) error {
	c, err := k.clock(ctx)
	if err != nil {
		return err
	}
	return k.Rentals.Walk(ctx, nil, func(id uint64, r xrental.Rental) (bool, error) {
		event, at, due := r.Moved(c.halted).Position().Due(c.now)
		if !due || c.now.Sub(at) <= carryOver {
			return false, nil
		}
		failed, err := k.failures.Has(ctx, id)
		if err != nil || failed {
			return err != nil, err
		}
		return true, xrental.ErrInvariant.Wrapf("rental %d is open, but was over at %s (%s)", id, stamp(at), event)
	})
}
