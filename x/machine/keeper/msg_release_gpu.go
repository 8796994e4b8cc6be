package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	"github.com/dbc-network/dbc/x/internal/account"
	"github.com/dbc-network/dbc/x/machine"
)

// ReleaseGPU takes a GPU id from the machine that it is bonded to, or from the
// owner for whom it is reserved, who can't bond it again for gpu_cooldown. If
// the id is barred, it lifts the bar.
func (k msgServer) ReleaseGPU(ctx context.Context, msg *machine.MsgReleaseGPU) (*machine.MsgReleaseGPUResponse, error) {
	if account.Canonical(msg.Authority) != k.authority {
		return nil, machine.ErrUnauthorized.Wrapf("authority %s: must be %s; submit a proposal to governance", machine.Clip(msg.Authority), k.authority)
	}
	holder, err := k.GPUs.Get(ctx, msg.GpuId)
	if errors.Is(err, collections.ErrNotFound) {
		return &machine.MsgReleaseGPUResponse{}, k.releaseReserved(ctx, msg.GpuId)
	}
	if err != nil {
		return nil, err
	}
	return &machine.MsgReleaseGPUResponse{MachineId: holder}, k.releaseBonded(ctx, msg.GpuId, holder)
}

func (k *Keeper) releaseReserved(ctx context.Context, gpu string) error {
	c, err := k.Cooldowns.Get(ctx, gpu)
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return err
	}
	if !blockTime(ctx).Before(c.Until) { // also without one
		return machine.ErrNotFound.Wrapf("gpu_id %q: neither bonded nor reserved", machine.Clip(gpu))
	}
	if c.Barred {
		if err := k.warmUp(ctx, gpu); err != nil {
			return err
		}
		return emit(ctx, &machine.EventGpuReleased{GpuId: gpu, Owner: c.Owner})
	}
	return k.bar(ctx, gpu, "", c.Owner)
}

// releaseBonded takes the machine offline until its facts are right.
func (k *Keeper) releaseBonded(ctx context.Context, gpu, id string) error {
	m, err := k.touch(ctx, id)
	if err != nil {
		return err
	}
	if err := k.GPUs.Remove(ctx, gpu); err != nil {
		return err
	}
	if _, err := k.change(ctx, id, func(m *machine.Machine) error {
		m.ReleasedGpus = append(m.ReleasedGpus, gpu)
		return nil
	}); err != nil {
		return err
	}
	if err := k.bar(ctx, gpu, id, m.Owner); err != nil {
		return err
	}
	if m.State != machine.MACHINE_STATE_ONLINE {
		return nil
	}
	return k.goOffline(ctx, m)
}

// bar keeps an owner from bonding a GPU id for a while: otherwise they would
// have it back before its rightful owner could bond it.
func (k *Keeper) bar(ctx context.Context, gpu, id, owner string) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	if err := k.coolDown(ctx, machine.GpuCooldown{GpuId: gpu, Until: blockTime(ctx).Add(params.GpuCooldown), Owner: owner, Barred: true}); err != nil {
		return err
	}
	return emit(ctx, &machine.EventGpuReleased{GpuId: gpu, MachineId: id, Owner: owner})
}
