package keeper

import (
	"context"
	"time"

	errorsmod "cosmossdk.io/errors"

	"github.com/dbc-network/dbc/x/machine"
)

// maxOnline bounds how far ahead the signature of SetOnline may expire: who
// holds one that lasts can open the machine when its node is gone.
const maxOnline = time.Hour

// SetOnline opens a machine for rentals. Its key's signature shows that the
// compute node is there, not only its operator.
func (s msgServer) SetOnline(ctx context.Context, msg *machine.MsgSetOnline) (*machine.MsgSetOnlineResponse, error) {
	k := s.k
	m, err := k.operated(ctx, msg.MachineId, msg.Operator)
	if err != nil {
		return nil, err
	}
	if m.State == machine.MACHINE_STATE_ONLINE {
		return nil, errorsmod.Wrapf(machine.ErrState, "machine %s is online already", m.Id)
	}
	if len(m.ReleasedGpus) > 0 {
		return nil, errorsmod.Wrapf(machine.ErrGPUTaken, "machine %s: governance took the gpu ids %v from it; update its facts first", m.Id, m.ReleasedGpus)
	}
	if latest := blockTime(ctx).Add(maxOnline).Unix(); msg.Expiry > latest {
		return nil, errorsmod.Wrapf(machine.ErrExpiry, "expiry %d of machine %s: must be at most %d, %s ahead, so that it shows that the node is there now",
			msg.Expiry, m.Id, latest, maxOnline)
	}
	text := machine.OnlineText(chainID(ctx), m.Id, m.BondSeq, msg.Expiry)
	if err := signed(ctx, m.Id, text, msg.Signature, msg.Expiry); err != nil {
		return nil, err
	}
	from, since := m.State, m.OfflineSince
	if _, err := k.change(ctx, m.Id, func(m *machine.Machine) error {
		m.State, m.OfflineSince = machine.MACHINE_STATE_ONLINE, nil
		return nil
	}); err != nil {
		return nil, err
	}
	now := blockTime(ctx)
	if since != nil {
		if err := k.hooks.AfterMachineOnline(ctx, m.Id, *since, now); err != nil {
			return nil, err
		}
	}
	return &machine.MsgSetOnlineResponse{}, emit(ctx, &machine.EventStateChanged{MachineId: m.Id, From: from, To: machine.MACHINE_STATE_ONLINE, Since: now})
}

// SetOffline takes a machine off the market. It is no way around a challenge,
// which must be answered, or run out, first.
func (s msgServer) SetOffline(ctx context.Context, msg *machine.MsgSetOffline) (*machine.MsgSetOfflineResponse, error) {
	k := s.k
	m, err := k.operated(ctx, msg.MachineId, msg.Operator)
	if err != nil {
		return nil, err
	}
	if m.State != machine.MACHINE_STATE_ONLINE {
		return nil, errorsmod.Wrapf(machine.ErrState, "machine %s is %s: must be online", m.Id, m.State.Word())
	}
	if len(m.OpenChallenges) > 0 {
		return nil, errorsmod.Wrapf(machine.ErrChallengeOpen, "machine %s: answer challenge %d or wait for its deadline first", m.Id, m.OpenChallenges[0])
	}
	return &machine.MsgSetOfflineResponse{}, k.goOffline(ctx, m)
}

// goOffline takes an online machine off the market now. Challenges that are open
// are void by it.
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
