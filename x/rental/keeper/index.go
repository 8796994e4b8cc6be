package keeper

import (
	"context"
	"errors"
	"slices"
	"time"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// Indexes and queues follow from the record alone, so that import rebuilds them by saving
// it.

type index uint8

const (
	inOpenByRenter index = iota
	inOverByRenter
	inOverByMachine
	inTrials
	inUnsettled
	inHeldByMachine
	inUndecided
	inDeadlines
	inEnds
	inHeld
	inClosed

	indexCount
)

// place is one entry of a rental in an index; at is zero if the index is not ordered by
// time.
type place struct {
	index index
	at    time.Time
}

// places returns all entries of a rental. The open rentals of a machine follow
// from its slots: a rent writes no entry for that.
func places(r xrental.Rental) []place {
	if state := rental.State(r.State); state.Open() {
		all := []place{{index: inOpenByRenter}, {inEnds, r.End}}
		if state == rental.StateTrial {
			all = append(all, place{index: inTrials}, place{inDeadlines, r.Deadline})
		}
		return all
	}
	at, _ := r.ClosedAt()
	all := []place{{index: inOverByRenter}, {index: inOverByMachine}}
	if r.Undecided() {
		all = append(all, place{index: inUndecided})
	}
	if !r.Settled() {
		return append(all, place{inUnsettled, at})
	}
	if r.Held() { // not forgotten while it is held
		return append(all, place{index: inHeldByMachine}, place{inHeld, *r.HeldUntil})
	}
	return append(all, place{inClosed, at})
}

// save stores a rental and updates its entries. old is the stored rental, nil for a new
// one.
func (k Keeper) save(ctx context.Context, old *xrental.Rental, r xrental.Rental) error {
	var before []place
	if old != nil {
		before = places(*old)
	}
	after := places(r)
	renter, err := sdk.AccAddressFromBech32(r.Renter)
	if err != nil {
		return xrental.ErrInvalid.Wrapf("renter is %q: %s", r.Renter, err)
	}
	for _, p := range before {
		if !holds(after, p) {
			if err := k.place(ctx, renter, r, p, false); err != nil {
				return err
			}
		}
	}
	for _, p := range after {
		if !holds(before, p) {
			if err := k.place(ctx, renter, r, p, true); err != nil {
				return err
			}
		}
	}
	return k.Rentals.Set(ctx, r.Id, r)
}

func holds(all []place, p place) bool {
	return slices.ContainsFunc(all, func(q place) bool { return q.index == p.index && q.at.Equal(p.at) })
}

func (k Keeper) place(ctx context.Context, renter sdk.AccAddress, r xrental.Rental, p place, set bool) error {
	switch p.index {
	case inOpenByRenter:
		return put(ctx, k.openByRenter, collections.Join(renter, r.Id), set)
	case inOverByRenter:
		return put(ctx, k.overByRenter, collections.Join(renter, r.Id), set)
	case inOverByMachine:
		return put(ctx, k.overByMachine, collections.Join(r.MachineId, r.Id), set)
	case inUndecided:
		return put(ctx, k.undecided, collections.Join3(renter, r.MachineId, r.Id), set)
	case inTrials:
		return putListed(ctx, k.trials, renter, r.Id, set)
	case inUnsettled:
		return put(ctx, k.unsettled, collections.Join(r.MachineId, collections.Join(p.at, r.Id)), set)
	case inHeldByMachine:
		return put(ctx, k.heldByMachine, collections.Join(r.MachineId, r.Id), set)
	case inHeld:
		return put(ctx, k.heldQueue, collections.Join(p.at, r.Id), set)
	case inDeadlines:
		return put(ctx, k.deadlines, collections.Join(p.at, r.Id), set)
	case inEnds:
		return put(ctx, k.ends, collections.Join(p.at, r.Id), set)
	default:
		return put(ctx, k.closed, collections.Join(p.at, r.Id), set)
	}
}

func put[K any](ctx context.Context, set collections.KeySet[K], key K, on bool) error {
	if on {
		return set.Set(ctx, key)
	}
	return set.Remove(ctx, key)
}

// forget removes a settled rental and all its entries.
func (k Keeper) forget(ctx context.Context, r xrental.Rental) error {
	renter, err := sdk.AccAddressFromBech32(r.Renter)
	if err != nil {
		return err
	}
	for _, p := range places(r) {
		if err := k.place(ctx, renter, r, p, false); err != nil {
			return err
		}
	}
	return k.Rentals.Remove(ctx, r.Id)
}

// putListed adds a rental to a list or removes it; an empty list is removed. It
// is ordered by id, as an import builds it.
func putListed[K any](ctx context.Context, lists collections.Map[K, []uint64], key K, id uint64, on bool) error {
	ids, err := listed(ctx, lists, key)
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(ids, func(other uint64) bool { return other == id })
	if on {
		ids = append(ids, id)
		slices.Sort(ids)
	}
	if len(ids) == 0 {
		return lists.Remove(ctx, key)
	}
	return lists.Set(ctx, key, ids)
}

func listed[K any](ctx context.Context, lists collections.Map[K, []uint64], key K) ([]uint64, error) {
	ids, err := lists.Get(ctx, key)
	if errors.Is(err, collections.ErrNotFound) {
		return nil, nil
	}
	return ids, err
}
