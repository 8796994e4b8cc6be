// Package halt counts the time for which the chain produced no blocks. Nobody can
// answer, confirm or be offline meanwhile, so it moves deadlines and is subtracted
// from outages. One module records it; every module that keeps time reads it here.
package halt

import (
	"context"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/rental"
)

// Reader is what a module knows about halts.
type Reader interface {
	// Halted returns the total time for which the chain was halted, including the gap
	// before the current block.
	Halted(ctx context.Context) (time.Duration, error)
	// HaltedBetween returns for how long the chain was halted within a span of time until
	// now.
	HaltedBetween(ctx context.Context, from, to time.Time) (time.Duration, error)
	// PassedDeadline returns a stored deadline that has passed, without the halts after
	// it.
	PassedDeadline(ctx context.Context, stored time.Time) (time.Time, error)
	// Started refuses messages that count time from the current block in the first
	// block since genesis, which carries the genesis time.
	Started(ctx context.Context) error
}

// Clock is a block's time and height, with the time for which the chain was halted
// until then.
type Clock struct {
	Now    time.Time
	Halted time.Duration
	Height int64
}

// Now returns the current block's clock.
func Now(ctx context.Context, reader Reader) (Clock, error) {
	halted, err := reader.Halted(ctx)
	block := sdk.UnwrapSDKContext(ctx)
	return Clock{Now: block.BlockTime(), Halted: halted, Height: block.BlockHeight()}, err
}

// Stored returns a deadline as it is stored, so that later halts move it.
func (c Clock) Stored(deadline time.Time) time.Time { return rental.StoredDeadline(deadline, c.Halted) }

// Effective returns when a stored deadline passes, as far as is known now.
func (c Clock) Effective(stored time.Time) time.Time {
	return rental.EffectiveDeadline(stored, c.Halted)
}

// Passed reports whether a stored deadline has passed: at the deadline it has.
func (c Clock) Passed(stored time.Time) bool { return !c.Now.Before(c.Effective(stored)) }
