package keeper

import (
	"context"
	"errors"
	"math"
	"time"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// What is over on a machine waits for a challenge that was open then. Closing the
// challenge writes one verdict for all of it, however many rentals there are; the end
// block settles them by it. Later events of the machine do not affect them.

// moment is when a rental was over, and its id.
type moment = collections.Pair[time.Time, uint64]

// after returns the last moment of a time.
func after(at time.Time) moment { return collections.Join(at, uint64(math.MaxUint64)) }

// judge writes the verdict on what was over before the machine's oldest
// challenge that is still open, or before now.
func (k Keeper) judge(ctx context.Context, machineID string) error {
	m, err := k.machines.GetMachine(ctx, machineID)
	if err != nil {
		return err
	}
	until := sdk.UnwrapSDKContext(ctx).BlockTime()
	challenge, open, err := k.machines.OpenChallenge(ctx, machineID)
	if err != nil {
		return err
	}
	if open {
		until = challenge.Time
	}
	last, err := k.verdictBefore(ctx, machineID, nil)
	if err != nil {
		return err
	}
	if found, err := k.hasUnsettled(ctx, machineID, after(last), until); err != nil || !found {
		return err
	}
	return k.putVerdict(ctx, xrental.Verdict{MachineId: machineID, Until: until, OfflineSince: m.OfflineSince})
}

// putVerdict stores a verdict and queues what it decides for the end block.
func (k Keeper) putVerdict(ctx context.Context, v xrental.Verdict) error {
	if err := k.verdicts.Set(ctx, collections.Join(v.MachineId, v.Until), v); err != nil {
		return err
	}
	return k.ready.Set(ctx, collections.Join(v.Until, v.MachineId), collections.Join(time.Time{}, uint64(0)))
}

// verdict returns what decides a rental that was over at a time, and false while it waits.
func (k Keeper) verdict(ctx context.Context, machineID string, at time.Time) (xrental.Verdict, bool, error) {
	var first xrental.Verdict
	var found bool
	from := collections.NewPrefixedPairRange[string, time.Time](machineID).StartInclusive(at)
	err := k.verdicts.Walk(ctx, from, func(_ collections.Pair[string, time.Time], v xrental.Verdict) (bool, error) {
		first, found = v, true
		return true, nil
	})
	return first, found, err
}

// verdictBefore returns the time up to which the last verdict before a time
// decides, or the last of all for nil; zero if there is none.
func (k Keeper) verdictBefore(ctx context.Context, machineID string, before *time.Time) (time.Time, error) {
	all := collections.NewPrefixedPairRange[string, time.Time](machineID).Descending()
	if before != nil {
		all = collections.NewPrefixedPairRange[string, time.Time](machineID).EndExclusive(*before).Descending()
	}
	var last time.Time
	err := k.verdicts.Walk(ctx, all, func(key collections.Pair[string, time.Time], _ xrental.Verdict) (bool, error) {
		last = key.K2()
		return true, nil
	})
	return last, err
}

// hasUnsettled reports whether there is an unsettled rental after a moment and not after a
// time.
func (k Keeper) hasUnsettled(ctx context.Context, machineID string, from moment, until time.Time) (found bool, err error) {
	err = k.walkUnsettled(ctx, machineID, from, until, func(moment) bool {
		found = true
		return true
	})
	return found, err
}

func (k Keeper) walkUnsettled(ctx context.Context, machineID string, from moment, until time.Time, stop func(moment) bool) error {
	later := collections.NewPrefixedPairRange[string, moment](machineID).StartExclusive(from)
	return k.unsettled.Walk(ctx, later, func(key collections.Pair[string, moment]) (bool, error) {
		return key.K2().K1().After(until) || stop(key.K2()), nil
	})
}

// walkReady calls stop with the rentals that verdicts decided and that no block has tried
// yet, those of the oldest verdict first, until it returns true.
func (k Keeper) walkReady(ctx context.Context, stop func(machineID string, until time.Time, at moment) bool) error {
	return k.ready.Walk(ctx, nil, func(key collections.Pair[time.Time, string], tried moment) (stopped bool, err error) {
		from, err := k.pendingFrom(ctx, key.K2(), key.K1(), tried)
		if err != nil {
			return true, err
		}
		err = k.walkUnsettled(ctx, key.K2(), from, key.K1(), func(at moment) bool {
			stopped = stop(key.K2(), key.K1(), at)
			return stopped
		})
		return stopped, err
	})
}

// pendingFrom returns the moment after which a verdict decides what was not tried yet.
func (k Keeper) pendingFrom(ctx context.Context, machineID string, until time.Time, tried moment) (moment, error) {
	last, err := k.verdictBefore(ctx, machineID, &until)
	if err != nil || tried.K1().After(last) {
		return tried, err
	}
	return after(last), nil
}

// passOver leaves a rental that could not be settled, and that the machine's verdict until
// a time decides, to the queue of retries. A block tries those of a verdict in the order of
// their moments, so that none before it is left.
func (k Keeper) passOver(ctx context.Context, machineID string, until time.Time, at moment) error {
	if err := k.ready.Set(ctx, collections.Join(until, machineID), at); err != nil {
		return err
	}
	return k.tidy(ctx, machineID, until)
}

// tidy removes a verdict from the queue once all that it decides was tried, and
// forgets it once all of that is settled.
func (k Keeper) tidy(ctx context.Context, machineID string, until time.Time) error {
	key := collections.Join(until, machineID)
	switch tried, err := k.ready.Get(ctx, key); {
	case errors.Is(err, collections.ErrNotFound):
	case err != nil:
		return err
	default:
		if pending, err := k.pending(ctx, machineID, until, tried); err != nil || pending {
			return err
		}
		if err := k.ready.Remove(ctx, key); err != nil {
			return err
		}
	}
	if pending, err := k.pending(ctx, machineID, until, collections.Join(time.Time{}, uint64(0))); err != nil || pending {
		return err
	}
	return k.verdicts.Remove(ctx, collections.Join(machineID, until))
}

// pending reports whether a verdict decides an unsettled rental after a moment.
func (k Keeper) pending(ctx context.Context, machineID string, until time.Time, tried moment) (bool, error) {
	from, err := k.pendingFrom(ctx, machineID, until, tried)
	if err != nil {
		return false, err
	}
	return k.hasUnsettled(ctx, machineID, from, until)
}

// settleJudged pays out a rental that was over and waited, once there is a verdict.
func (k Keeper) settleJudged(ctx context.Context, r xrental.Rental) error {
	at, _ := r.ClosedAt()
	v, found, err := k.verdict(ctx, r.MachineId, at)
	if err != nil || !found {
		return err
	}
	if r.Undecided() {
		if err := k.decide(ctx, r, judged(at, v)); err != nil {
			return err
		}
		return k.tidy(ctx, v.MachineId, v.Until)
	}
	last := r.Transitions[len(r.Transitions)-1]
	t, _ := rental.ByReason(rental.State(last.From), rental.Reason(last.Reason))
	if err := k.payOut(ctx, r, r, t, judged(at, v)); err != nil {
		return err
	}
	return k.tidy(ctx, v.MachineId, v.Until)
}

// judged returns what a verdict says about a machine at the time a rental was over.
func judged(at time.Time, v xrental.Verdict) rental.View {
	view := rental.View{Now: at}
	if v.OfflineSince != nil {
		view.OfflineSince = *v.OfflineSince
	}
	return view
}
