package keeper

import (
	"context"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
)

// SetOffline takes a machine off the market. It does not evade a challenge,
// which must be answered, or run out, first.
func (k msgServer) SetOffline(ctx context.Context, msg *machine.MsgSetOffline) (*machine.MsgSetOfflineResponse, error) {
	m, err := k.operated(ctx, msg.MachineId, msg.Operator)
	if err != nil {
		return nil, err
	}
	if m.State != machine.MACHINE_STATE_ONLINE {
		return nil, detail.Add(machine.ErrState.Wrapf("machine %s is %s: must be online", m.Id, m.State.Word()),
			detail.Map{"machine_id": m.Id, "state": m.State.Word()})
	}
	if len(m.OpenChallenges) > 0 {
		return nil, detail.Add(machine.ErrChallengeOpen.Wrapf("machine %s: answer challenge %d or wait for its deadline first", m.Id, m.OpenChallenges[0]),
			detail.Map{"machine_id": m.Id, "challenge_id": m.OpenChallenges[0]})
	}
	return &machine.MsgSetOfflineResponse{}, k.goOffline(ctx, m)
}

// goOffline takes an online machine off the market now. Its open challenges
// become void.
func (k *Keeper) goOffline(ctx context.Context, m machine.Machine) error {
	now := blockTime(ctx)
	if _, err := k.change(ctx, m.Id, func(m *machine.Machine) error {
		m.State, m.OfflineSince, m.OpenChallenges = machine.MACHINE_STATE_OFFLINE, &now, nil
		return nil
	}); err != nil {
		return err
	}
	if err := k.hooks.AfterMachineOffline(ctx, m.Id, now, 0); err != nil {
		return err
	}
	if len(m.OpenChallenges) > 0 {
		if err := k.hooks.AfterChallengeClosed(ctx, m.Id, m.OpenChallenges[0], false); err != nil {
			return err
		}
	}
	return emit(ctx, &machine.EventStateChanged{MachineId: m.Id, From: m.State, To: machine.MACHINE_STATE_OFFLINE, Since: now})
}
