package keeper

import (
	"context"
	"errors"
	"time"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
)

// BeginBlock counts a long gap since the last block as time in which the chain
// stood still. It runs before every other module's, so that all of the block
// sees the sum that holds at its time.
func (k *Keeper) BeginBlock(ctx context.Context) error {
	params, err := k.Parameters.Get(ctx)
	if err != nil {
		return err
	}
	halt, err := k.Halt.Get(ctx)
	if err != nil {
		return err
	}
	first, err := k.begin(ctx)
	if err != nil {
		return err
	}
	now := blockTime(ctx)
	if last := halt.LastBlockTime; last != nil && !first && now.Sub(*last) > params.MaxBlockGap {
		if err := k.recordHalt(ctx, &halt, *last, now); err != nil {
			return err
		}
	}
	halt.LastBlockTime = &now
	return k.Halt.Set(ctx, halt)
}

// begin notes the first block since genesis. It reports whether the gap before
// this block tells nothing of a halt: before the first block of a new chain
// there was none, and before its second one lies the time between genesis and
// start. A chain that goes on from an export did stand still in between.
func (k *Keeper) begin(ctx context.Context) (bool, error) {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	begun, err := k.Beginning.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return false, nil // a store without genesis
	}
	if err != nil {
		return false, err
	}
	if begun.FirstHeight == 0 {
		begun.FirstHeight = height
		if err := k.Beginning.Set(ctx, begun); err != nil {
			return false, err
		}
	}
	return !begun.Resumed && height <= begun.FirstHeight+1, nil
}

// Started refuses what counts time from the block in the first block since
// genesis, which carries the genesis time, however long ago that was.
func (k *Keeper) Started(ctx context.Context) error {
	begun, err := k.Beginning.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if height := sdk.UnwrapSDKContext(ctx).BlockHeight(); height == begun.FirstHeight {
		return errorsmod.Wrapf(machine.ErrFirstBlock, "block %d carries the genesis time; send it again for the next block", height)
	}
	return nil
}

// recordHalt adds a span; one that begins where the last ended makes that longer.
func (k *Keeper) recordHalt(ctx context.Context, halt *machine.Halt, from, to time.Time) error {
	gap := to.Sub(from)
	halt.Total += gap
	span := machine.HaltSpan{From: from, To: to, Total: halt.Total}
	last, found, err := k.lastHalt(ctx, from)
	if err != nil {
		return err
	}
	if found && last.To.Equal(from) {
		span.From = last.From
	}
	if err := k.Halts.Set(ctx, span.From, span); err != nil {
		return err
	}
	return emit(ctx, &machine.EventHalt{Gap: gap, Total: halt.Total})
}

// lastHalt is the last span that began at or before a time.
func (k *Keeper) lastHalt(ctx context.Context, at time.Time) (machine.HaltSpan, bool, error) {
	it, err := k.Halts.Iterate(ctx, new(collections.Range[time.Time]).EndInclusive(at).Descending())
	if err != nil {
		return machine.HaltSpan{}, false, err
	}
	defer func() { _ = it.Close() }()
	if !it.Valid() {
		return machine.HaltSpan{}, false, nil
	}
	span, err := it.Value()
	return span, err == nil, err
}

// haltedUntil is the sum of halted time until a time that is not after this block's.
func (k *Keeper) haltedUntil(ctx context.Context, at time.Time) (time.Duration, error) {
	span, found, err := k.lastHalt(ctx, at)
	if err != nil || !found {
		return 0, err
	}
	return span.Total - max(0, span.To.Sub(at)), nil
}

// HaltedBetween is how much of a span of time the chain stood still. It reads
// two records, however many halts there were.
func (k *Keeper) HaltedBetween(ctx context.Context, from, to time.Time) (time.Duration, error) {
	if !from.Before(to) {
		return 0, nil
	}
	before, err := k.haltedUntil(ctx, from)
	if err != nil {
		return 0, err
	}
	until, err := k.haltedUntil(ctx, to)
	return until - before, err
}

// Halted is the sum of all time in which the chain stood still, the gap before
// the current block included.
func (k *Keeper) Halted(ctx context.Context) (time.Duration, error) {
	halt, err := k.Halt.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return 0, nil
	}
	return halt.Total, err
}

// PassedDeadline is a stored deadline that has passed, as it was when it did: a
// halt moves none that was over before it. It reads one record more than there
// were halts since.
func (k *Keeper) PassedDeadline(ctx context.Context, stored time.Time) (time.Time, error) {
	halted, err := k.Halted(ctx)
	if err != nil {
		return stored, err
	}
	deadline := stored.Add(halted)
	err = k.Halts.Walk(ctx, new(collections.Range[time.Time]).Descending(), func(_ time.Time, span machine.HaltSpan) (bool, error) {
		before := deadline.Add(-span.To.Sub(span.From))
		if before.After(span.From) {
			return true, nil
		}
		deadline = before
		return false, nil
	})
	return deadline, err
}
