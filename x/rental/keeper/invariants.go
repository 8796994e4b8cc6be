package keeper

import (
	"context"
	"errors"
	"slices"
	"time"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// CheckInvariants checks all of them; it reads every rental. Import and tests call it.
func (k Keeper) CheckInvariants(ctx context.Context) error {
	return errors.Join(k.CheckEscrow(ctx), k.CheckSlots(ctx), k.CheckMoney(ctx), k.CheckIndexes(ctx), k.CheckVerdicts(ctx), k.CheckFailures(ctx))
}

// CheckEscrow checks that the escrow equals what is unearned and unclaimed,
// plus the held fees and penalties, to the last udbc.
func (k Keeper) CheckEscrow(ctx context.Context) error {
	want := math.ZeroInt()
	err := k.Rentals.Walk(ctx, nil, func(_ uint64, r xrental.Rental) (bool, error) {
		rent, fee := r.Escrowed()
		for _, part := range []uint64{rent, fee, r.HeldPenalty} {
			want = want.Add(math.NewIntFromUint64(part))
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

// CheckSlots checks that the reserved slots are exactly those of the open rentals, each of
// one.
func (k Keeper) CheckSlots(ctx context.Context) error {
	taken := map[string][]uint32{}
	err := k.Rentals.Walk(ctx, nil, func(_ uint64, r xrental.Rental) (bool, error) {
		if rental.State(r.State).Open() {
			taken[r.MachineId] = append(taken[r.MachineId], r.Slots...)
		} else if _, ok := taken[r.MachineId]; !ok {
			taken[r.MachineId] = nil // must then have no slot reserved
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
	free, err := k.machines.UnrentedSlots(ctx, id)
	if err != nil {
		return err
	}
	all := slices.Concat(slots, free)
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

// CheckMoney checks that each rental is consistent and 0 <= claimed <= earned <= paid.
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

// CheckIndexes checks that every rental is in its indexes and queues, and that
// these contain nothing else.
func (k Keeper) CheckIndexes(ctx context.Context) error {
	entries := make(map[index]int)
	err := k.Rentals.Walk(ctx, nil, func(id uint64, r xrental.Rental) (bool, error) {
		failed, err := k.failed.Has(ctx, id)
		if err != nil {
			return true, err
		}
		renter, err := sdk.AccAddressFromBech32(r.Renter)
		if err != nil {
			return true, err
		}
		for _, p := range places(r) {
			there, err := k.placed(ctx, renter, r, p)
			if err != nil {
				return true, err
			}
			if !there && (!failed || p.index < inDeadlines) {
				return true, xrental.ErrInvariant.Wrapf("rental %d is %s and not in index %d", id, rental.State(r.State), p.index)
			}
			if there {
				entries[p.index]++
			}
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	held, err := k.countEntries(ctx)
	if err != nil {
		return err
	}
	for i := range indexCount {
		if held[i] != entries[i] {
			return xrental.ErrInvariant.Wrapf("index %d holds %d entries, the rentals stand for %d", i, held[i], entries[i])
		}
	}
	return nil
}

// placed reports whether a rental is where its record says.
func (k Keeper) placed(ctx context.Context, renter sdk.AccAddress, r xrental.Rental, p place) (bool, error) {
	switch p.index {
	case inOpenByRenter:
		return k.openByRenter.Has(ctx, collections.Join(renter, r.Id))
	case inOverByRenter:
		return k.overByRenter.Has(ctx, collections.Join(renter, r.Id))
	case inOverByMachine:
		return k.overByMachine.Has(ctx, collections.Join(r.MachineId, r.Id))
	case inUndecided:
		return k.undecided.Has(ctx, collections.Join3(renter, r.MachineId, r.Id))
	case inTrials:
		ids, err := listed(ctx, k.trials, renter)
		return slices.Contains(ids, r.Id), err
	case inUnsettled:
		return k.unsettled.Has(ctx, collections.Join(r.MachineId, collections.Join(p.at, r.Id)))
	case inHeldByMachine:
		return k.heldByMachine.Has(ctx, collections.Join(r.MachineId, r.Id))
	case inHeld:
		return k.heldQueue.Has(ctx, collections.Join(p.at, r.Id))
	case inDeadlines:
		return k.deadlines.Has(ctx, collections.Join(p.at, r.Id))
	case inEnds:
		return k.ends.Has(ctx, collections.Join(p.at, r.Id))
	default:
		return k.closed.Has(ctx, collections.Join(p.at, r.Id))
	}
}

func (k Keeper) countEntries(ctx context.Context) (map[index]int, error) {
	entries := make(map[index]int)
	return entries, errors.Join(
		count(ctx, k.openByRenter, entries, inOpenByRenter), count(ctx, k.overByRenter, entries, inOverByRenter),
		count(ctx, k.overByMachine, entries, inOverByMachine), count(ctx, k.deadlines, entries, inDeadlines),
		count(ctx, k.ends, entries, inEnds), count(ctx, k.closed, entries, inClosed),
		count(ctx, k.heldByMachine, entries, inHeldByMachine), count(ctx, k.heldQueue, entries, inHeld),
		count(ctx, k.undecided, entries, inUndecided),
		countListed(ctx, k.trials, entries, inTrials), count(ctx, k.unsettled, entries, inUnsettled),
	)
}

func count[K any](ctx context.Context, set collections.KeySet[K], entries map[index]int, i index) error {
	return set.Walk(ctx, nil, func(K) (bool, error) {
		entries[i]++
		return false, nil
	})
}

func countListed[K any](ctx context.Context, lists collections.Map[K, []uint64], entries map[index]int, i index) error {
	return lists.Walk(ctx, nil, func(_ K, ids []uint64) (bool, error) {
		entries[i] += len(ids)
		return false, nil
	})
}

// CheckVerdicts checks that every rental that is over and unsettled waits for
// an open challenge or has a verdict, that no verdict is left over, and that
// each is queued as long as it decides something that did not fail.
func (k Keeper) CheckVerdicts(ctx context.Context) error {
	err := k.unsettled.Walk(ctx, nil, func(key collections.Pair[string, moment]) (bool, error) {
		at := key.K2().K1()
		if _, judged, err := k.verdict(ctx, key.K1(), at); err != nil || judged {
			return false, err
		}
		challenge, open, err := k.machines.OpenChallenge(ctx, key.K1())
		if err != nil {
			return false, err
		}
		if !open || !challenge.Time.Before(at) {
			return false, xrental.ErrInvariant.Wrapf("rental %d is not settled and waits for nothing", key.K2().K2())
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	queued := 0
	err = k.verdicts.Walk(ctx, nil, func(_ collections.Pair[string, time.Time], v xrental.Verdict) (bool, error) {
		ready, err := k.checkVerdict(ctx, v)
		if ready {
			queued++
		}
		return false, err
	})
	if err != nil {
		return err
	}
	return k.ready.Walk(ctx, nil, func(key collections.Pair[time.Time, string], _ moment) (bool, error) {
		if queued--; queued < 0 {
			return true, xrental.ErrInvariant.Wrapf("machine %s is queued for a verdict that is not there", key.K2())
		}
		return false, nil
	})
}

// checkVerdict checks one and reports whether it is queued.
func (k Keeper) checkVerdict(ctx context.Context, v xrental.Verdict) (bool, error) {
	none := collections.Join(time.Time{}, uint64(0))
	if pending, err := k.pending(ctx, v.MachineId, v.Until, none); err != nil || !pending {
		return false, errors.Join(err, xrental.ErrInvariant.Wrapf("machine %s: the verdict until %s decides nothing", v.MachineId, stamp(v.Until)))
	}
	tried, err := k.ready.Get(ctx, collections.Join(v.Until, v.MachineId))
	if errors.Is(err, collections.ErrNotFound) {
		return false, k.checkTried(ctx, v)
	}
	if err != nil {
		return false, err
	}
	if pending, err := k.pending(ctx, v.MachineId, v.Until, tried); err != nil || pending {
		return true, err
	}
	return true, xrental.ErrInvariant.Wrapf("machine %s: the verdict until %s is queued and has nothing to try", v.MachineId, stamp(v.Until))
}

// checkTried checks that all that a verdict decides has failed.
func (k Keeper) checkTried(ctx context.Context, v xrental.Verdict) error {
	from, err := k.pendingFrom(ctx, v.MachineId, v.Until, collections.Join(time.Time{}, uint64(0)))
	if err != nil {
		return err
	}
	var missed error
	err = k.walkUnsettled(ctx, v.MachineId, from, v.Until, func(at moment) bool {
		failed, err := k.failed.Has(ctx, at.K2())
		if err != nil {
			missed = err
		} else if !failed {
			missed = xrental.ErrInvariant.Wrapf("rental %d has a verdict and is not queued", at.K2())
		}
		return missed != nil
	})
	return errors.Join(err, missed)
}

// CheckFailures checks that each rental that failed has its next attempt, unless it is
// parked, and nothing else has one.
func (k Keeper) CheckFailures(ctx context.Context) error {
	var missed error
	exists := func(id uint64) bool {
		found, err := k.Rentals.Has(ctx, id)
		if err != nil {
			missed = err
		}
		return found
	}
	if err := errors.Join(k.failed.Check(ctx, exists), missed); err != nil {
		return xrental.ErrInvariant.Wrap(err.Error())
	}
	return nil
}

// CheckOverdue checks that no rental is open past its time by more than the carry-over
// due to the bound of a block, unless it is known to fail.
func (k Keeper) CheckOverdue(ctx context.Context, carryOver time.Duration) error {
	c, err := k.clock(ctx)
	if err != nil {
		return err
	}
	return k.Rentals.Walk(ctx, nil, func(id uint64, r xrental.Rental) (bool, error) {
		event, at, due := r.Moved(c.Halted).Position().Due(c.Now)
		if !due || c.Now.Sub(at) <= carryOver {
			return false, nil
		}
		failed, err := k.failed.Has(ctx, id)
		if err != nil || failed {
			return false, err
		}
		return true, xrental.ErrInvariant.Wrapf("rental %d is open, but was over at %s (%s)", id, stamp(at), event)
	})
}
