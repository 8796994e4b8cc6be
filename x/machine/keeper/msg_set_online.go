package keeper

import (
	"context"
	"time"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
)

// maxOnline bounds how far ahead the signature of SetOnline may expire: whoever
// holds a longer one can bring the machine online when its node is gone.
const maxOnline = time.Hour

// SetOnline opens a machine for rentals. Its key's signature proves that the
// compute node is there, not only its operator.
func (k msgServer) SetOnline(ctx context.Context, msg *machine.MsgSetOnline) (*machine.MsgSetOnlineResponse, error) {
	m, err := k.operated(ctx, msg.MachineId, msg.Operator)
	if err != nil {
		return nil, err
	}
	if m.State == machine.MACHINE_STATE_ONLINE {
		return nil, detail.Add(machine.ErrState.Wrapf("machine %s is online already", m.Id),
			detail.Map{"machine_id": m.Id, "state": m.State.Word()})
	}
	if len(m.ReleasedGpus) > 0 {
		return nil, machine.ErrGPUTaken.Wrapf("machine %s: governance took the gpu ids %q from it; update its facts first", m.Id, m.ReleasedGpus)
	}
	if latest := blockTime(ctx).Add(maxOnline).Unix(); msg.Expiry > latest {
		return nil, machine.ErrExpiry.Wrapf("expiry %d of machine %s: must be at most %d, %s ahead, so that it shows that the node is there now",
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
