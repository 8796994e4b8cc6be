package keeper

import (
	"context"
	"time"

	"cosmossdk.io/collections"

	"github.com/dbc-network/dbc/x/internal/due"
	"github.com/dbc-network/dbc/x/internal/halt"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// Census is what the store holds, counted.
type Census struct {
	// Rentals are counted by the state that they have at the block's time.
	Rentals map[xrental.RentalState]int
	// Held are rentals with a held penalty, HeldPenalties those penalties in udbc.
	Held          int
	HeldPenalties uint64
	// DueTrials, DueEnds and DuePenalties are past their time and not settled yet,
	// Verdicts those that still have rentals to settle.
	DueTrials, DueEnds, DuePenalties, Verdicts int
	// Failed could not be settled; Parked are those of them that no block tries again.
	Failed, Parked int
}

// Census counts. It reads the whole store: observers call it with a query's
// context, no block and no message does.
func (k Keeper) Census(ctx context.Context) (Census, error) {
	clock, err := k.clock(ctx)
	if err != nil {
		return Census{}, err
	}
	c := Census{Rentals: make(map[xrental.RentalState]int)}
	if err := k.Rentals.Walk(ctx, nil, func(_ uint64, r xrental.Rental) (bool, error) {
		c.Rentals[r.Effective(clock.Now, clock.Halted).State]++
		if r.Held() {
			c.Held++
			c.HeldPenalties += r.HeldPenalty
		}
		return false, nil
	}); err != nil {
		return Census{}, err
	}
	if c.Failed, c.Parked, err = k.failed.Count(ctx); err != nil {
		return Census{}, err
	}
	err = k.countDue(ctx, clock, &c)
	return c, err
}

func (k Keeper) countDue(ctx context.Context, clock halt.Clock, c *Census) (err error) {
	if c.DueTrials, err = due.Count(ctx, k.deadlines, clock.Now, clock.Halted); err != nil {
		return err
	}
	if c.DueEnds, err = due.Count(ctx, k.ends, clock.Now, 0); err != nil {
		return err
	}
	if c.DuePenalties, err = due.Count(ctx, k.heldQueue, clock.Now, 0); err != nil {
		return err
	}
	return k.ready.Walk(ctx, nil, func(collections.Pair[time.Time, string], moment) (bool, error) {
		c.Verdicts++
		return false, nil
	})
}
