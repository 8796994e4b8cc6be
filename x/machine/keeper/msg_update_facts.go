package keeper

import (
	"context"

	"github.com/dbc-network/dbc/x/machine"
)

// UpdateFacts changes a machine's facts, signed by its key.
func (k msgServer) UpdateFacts(ctx context.Context, msg *machine.MsgUpdateFacts) (*machine.MsgUpdateFactsResponse, error) {
	m, err := k.operated(ctx, msg.MachineId, msg.Operator)
	if err != nil {
		return nil, err
	}
	if err := checkFacts(ctx, msg.Facts); err != nil {
		return nil, err
	}
	if err := newSeq(m, msg.BondSeq); err != nil {
		return nil, err
	}
	text := machine.BondText(chainID(ctx), m.Id, m.Owner, msg.BondSeq, msg.Expiry, msg.Facts)
	if err := signed(ctx, m.Id, text, msg.Signature, msg.Expiry); err != nil {
		return nil, err
	}
	if m, err = k.setFacts(ctx, m, msg); err != nil {
		return nil, err
	}
	return &machine.MsgUpdateFactsResponse{ListingVersion: m.ListingVersion}, listed(ctx, m)
}

// setFacts stores facts and sets the required stake anew.
func (k *Keeper) setFacts(ctx context.Context, m machine.Machine, msg *machine.MsgUpdateFacts) (machine.Machine, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return machine.Machine{}, err
	}
	wanted, released := msg.Facts.GPUIDs(), []string(nil)
	same := m.Facts.SameButAddresses(msg.Facts)
	if same { // what governance took stays taken, unless it is free again
		if wanted, released, err = k.reclaim(ctx, m); err != nil {
			return machine.Machine{}, err
		}
		wanted = append(wanted, m.HeldGPUs()...)
	}
	if err := k.gpusFree(ctx, m, wanted); err != nil {
		return machine.Machine{}, err
	}
	if !same { // the last check, because it may settle something
		if err := k.unrented(ctx, m.Id, "only multiaddrs, public_ip, port_first, port_last and inventory_hash can change until they are over"); err != nil {
			return machine.Machine{}, err
		}
	}
	if err := k.moveGPUs(ctx, m, m.HeldGPUs(), wanted, params.GpuCooldown); err != nil {
		return machine.Machine{}, err
	}
	return k.change(ctx, m.Id, func(m *machine.Machine) error {
		if !m.Facts.SameSlots(msg.Facts) {
			m.OutOfService = nil // other cards, which nobody rents
		}
		m.Facts, m.BondSeq, m.ReleasedGpus = msg.Facts, msg.BondSeq, released
		m.StakeRequired = params.RequiredStake(len(m.Facts.Slots), m.PricePerDay)
		m.ListingVersion++
		return nil
	})
}

func listed(ctx context.Context, m machine.Machine) error {
	return emit(ctx, &machine.EventListingChanged{
		MachineId: m.Id, ListingVersion: m.ListingVersion, PricePerDay: m.PricePerDay, ExitNoticeSeconds: m.ExitNoticeSeconds,
	})
}
