package halt

import (
	"context"
	"errors"
	"time"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/internal/due"
	"github.com/dbc-network/dbc/x/machine"
)

// Record stores for how long the chain was halted and when. It is kept in one
// module's store, whose begin block comes before every other module's, so that the
// whole block sees the sum that is valid at its time.
type Record struct {
	// Halt is the total time for which the chain was halted.
	Halt collections.Item[machine.Halt]
	// Halts are the spans of that total by their start.
	Halts collections.Map[time.Time, machine.HaltSpan]
	// Beginning is the first block since genesis.
	Beginning collections.Item[machine.Beginning]
}

var _ Reader = (*Record)(nil)

// NewRecord adds the record to a module's store.
func NewRecord(sb *collections.SchemaBuilder, cdc codec.BinaryCodec) Record {
	return Record{
		Halt:      collections.NewItem(sb, machine.HaltKey, "halt", codec.CollValue[machine.Halt](cdc)),
		Halts:     collections.NewMap(sb, machine.HaltsKey, "halts", due.TimeKey, codec.CollValue[machine.HaltSpan](cdc)),
		Beginning: collections.NewItem(sb, machine.BeginningKey, "beginning", codec.CollValue[machine.Beginning](cdc)),
	}
}

// BeginBlock counts a gap since the last block that is longer than maxGap as time in
// which the chain was halted.
func (r *Record) BeginBlock(ctx context.Context, maxGap time.Duration) error {
	halt, err := r.Halt.Get(ctx)
	if err != nil {
		return err
	}
	first, err := r.begin(ctx)
	if err != nil {
		return err
	}
	now := sdk.UnwrapSDKContext(ctx).BlockTime()
	if last := halt.LastBlockTime; last != nil && !first && now.Sub(*last) > maxGap {
		if err := r.add(ctx, &halt, *last, now); err != nil {
			return err
		}
	}
	halt.LastBlockTime = &now
	return r.Halt.Set(ctx, halt)
}

// begin records the first block since genesis. It reports whether the gap before this
// block does not indicate a halt: before the first block of a new chain there was none,
// and the gap before its second one is the time between genesis and start. A chain that
// continues from an export was halted in between.
func (r *Record) begin(ctx context.Context) (bool, error) {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	begun, err := r.Beginning.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return false, nil // a store without genesis
	}
	if err != nil {
		return false, err
	}
	if begun.FirstHeight == 0 {
		begun.FirstHeight = height
		if err := r.Beginning.Set(ctx, begun); err != nil {
			return false, err
		}
	}
	return !begun.Resumed && height <= begun.FirstHeight+1, nil
}

// Started refuses messages that count time from the current block in the first block since
// genesis, which carries the genesis time, however long ago that was.
func (r *Record) Started(ctx context.Context) error {
	begun, err := r.Beginning.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if height := sdk.UnwrapSDKContext(ctx).BlockHeight(); height == begun.FirstHeight {
		return machine.ErrFirstBlock.Wrapf("block %d carries the genesis time; send it again for the next block", height)
	}
	return nil
}

// add adds a span; one that begins where the last ended extends that.
func (r *Record) add(ctx context.Context, halt *machine.Halt, from, to time.Time) error {
	gap := to.Sub(from)
	halt.Total += gap
	span := machine.HaltSpan{From: from, To: to, Total: halt.Total}
	last, err := r.last(ctx, from)
	if err != nil {
		return err
	}
	if last.To.Equal(from) {
		span.From = last.From
	}
	if err := r.Halts.Set(ctx, span.From, span); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&machine.EventHalt{Gap: gap, Total: halt.Total})
}

// last returns the last span that began at or before a time, zero without one.
func (r *Record) last(ctx context.Context, at time.Time) (last machine.HaltSpan, err error) {
	until := new(collections.Range[time.Time]).EndInclusive(at).Descending()
	err = r.Halts.Walk(ctx, until, func(_ time.Time, span machine.HaltSpan) (bool, error) {
		last = span
		return true, nil
	})
	return last, err
}

// until returns the sum of halted time until a time that is not after this block's.
func (r *Record) until(ctx context.Context, at time.Time) (time.Duration, error) {
	span, err := r.last(ctx, at)
	return span.Total - max(0, span.To.Sub(at)), err
}

// HaltedBetween returns for how long the chain was halted within a span of
// time, 0 if it ends before it begins. It reads two records, however many halts
// there were.
func (r *Record) HaltedBetween(ctx context.Context, from, to time.Time) (time.Duration, error) {
	before, err := r.until(ctx, from)
	if err != nil {
		return 0, err
	}
	until, err := r.until(ctx, to)
	return max(0, until-before), err
}

// Halted returns the total time for which the chain was halted, including the
// gap before the current block.
func (r *Record) Halted(ctx context.Context) (time.Duration, error) {
	halt, err := r.Halt.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return 0, nil
	}
	return halt.Total, err
}

// PassedDeadline returns a stored deadline that has passed, as it was when it
// passed: a halt does not move a deadline that passed before it. It reads one
// record more than there were halts since.
func (r *Record) PassedDeadline(ctx context.Context, stored time.Time) (time.Time, error) {
	halted, err := r.Halted(ctx)
	if err != nil {
		return stored, err
	}
	deadline := stored.Add(halted)
	err = r.Halts.Walk(ctx, new(collections.Range[time.Time]).Descending(), func(_ time.Time, span machine.HaltSpan) (bool, error) {
		before := deadline.Add(-span.To.Sub(span.From))
		if before.After(span.From) {
			return true, nil
		}
		deadline = before
		return false, nil
	})
	return deadline, err
}
