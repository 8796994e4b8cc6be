package keeper

import (
	"context"
	"time"

	errorsmod "cosmossdk.io/errors"

	"github.com/dbc-network/dbc/x/machine"
)

// maxDrain bounds how far ahead a drain can be announced.
const maxDrain = 10 * 365 * 24 * time.Hour

// UpdateFacts changes what a machine says of itself, signed by its key.
func (s msgServer) UpdateFacts(ctx context.Context, msg *machine.MsgUpdateFacts) (*machine.MsgUpdateFactsResponse, error) {
	k := s.k
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
	if !m.Facts.SameButAddresses(msg.Facts) {
		if err := k.unrented(ctx, m.Id, "only multiaddrs and public_ip can change until they are over"); err != nil {
			return nil, err
		}
	}
	if m, err = k.setFacts(ctx, m, msg); err != nil {
		return nil, err
	}
	return &machine.MsgUpdateFactsResponse{ListingVersion: m.ListingVersion}, listed(ctx, m)
}

// setFacts stores facts and fixes the required stake anew.
func (k *Keeper) setFacts(ctx context.Context, m machine.Machine, msg *machine.MsgUpdateFacts) (machine.Machine, error) {
	params, err := k.Parameters.Get(ctx)
	if err != nil {
		return m, err
	}
	wanted, released := msg.Facts.GPUIDs(), []string(nil)
	if m.Facts.SameButAddresses(msg.Facts) { // what governance took stays away, unless it is free again
		if wanted, released, err = k.reclaim(ctx, m); err != nil {
			return m, err
		}
		wanted = append(wanted, m.HeldGPUs()...)
	}
	if err := k.holdGPUs(ctx, m, m.HeldGPUs(), wanted, params.GpuCooldown); err != nil {
		return m, err
	}
	return k.change(ctx, m.Id, func(m *machine.Machine) error {
		m.Facts, m.BondSeq, m.ReleasedGpus = msg.Facts, msg.BondSeq, released
		m.StakeRequired = params.RequiredStake(len(m.Facts.Slots), m.PricePerDay)
		m.ListingVersion++
		return nil
	})
}

// SetPrice changes prices for later messages, all or none of them. A price that
// needs more stake than there is may be set: the machine is then short.
func (s msgServer) SetPrice(ctx context.Context, msg *machine.MsgSetPrice) (*machine.MsgSetPriceResponse, error) {
	if err := batch("prices", len(msg.Prices)); err != nil {
		return nil, err
	}
	params, err := s.k.Parameters.Get(ctx)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	for _, price := range msg.Prices {
		if seen[price.MachineId] {
			return nil, errorsmod.Wrapf(machine.ErrInvalidBatch, "prices names machine %s twice", price.MachineId)
		}
		seen[price.MachineId] = true
		if err := s.k.setPrice(ctx, params, msg.Operator, price); err != nil {
			return nil, err
		}
	}
	return &machine.MsgSetPriceResponse{}, nil
}

func (k *Keeper) setPrice(ctx context.Context, params machine.Params, operator string, price machine.PriceChange) error {
	if err := machine.ValidatePrice(price.PricePerDay); err != nil {
		return err
	}
	if _, err := k.operated(ctx, price.MachineId, operator); err != nil {
		return err
	}
	m, err := k.change(ctx, price.MachineId, func(m *machine.Machine) error {
		m.PricePerDay = price.PricePerDay
		m.StakeRequired = params.RequiredStake(len(m.Facts.Slots), m.PricePerDay)
		m.ListingVersion++
		return nil
	})
	if err != nil {
		return err
	}
	return listed(ctx, m)
}

// Drain announces that no rental reaches beyond a time, or lifts that.
func (s msgServer) Drain(ctx context.Context, msg *machine.MsgDrain) (*machine.MsgDrainResponse, error) {
	if err := batch("machine_ids", len(msg.MachineIds)); err != nil {
		return nil, err
	}
	if err := s.k.checkDrain(ctx, msg.From); err != nil {
		return nil, err
	}
	for _, id := range msg.MachineIds {
		if _, err := s.k.operated(ctx, id, msg.Operator); err != nil {
			return nil, err
		}
		if _, err := s.k.change(ctx, id, func(m *machine.Machine) error {
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
	params, err := k.Parameters.Get(ctx)
	if err != nil {
		return err
	}
	first, last := blockTime(ctx).Add(params.DrainNotice), blockTime(ctx).Add(maxDrain)
	if from.Before(first) || from.After(last) {
		return errorsmod.Wrapf(machine.ErrDrain, "from %s: must be %s to %s, so that renters have %s of notice",
			from.Format(time.RFC3339), first.Format(time.RFC3339), last.Format(time.RFC3339), params.DrainNotice)
	}
	return nil
}

func listed(ctx context.Context, m machine.Machine) error {
	return emit(ctx, &machine.EventListingChanged{MachineId: m.Id, ListingVersion: m.ListingVersion, PricePerDay: m.PricePerDay})
}
