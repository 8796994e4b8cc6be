package keeper

import (
	"context"
	"fmt"
	"time"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/internal/due"
	"github.com/dbc-network/dbc/x/internal/halt"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// maxDueGas bounds a block's settling in addition to max_due_per_block: half of what a
// block's transactions may take.
const maxDueGas = 50_000_000

// EndBlock settles what is due, oldest first and at most max_due_per_block of
// it, and forgets rentals that were over long ago. A rental that can't be
// settled holds up no other, and none halts the chain.
func (k Keeper) EndBlock(ctx context.Context) error {
	params, c, err := k.now(ctx)
	if err != nil {
		return err
	}
	ids, handler, err := k.due(ctx, c, int(params.MaxDuePerBlock))
	if err != nil {
		return fmt.Errorf("collect due rentals: %w", err)
	}
	if err := k.failed.Serve(ctx, ids, maxDueGas, handler); err != nil {
		return err
	}
	due.Tidy(ctx, "forget closed rentals", func(ctx context.Context) error { return k.prune(ctx, params, c.Now) })
	return nil
}

// due collects what is to be settled before any of it is changed: open rentals that are
// over, held penalties, failed ones that are to be retried, and those that a verdict has
// decided.
func (k Keeper) due(ctx context.Context, c halt.Clock, limit int) ([]uint64, dueRentals, error) {
	h := dueRentals{k, make(map[uint64][]leave)}
	trials, err := h.upTo(ctx, k.deadlines, c.Now, c.Halted, limit)
	if err != nil {
		return nil, h, err
	}
	ends, err := h.upTo(ctx, k.ends, c.Now, 0, limit)
	if err != nil {
		return nil, h, err
	}
	held, err := h.upTo(ctx, k.heldQueue, c.Now, 0, limit)
	if err != nil {
		return nil, h, err
	}
	again, err := k.failed.Due(ctx, limit)
	if err != nil {
		return nil, h, err
	}
	judged, err := h.readyUpTo(ctx, limit)
	return due.Oldest(limit, trials, ends, held, again, judged), h, err
}

// dueRentals settles rentals for the queue of failed ones.
type dueRentals struct {
	k Keeper
	// found removes each rental from the queues in which the end block found it, without
	// reading it: one that can't be read is put off, too.
	found map[uint64][]leave
}

// leave removes a rental from one queue.
type leave func(context.Context) error

var _ due.Handler[uint64] = dueRentals{}

// upTo returns what is due in a queue by time, and notes where it was.
func (d dueRentals) upTo(ctx context.Context, queue timeQueue, now time.Time, halted time.Duration, limit int) ([]due.Item[uint64], error) {
	items, err := due.UpTo(ctx, queue, now, halted, limit)
	for _, item := range items {
		key := collections.Join(item.At.Add(-halted), item.Key)
		d.found[item.Key] = append(d.found[item.Key], func(ctx context.Context) error { return queue.Remove(ctx, key) })
	}
	return items, err
}

// readyUpTo returns the first rentals that verdicts decided and that no block has tried
// yet, at most limit, each due since its verdict, and notes where they were.
func (d dueRentals) readyUpTo(ctx context.Context, limit int) (items []due.Item[uint64], err error) {
	err = d.k.walkReady(ctx, func(machineID string, until time.Time, at moment) bool {
		id := at.K2()
		items = append(items, due.Item[uint64]{At: until, Key: id})
		d.found[id] = append(d.found[id], func(ctx context.Context) error { return d.k.passOver(ctx, machineID, until, at) })
		return len(items) >= limit
	})
	return items, err
}

// Settle applies what time has caused for a rental.
func (d dueRentals) Settle(ctx context.Context, id uint64) error { return d.k.settle(ctx, id) }

// Leave removes a rental from the queues by time: from those in which it was found, and an
// open one that can be read from the others.
func (d dueRentals) Leave(ctx context.Context, id uint64) error {
	for _, leave := range d.found[id] {
		if err := leave(ctx); err != nil {
			return err
		}
	}
	if err := d.k.failed.Attempt(ctx, id, d.k.leaveQueues); err != nil {
		d.k.logger.Error("rental not removed from all queues", "rent_id", id, "error", err)
	}
	return nil
}

// leaveQueues removes a rental from both queues of open ones; others are in neither.
func (k Keeper) leaveQueues(ctx context.Context, id uint64) error {
	r, err := k.rental(ctx, id)
	if err != nil {
		return err
	}
	if err := k.ends.Remove(ctx, collections.Join(r.End, id)); err != nil {
		return err
	}
	return k.deadlines.Remove(ctx, collections.Join(r.Deadline, id))
}

// Failed emits an event.
func (d dueRentals) Failed(ctx context.Context, id uint64, failure due.Failure, cause error) error {
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&xrental.EventDueFailed{
		RentId: id, Attempts: failure.Attempts, Parked: failure.Parked, Error: cause.Error(),
	})
}

// requeue returns a failed rental that turned out not to be due to the queues by time.
func (k Keeper) requeue(ctx context.Context, r xrental.Rental) error {
	failed, err := k.failed.Clear(ctx, r.Id)
	if err != nil || !failed {
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
