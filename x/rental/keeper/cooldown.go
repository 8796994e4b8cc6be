package keeper

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/internal/due"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// startCooldown bars the renter from another trial on the machine. Its length
// is fixed from now on.
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
	switch old, err := k.cooldowns.Get(ctx, key); {
	case errors.Is(err, collections.ErrNotFound):
	case err != nil:
		return err
	case !until.After(old):
		return nil // a later refund does not shorten one that was set
	default:
		if err := k.cooldownQueue.Remove(ctx, collections.Join3(old, renter, machineID)); err != nil {
			return err
		}
	}
	if err := k.cooldowns.Set(ctx, key, until); err != nil {
		return err
	}
	return k.cooldownQueue.Set(ctx, collections.Join3(until, renter, machineID))
}

// checkCooldown refuses a trial too soon after a refund, and while it is not
// known yet whose fault a trial's end was.
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
		return undecided(machineID, renter.String())
	}
	until, err := k.cooldowns.Get(ctx, collections.Join(renter, machineID))
	switch {
	case errors.Is(err, collections.ErrNotFound):
		return nil
	case err != nil:
		return err
	case !now.Before(until):
		return nil
	}
	return detail.Add(xrental.ErrCooldown.Wrapf("machine_id is %s; a trial of it by %s was refunded, the next may begin at %s; take another machine until then",
		machineID, renter, until.Format(time.RFC3339)),
		detail.Map{"machine_id": machineID, detail.RetryAt: until})
}

func undecided(machineID, renter string) error {
	return detail.Add(xrental.ErrCooldown.Wrapf("machine_id is %s; a trial of it by %s was over while a challenge was open that is not closed yet; wait for it or take another machine",
		machineID, renter),
		detail.Map{"machine_id": machineID})
}

// prune forgets rentals that were over before the history begins, and cooldowns
// that are over, together at most max_prune_per_block.
func (k Keeper) prune(ctx context.Context, params xrental.Params, now time.Time) error {
	limit := int(params.MaxPrunePerBlock)
	old, err := due.UpTo(ctx, k.closed, now.Add(-params.History), 0, limit)
	if err != nil {
		return err
	}
	for _, item := range old { // one that can't be forgotten keeps no other
		due.Tidy(ctx, fmt.Sprintf("forget rental %d", item.Key), func(ctx context.Context) error {
			r, err := k.rental(ctx, item.Key)
			if err != nil {
				return err
			}
			return k.forget(ctx, r)
		})
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
