package keeper

import (
	"context"
	"errors"
	"time"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	xrental "github.com/dbc-network/dbc/x/rental"
)

// startCooldown bars the renter from another trial on the machine. Its length
// is fixed now.
func (k Keeper) startCooldown(ctx context.Context, r xrental.Rental, now time.Time) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	renter, err := sdk.AccAddressFromBech32(r.Renter)
	if err != nil {
		return err
	}
	if params.TrialCooldown == 0 {
		return nil
	}
	return k.setCooldown(ctx, renter, r.MachineId, now.Add(params.TrialCooldown))
}

func (k Keeper) setCooldown(ctx context.Context, renter sdk.AccAddress, machineID string, until time.Time) error {
	key := collections.Join(renter, machineID)
	old, err := k.cooldowns.Get(ctx, key)
	switch {
	case err == nil && !until.After(old):
		return nil // one that was fixed is not shortened by a later refund
	case err == nil:
		if err := k.cooldownQueue.Remove(ctx, collections.Join3(old, renter, machineID)); err != nil {
			return err
		}
	case !errors.Is(err, collections.ErrNotFound):
		return err
	}
	if err := k.cooldowns.Set(ctx, key, until); err != nil {
		return err
	}
	return k.cooldownQueue.Set(ctx, collections.Join3(until, renter, machineID))
}

// checkCooldown refuses a trial too soon after a refund, and while nobody knows
// yet whose fault one was.
func (k Keeper) checkCooldown(ctx context.Context, renter sdk.AccAddress, machineID string, now time.Time) error {
	var open bool
	err := k.undecided.Walk(ctx, collections.NewSuperPrefixedTripleRange[sdk.AccAddress, string, uint64](renter, machineID),
		func(collections.Triple[sdk.AccAddress, string, uint64]) (bool, error) {
			open = true
			return true, nil
		})
	if err != nil {
		return err
	}
	if open {
		return xrental.ErrCooldown.Wrapf("machine_id is %s; a trial of it by %s was over while a challenge was open that is not closed yet; wait for it or take another machine",
			machineID, renter)
	}
	until, err := k.cooldowns.Get(ctx, collections.Join(renter, machineID))
	if errors.Is(err, collections.ErrNotFound) || err == nil && !now.Before(until) {
		return nil
	}
	if err != nil {
		return err
	}
	return xrental.ErrCooldown.Wrapf("machine_id is %s; a trial of it by %s was refunded, the next may begin at %s; take another machine until then",
		machineID, renter, until.Format(time.RFC3339))
}

// prune forgets rentals that were over before the history began, and
// cooldowns that are over, at most max_prune_per_block together.
func (k Keeper) prune(ctx context.Context, params xrental.Params, now time.Time) error {
	limit := int(params.MaxPrunePerBlock)
	var old []uint64
	until := collections.NewPrefixUntilPairRange[time.Time, uint64](now.Add(-params.History))
	err := k.closed.Walk(ctx, until, func(key collections.Pair[time.Time, uint64]) (bool, error) {
		old = append(old, key.K2())
		return len(old) >= limit, nil
	})
	if err != nil {
		return err
	}
	for _, id := range old {
		r, err := k.rental(ctx, id)
		if err != nil {
			return err
		}
		if err := k.forget(ctx, r); err != nil {
			return err
		}
	}
	return k.pruneCooldowns(ctx, limit-len(old), now)
}

func (k Keeper) pruneCooldowns(ctx context.Context, limit int, now time.Time) error {
	if limit <= 0 {
		return nil
	}
	var over []collections.Triple[time.Time, sdk.AccAddress, string]
	until := collections.NewPrefixUntilTripleRange[time.Time, sdk.AccAddress, string](now)
	err := k.cooldownQueue.Walk(ctx, until, func(key collections.Triple[time.Time, sdk.AccAddress, string]) (bool, error) {
		over = append(over, key)
		return len(over) >= limit, nil
	})
	if err != nil {
		return err
	}
	for _, key := range over {
		if err := k.cooldownQueue.Remove(ctx, key); err != nil {
			return err
		}
		if err := k.cooldowns.Remove(ctx, collections.Join(key.K2(), key.K3())); err != nil {
			return err
		}
	}
	return nil
}
