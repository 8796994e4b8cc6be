package keeper

import (
	"context"
	"errors"
	"time"

	"cosmossdk.io/collections"
)

// coolDown keeps a GPU id taken for a while.
func (k *Keeper) coolDown(ctx context.Context, gpu string, until time.Time) error {
	if err := k.warmUp(ctx, gpu); err != nil {
		return err
	}
	if err := k.Cooldowns.Set(ctx, gpu, until); err != nil {
		return err
	}
	return k.CooldownQueue.Set(ctx, collections.Join(until, gpu))
}

// warmUp forgets a GPU id's cool-down, if it has one.
func (k *Keeper) warmUp(ctx context.Context, gpu string) error {
	until, err := k.Cooldowns.Get(ctx, gpu)
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := k.CooldownQueue.Remove(ctx, collections.Join(until, gpu)); err != nil {
		return err
	}
	return k.Cooldowns.Remove(ctx, gpu)
}

// forgetCooldowns removes those that are over, oldest first, at most some.
func (k *Keeper) forgetCooldowns(ctx context.Context, most uint32) error {
	var over []string
	if err := k.CooldownQueue.Walk(ctx, collections.NewPrefixUntilPairRange[time.Time, string](blockTime(ctx)),
		func(key collections.Pair[time.Time, string]) (bool, error) {
			over = append(over, key.K2())
			return uint32(len(over)) >= most, nil
		}); err != nil {
		return err
	}
	for _, gpu := range over {
		if err := k.warmUp(ctx, gpu); err != nil {
			return err
		}
	}
	return nil
}
