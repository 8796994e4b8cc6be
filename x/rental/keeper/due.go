package keeper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cosmossdk.io/collections"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

const (
	// maxAttempts: after so many failures a rental is parked until a message touches its machine.
	maxAttempts = 10
	// firstDelay doubles with each attempt.
	firstDelay = time.Minute
)

// EndBlock settles what is due, oldest first and at most max_due_per_block of
// it, and forgets rentals that were over long ago. One rental that can't be
// settled hinders no other, and none halts the chain.
func (k Keeper) EndBlock(ctx context.Context) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return fmt.Errorf("read parameters: %w", err)
	}
	c, err := k.clock(ctx)
	if err != nil {
		return err
	}
	due, err := k.due(ctx, c, int(params.MaxDuePerBlock))
	if err != nil {
		return fmt.Errorf("collect due rentals: %w", err)
	}
	for _, id := range due {
		if failed := contain(func() error { return k.attempt(ctx, id, k.settle) }); failed != nil {
			if err := k.fail(ctx, id, c.now, failed); err != nil {
				return err
			}
		}
	}
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	if err := contain(func() error { return k.prune(cached, params, c.now) }); err != nil { //nolint:contextcheck // an sdk.Context inherits by CacheContext
		k.logger.Error("closed rentals not forgotten", "error", err) // tidying up must not halt the chain
		return nil
	}
	write()
	return nil
}

// item is something to settle, and since when that is so.
type item struct {
	at time.Time
	id uint64
}

// due collects what is to be settled, before any of it is changed: what is open
// and over, what a verdict has decided, and what failed and is to be tried again.
func (k Keeper) due(ctx context.Context, c clock, limit int) ([]uint64, error) {
	all, err := upTo(ctx, k.deadlines, c.now.Add(-c.halted), c.halted, limit)
	if err != nil {
		return nil, err
	}
	ends, err := upTo(ctx, k.ends, c.now, 0, limit)
	if err != nil {
		return nil, err
	}
	held, err := upTo(ctx, k.heldQueue, c.now, 0, limit)
	if err != nil {
		return nil, err
	}
	again, err := upTo(ctx, k.retries, c.now, 0, limit)
	if err != nil {
		return nil, err
	}
	all = slices.Concat(all, ends, held, again)
	n := 0
	err = k.walkReady(ctx, func(until time.Time, id uint64) bool {
		all = append(all, item{until, id})
		n++
		return n >= limit
	})
	return oldest(all, limit), err
}

func upTo(ctx context.Context, queue timeQueue, until time.Time, shift time.Duration, limit int) (all []item, err error) {
	err = queue.Walk(ctx, collections.NewPrefixUntilPairRange[time.Time, uint64](until), func(key collections.Pair[time.Time, uint64]) (bool, error) {
		all = append(all, item{key.K1().Add(shift), key.K2()})
		return len(all) >= limit, nil
	})
	return all, err
}

// oldest are the first of all items, each rental once.
func oldest(all []item, limit int) []uint64 {
	slices.SortStableFunc(all, func(a, b item) int { return a.at.Compare(b.at) })
	due, seen := make([]uint64, 0, min(limit, len(all))), make(map[uint64]bool, len(all))
	for _, it := range all {
		if !seen[it.id] && len(due) < limit {
			seen[it.id] = true
			due = append(due, it.id)
		}
	}
	return due
}

// errPanic stands for a panic in a message: its text may differ between
// validators and goes no further than the log.
var errPanic = errors.New("panic")

// attempt runs an action on a rental so that a failing one leaves no trace.
func (k Keeper) attempt(ctx context.Context, id uint64, action func(context.Context, uint64) error) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case storetypes.ErrorOutOfGas, storetypes.ErrorGasOverflow, storetypes.ErrorNegativeGasConsumed:
			panic(r) // the transaction's affair
		default:
			k.logger.Error("panic contained", "rent_id", id, "panic", r)
			err = errPanic
		}
	}()
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	if err := action(cached, id); err != nil { //nolint:contextcheck // an sdk.Context inherits by CacheContext
		return err
	}
	write()
	return nil
}

// contain takes any panic as an error: in the end block even one about gas must not get out.
func contain(action func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	return action()
}

// fail puts a rental that could not be settled back, further away each time,
// and parks it after maxAttempts.
func (k Keeper) fail(ctx context.Context, id uint64, now time.Time, cause error) error {
	failure, err := k.failures.Get(ctx, id)
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return err
	}
	if err := k.retries.Remove(ctx, collections.Join(failure.Next, id)); err != nil {
		return err
	}
	if err := k.dequeue(ctx, id); err != nil {
		return err
	}
	failure.Attempts++
	failure.Next = now.Add(firstDelay << min(failure.Attempts-1, maxAttempts))
	parked := failure.Attempts >= maxAttempts
	if err := k.failures.Set(ctx, id, failure); err != nil {
		return err
	}
	if !parked {
		if err := k.retries.Set(ctx, collections.Join(failure.Next, id)); err != nil {
			return err
		}
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&xrental.EventDueFailed{
		RentId: id, Attempts: failure.Attempts, Parked: parked, Error: cause.Error(),
	})
}

// dequeue takes a rental out of the queues by time; it goes on in retries.
func (k Keeper) dequeue(ctx context.Context, id uint64) error {
	r, err := k.Rentals.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if r.Held() {
		return k.heldQueue.Remove(ctx, collections.Join(*r.HeldUntil, id))
	}
	if !rental.State(r.State).Open() {
		return k.passOver(ctx, r)
	}
	if err := k.ends.Remove(ctx, collections.Join(r.End, id)); err != nil {
		return err
	}
	return k.deadlines.Remove(ctx, collections.Join(r.Deadline, id))
}

// requeue puts a rental that failed, and turned out not to be due, back into the queues by time.
func (k Keeper) requeue(ctx context.Context, r xrental.Rental) error {
	failed, err := k.failures.Has(ctx, r.Id)
	if err != nil || !failed {
		return err
	}
	if err := k.clearFailure(ctx, r.Id); err != nil {
		return err
	}
	if err := k.ends.Set(ctx, collections.Join(r.End, r.Id)); err != nil {
		return err
	}
	if r.State != xrental.RENTAL_STATE_TRIAL {
		return nil
	}
	return k.deadlines.Set(ctx, collections.Join(r.Deadline, r.Id))
}

// clearFailure forgets failed attempts.
func (k Keeper) clearFailure(ctx context.Context, id uint64) error {
	failure, err := k.failures.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := k.retries.Remove(ctx, collections.Join(failure.Next, id)); err != nil {
		return err
	}
	return k.failures.Remove(ctx, id)
}
