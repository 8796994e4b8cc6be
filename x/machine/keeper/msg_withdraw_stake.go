package keeper

import (
	"context"
	"time"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
)

// WithdrawStake returns a retired machine's stake after unbonding_time.
func (k msgServer) WithdrawStake(ctx context.Context, msg *machine.MsgWithdrawStake) (*machine.MsgWithdrawStakeResponse, error) {
	owner, err := k.account("owner", msg.Owner)
	if err != nil {
		return nil, err
	}
	m, err := k.owned(ctx, msg.MachineId, msg.Owner)
	if err != nil {
		return nil, err
	}
	if m.State != machine.MACHINE_STATE_RETIRED {
		return nil, detail.Add(machine.ErrState.Wrapf("machine %s is %s: must be retired first", m.Id, m.State.Word()),
			detail.Map{"machine_id": m.Id, "state": m.State.Word()})
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	if at := m.UnbondedAt(params.UnbondingTime); blockTime(ctx).Before(at) {
		return nil, detail.Add(machine.ErrUnbonding.Wrapf("machine %s: its stake is held until %s", m.Id, at.Format(time.RFC3339)),
			detail.Map{"machine_id": m.Id, detail.RetryAt: at})
	}
	if m.Stake == 0 {
		return nil, machine.ErrInvalidAmount.Wrapf("machine %s holds no stake", m.Id)
	}
	if _, err := k.PayFromStake(ctx, m.Id, owner, m.Stake); err != nil {
		return nil, err
	}
	return &machine.MsgWithdrawStakeResponse{Amount: m.Stake}, nil
}
