package keeper

import (
	"context"
	"time"

	errorsmod "cosmossdk.io/errors"

	"github.com/dbc-network/dbc/x/machine"
)

// AddStake fills up a machine's stake, so that it takes rentals again. Anybody
// may send it; what was added is the owner's like the rest.
func (s msgServer) AddStake(ctx context.Context, msg *machine.MsgAddStake) (*machine.MsgAddStakeResponse, error) {
	k := s.k
	sender, err := k.account("sender", msg.Sender)
	if err != nil {
		return nil, err
	}
	if _, err := k.load(ctx, msg.MachineId); err != nil {
		return nil, err
	}
	// A challenge that is due stays as it is: the sender does not pay for the trials that closing it refunds.
	if err := k.hooks.BeforeMachineChange(ctx, msg.MachineId); err != nil {
		return nil, err
	}
	m, err := k.load(ctx, msg.MachineId)
	if err != nil {
		return nil, err
	}
	if m.State == machine.MACHINE_STATE_RETIRED {
		return nil, errorsmod.Wrapf(machine.ErrState, "machine %s is retired; bond it again instead", m.Id)
	}
	if most := machine.MaxStake - min(m.Stake, machine.MaxStake); msg.Amount == 0 || msg.Amount > most {
		return nil, errorsmod.Wrapf(machine.ErrInvalidAmount, "amount %d udbc: must be 1 to %d", msg.Amount, most)
	}
	if err := k.take(ctx, sender, msg.Amount); err != nil {
		return nil, errorsmod.Wrapf(err, "amount %d udbc", msg.Amount)
	}
	return &machine.MsgAddStakeResponse{}, k.addStake(ctx, m.Id, msg.Amount)
}

// Retire ends a listing.
func (s msgServer) Retire(ctx context.Context, msg *machine.MsgRetire) (*machine.MsgRetireResponse, error) {
	k := s.k
	m, err := k.owned(ctx, msg.MachineId, msg.Owner)
	if err != nil {
		return nil, err
	}
	if m.State == machine.MACHINE_STATE_RETIRED {
		return nil, errorsmod.Wrapf(machine.ErrState, "machine %s is retired already", m.Id)
	}
	if err := k.unrented(ctx, m.Id, "drain the machine and wait for their end, or break them"); err != nil {
		return nil, err
	}
	if len(m.OpenChallenges) > 0 {
		return nil, errorsmod.Wrapf(machine.ErrChallengeOpen, "machine %s: answer challenge %d or wait for its deadline first", m.Id, m.OpenChallenges[0])
	}
	params, err := k.Parameters.Get(ctx)
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

// WithdrawStake returns a retired machine's stake after unbonding_time.
func (s msgServer) WithdrawStake(ctx context.Context, msg *machine.MsgWithdrawStake) (*machine.MsgWithdrawStakeResponse, error) {
	k := s.k
	owner, err := k.account("owner", msg.Owner)
	if err != nil {
		return nil, err
	}
	m, err := k.owned(ctx, msg.MachineId, msg.Owner)
	if err != nil {
		return nil, err
	}
	if m.State != machine.MACHINE_STATE_RETIRED {
		return nil, errorsmod.Wrapf(machine.ErrState, "machine %s is %s: must be retired first", m.Id, m.State.Word())
	}
	params, err := k.Parameters.Get(ctx)
	if err != nil {
		return nil, err
	}
	if at := m.UnbondedAt(params.UnbondingTime); blockTime(ctx).Before(at) {
		return nil, errorsmod.Wrapf(machine.ErrUnbonding, "machine %s: its stake is held until %s", m.Id, at.Format(time.RFC3339))
	}
	if m.Stake == 0 {
		return nil, errorsmod.Wrapf(machine.ErrInvalidAmount, "machine %s holds no stake", m.Id)
	}
	if _, err := k.PayFromStake(ctx, m.Id, owner, m.Stake); err != nil {
		return nil, err
	}
	return &machine.MsgWithdrawStakeResponse{Amount: m.Stake}, nil
}
