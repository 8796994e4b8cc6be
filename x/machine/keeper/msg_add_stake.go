package keeper

import (
	"context"

	errorsmod "cosmossdk.io/errors"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
)

// AddStake adds to a machine's stake, so that it takes rentals again. Anybody
// may send it; what was added belongs to the owner like the rest.
func (k msgServer) AddStake(ctx context.Context, msg *machine.MsgAddStake) (*machine.MsgAddStakeResponse, error) {
	sender, err := k.account("sender", msg.Sender)
	if err != nil {
		return nil, err
	}
	// A due challenge is left as it is: the sender does not pay for the trials that
	// closing it refunds.
	m, err := k.load(ctx, msg.MachineId)
	if err != nil {
		return nil, err
	}
	if m.State == machine.MACHINE_STATE_RETIRED {
		return nil, retired(m)
	}
	if most := machine.MaxStake - min(m.Stake, machine.MaxStake); msg.Amount == 0 || msg.Amount > most {
		return nil, detail.Add(machine.ErrInvalidAmount.Wrapf("amount %dudbc: must be 1udbc to %dudbc", msg.Amount, most),
			detail.Map{"limit": most})
	}
	if err := k.take(ctx, sender, msg.Amount); err != nil {
		return nil, errorsmod.Wrapf(err, "amount %dudbc", msg.Amount)
	}
	return &machine.MsgAddStakeResponse{}, k.addStake(ctx, m.Id, msg.Amount)
}
