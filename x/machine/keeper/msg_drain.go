package keeper

import (
	"context"
	"time"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
)

// maxDrain bounds how far ahead a drain can be announced.
const maxDrain = 10 * 365 * 24 * time.Hour

// Drain announces that no rental may last beyond a time, or lifts that.
func (k msgServer) Drain(ctx context.Context, msg *machine.MsgDrain) (*machine.MsgDrainResponse, error) {
	if err := batch("machine_ids", len(msg.MachineIds)); err != nil {
		return nil, err
	}
	if err := k.checkDrain(ctx, msg.From); err != nil {
		return nil, err
	}
	for _, id := range msg.MachineIds {
		if _, err := k.operated(ctx, id, msg.Operator); err != nil {
			return nil, err
		}
		if _, err := k.change(ctx, id, func(m *machine.Machine) error {
			m.DrainFrom = msg.From
			return nil
		}); err != nil {
			return nil, err
		}
		if err := emit(ctx, &machine.EventDrain{MachineId: id, From: msg.From}); err != nil {
			return nil, err
		}
	}
	return &machine.MsgDrainResponse{}, nil
}

func (k *Keeper) checkDrain(ctx context.Context, from *time.Time) error {
	if from == nil {
		return nil
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	first, last := blockTime(ctx).Add(params.DrainNotice), blockTime(ctx).Add(maxDrain)
	if from.Before(first) || from.After(last) {
		return detail.Add(machine.ErrDrain.Wrapf("from %s: must be %s to %s, so that renters have %s of notice",
			from.Format(time.RFC3339), first.Format(time.RFC3339), last.Format(time.RFC3339), params.DrainNotice),
			detail.Map{"first": first, "last": last})
	}
	return nil
}
