package keeper

import (
	"context"

	"github.com/dbc-network/dbc/x/machine"
)

// SetPrice changes prices and exit notices for later messages, all or none of them. A price that
// needs more stake than there is may be set: the machine's stake is then short.
func (k msgServer) SetPrice(ctx context.Context, msg *machine.MsgSetPrice) (*machine.MsgSetPriceResponse, error) {
	if err := batch("prices", len(msg.Prices)); err != nil {
		return nil, err
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	for _, price := range msg.Prices {
		if seen[price.MachineId] {
			return nil, machine.ErrInvalidBatch.Wrapf("prices names machine %s twice", price.MachineId)
		}
		seen[price.MachineId] = true
		if err := k.setPrice(ctx, params, msg.Operator, price); err != nil {
			return nil, err
		}
	}
	return &machine.MsgSetPriceResponse{}, nil
}

func (k *Keeper) setPrice(ctx context.Context, params machine.Params, operator string, price machine.PriceChange) error {
	if err := machine.ValidatePrice(price.PricePerDay); err != nil {
		return err
	}
	if err := machine.ValidateExitNotice(price.ExitNoticeSeconds); err != nil {
		return err
	}
	if _, err := k.operated(ctx, price.MachineId, operator); err != nil {
		return err
	}
	m, err := k.change(ctx, price.MachineId, func(m *machine.Machine) error {
		m.PricePerDay, m.ExitNoticeSeconds = price.PricePerDay, price.ExitNoticeSeconds
		m.StakeRequired = params.RequiredStake(len(m.Facts.Slots), m.PricePerDay)
		m.ListingVersion++
		return nil
	})
	if err != nil {
		return err
	}
	return listed(ctx, m)
}
