package keeper

import (
	"context"
	"errors"
	"slices"
	"time"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	"github.com/dbc-network/dbc/x/machine"
)

// holdGPUs changes which GPU ids a machine holds. What it gives up stays
// reserved for its owner, so that nobody else bonds it in between.
func (k *Keeper) holdGPUs(ctx context.Context, m machine.Machine, before, after []string, cooldown time.Duration) error {
	for _, gpu := range after {
		if err := k.gpuFree(ctx, m, gpu); err != nil {
			return err
		}
	}
	until := blockTime(ctx).Add(cooldown)
	for _, gpu := range before {
		if slices.Contains(after, gpu) {
			continue
		}
		if err := k.GPUs.Remove(ctx, gpu); err != nil {
			return err
		}
		if err := k.coolDown(ctx, machine.GpuCooldown{GpuId: gpu, Until: until, Owner: m.Owner}); err != nil {
			return err
		}
	}
	for _, gpu := range after {
		if slices.Contains(before, gpu) {
			continue
		}
		if err := k.GPUs.Set(ctx, gpu, m.Id); err != nil {
			return err
		}
		if err := k.warmUp(ctx, gpu); err != nil {
			return err
		}
	}
	return nil
}

// gpuFree refuses a GPU id that the machine can't hold: bonded to another one,
// reserved for another owner, or barred to this one.
func (k *Keeper) gpuFree(ctx context.Context, m machine.Machine, gpu string) error {
	holder, err := k.GPUs.Get(ctx, gpu)
	switch {
	case err == nil && holder == m.Id:
		return nil
	case err == nil:
		return errorsmod.Wrapf(machine.ErrGPUTaken, "gpu id %q: bonded to machine %s; its owner must retire it, or governance release the id", gpu, holder)
	case !errors.Is(err, collections.ErrNotFound):
		return err
	}
	c, err := k.Cooldowns.Get(ctx, gpu)
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if !blockTime(ctx).Before(c.Until) || (m.Owner == c.Owner) != c.Barred {
		return nil
	}
	if c.Barred {
		return errorsmod.Wrapf(machine.ErrGPUTaken, "gpu id %q: governance took it from %s, who can't bond it until %s", gpu, c.Owner, c.Until.Format(time.RFC3339))
	}
	return errorsmod.Wrapf(machine.ErrGPUTaken, "gpu id %q: reserved for %s until %s, unless governance releases it", gpu, c.Owner, c.Until.Format(time.RFC3339))
}

// reclaim divides the ids that governance took from a machine into those that it
// can hold again and those that it can't.
func (k *Keeper) reclaim(ctx context.Context, m machine.Machine) (free, released []string, err error) {
	for _, gpu := range m.ReleasedGpus {
		switch err := k.gpuFree(ctx, m, gpu); {
		case err == nil:
			free = append(free, gpu)
		case errorsmod.IsOf(err, machine.ErrGPUTaken):
			released = append(released, gpu)
		default:
			return nil, nil, err
		}
	}
	return free, released, nil
}

// coolDown remembers a GPU id for a while.
func (k *Keeper) coolDown(ctx context.Context, c machine.GpuCooldown) error {
	if err := k.warmUp(ctx, c.GpuId); err != nil {
		return err
	}
	if err := k.Cooldowns.Set(ctx, c.GpuId, c); err != nil {
		return err
	}
	return k.CooldownQueue.Set(ctx, collections.Join(c.Until, c.GpuId))
}

// warmUp forgets what is remembered of a GPU id, if anything.
func (k *Keeper) warmUp(ctx context.Context, gpu string) error {
	c, err := k.Cooldowns.Get(ctx, gpu)
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := k.CooldownQueue.Remove(ctx, collections.Join(c.Until, gpu)); err != nil {
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
