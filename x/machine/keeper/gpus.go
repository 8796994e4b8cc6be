package keeper

import (
	"context"
	"errors"
	"slices"
	"time"

	"cosmossdk.io/collections"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/internal/due"
	"github.com/dbc-network/dbc/x/machine"
)

// holdGPUs changes which GPU ids a machine holds. Those that it gives up stay
// reserved for its owner, so that nobody else bonds them in between.
func (k *Keeper) holdGPUs(ctx context.Context, m machine.Machine, before, after []string, cooldown time.Duration) error {
	if err := k.gpusFree(ctx, m, after); err != nil {
		return err
	}
	return k.moveGPUs(ctx, m, before, after, cooldown)
}

func (k *Keeper) gpusFree(ctx context.Context, m machine.Machine, gpus []string) error {
	for _, gpu := range gpus {
		if err := k.gpuFree(ctx, m, gpu); err != nil {
			return err
		}
	}
	return nil
}

// moveGPUs is holdGPUs for ids that are known to be free.
func (k *Keeper) moveGPUs(ctx context.Context, m machine.Machine, before, after []string, cooldown time.Duration) error {
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
	switch holder, err := k.GPUs.Get(ctx, gpu); {
	case errors.Is(err, collections.ErrNotFound):
	case err != nil:
		return err
	case holder == m.Id:
		return nil
	default:
		return detail.Add(machine.ErrGPUTaken.Wrapf("gpu id %q: bonded to machine %s; its owner must retire it, or governance release the id", gpu, holder),
			detail.Map{"gpu_id": gpu, "machine_id": holder})
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
		return detail.Add(machine.ErrGPUTaken.Wrapf("gpu id %q: governance took it from %s, who can't bond it until %s", gpu, c.Owner, c.Until.Format(time.RFC3339)),
			detail.Map{"gpu_id": gpu, detail.RetryAt: c.Until})
	}
	return detail.Add(machine.ErrGPUTaken.Wrapf("gpu id %q: reserved for %s until %s, unless governance releases it", gpu, c.Owner, c.Until.Format(time.RFC3339)),
		detail.Map{"gpu_id": gpu, detail.RetryAt: c.Until})
}

// reclaim divides the ids that governance took from a machine into those that it
// can hold again and the rest.
func (k *Keeper) reclaim(ctx context.Context, m machine.Machine) (free, released []string, err error) {
	for _, gpu := range m.ReleasedGpus {
		switch err := k.gpuFree(ctx, m, gpu); {
		case err == nil:
			free = append(free, gpu)
		case errors.Is(err, machine.ErrGPUTaken):
			released = append(released, gpu)
		default:
			return nil, nil, err
		}
	}
	return free, released, nil
}

// coolDown stores the cooldown of a GPU id.
func (k *Keeper) coolDown(ctx context.Context, c machine.GpuCooldown) error {
	if err := k.warmUp(ctx, c.GpuId); err != nil {
		return err
	}
	if err := k.Cooldowns.Set(ctx, c.GpuId, c); err != nil {
		return err
	}
	return k.CooldownQueue.Set(ctx, collections.Join(c.Until, c.GpuId))
}

// warmUp removes the cooldown of a GPU id, if there is one.
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

// forgetCooldowns removes cooldowns that are over, oldest first, up to a limit.
func (k *Keeper) forgetCooldowns(ctx context.Context, limit int) error {
	over, err := due.UpTo(ctx, k.CooldownQueue, blockTime(ctx), 0, limit)
	if err != nil {
		return err
	}
	for _, item := range over {
		if err := k.warmUp(ctx, item.Key); err != nil {
			return err
		}
	}
	return nil
}
