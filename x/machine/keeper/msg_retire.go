package keeper

import (
	"context"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
)

// Retire ends a listing.
func (k msgServer) Retire(ctx context.Context, msg *machine.MsgRetire) (*machine.MsgRetireResponse, error) {
	m, err := k.owned(ctx, msg.MachineId, msg.Owner)
	if err != nil {
		return nil, err
	}
	if m.State == machine.MACHINE_STATE_RETIRED {
		return nil, detail.Add(machine.ErrState.Wrapf("machine %s is retired already", m.Id),
			detail.Map{"machine_id": m.Id, "state": m.State.Word()})
	}
	if len(m.OpenChallenges) > 0 {
		return nil, detail.Add(machine.ErrChallengeOpen.Wrapf("machine %s: answer challenge %d or wait for its deadline first", m.Id, m.OpenChallenges[0]),
			detail.Map{"machine_id": m.Id, "challenge_id": m.OpenChallenges[0]})
	}
	if err := k.unrented(ctx, m.Id, "drain the machine and wait for their end, or break them"); err != nil {
		return nil, err
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	if err := k.holdGPUs(ctx, m, m.HeldGPUs(), nil, params.GpuCooldown); err != nil {
		return nil, err
	}
	now, from := blockTime(ctx), m.State
	if _, err := k.change(ctx, m.Id, func(m *machine.Machine) error {
		m.State, m.RetiredAt = machine.MACHINE_STATE_RETIRED, &now
		m.OfflineSince, m.DrainFrom, m.ReleasedGpus = nil, nil, nil
		return nil
	}); err != nil {
		return nil, err
	}
	return &machine.MsgRetireResponse{}, emit(ctx, &machine.EventStateChanged{MachineId: m.Id, From: from, To: machine.MACHINE_STATE_RETIRED, Since: now})
}
