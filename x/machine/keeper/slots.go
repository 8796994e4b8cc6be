package keeper

import (
	"context"
	"maps"
	"slices"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	"github.com/dbc-network/dbc/x/machine"
)

// FreeSlots are the slots of a machine that nobody rents, ascending.
func (k *Keeper) FreeSlots(ctx context.Context, id string) ([]uint32, error) {
	m, err := k.load(ctx, id)
	if err != nil {
		return nil, err
	}
	return k.freeSlots(ctx, m)
}

// ReserveSlots hands out the n lowest free slots of a machine, or all of it
// for n = 0, which must then be free. The machine must be online and must not
// be below its stake.
func (k *Keeper) ReserveSlots(ctx context.Context, id string, n uint32, rentID uint64) ([]uint32, error) {
	m, err := k.GetMachine(ctx, id)
	if err != nil {
		return nil, err
	}
	if m.State != machine.MACHINE_STATE_ONLINE {
		return nil, errorsmod.Wrapf(machine.ErrState, "machine %s is %s: must be online; choose another machine", id, m.State.Word())
	}
	if m.BelowStake() {
		return nil, errorsmod.Wrapf(machine.ErrStake, "machine %s has %d udbc at stake of %d; its owner must add stake first", id, m.Stake, m.StakeRequired)
	}
	free, err := k.freeSlots(ctx, m)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		n = m.Whole()
	}
	if uint32(len(free)) < n {
		return nil, errorsmod.Wrapf(machine.ErrNoSlots, "machine %s: %d slots asked for, %d of %d are free; ask for fewer or choose another machine",
			id, n, len(free), m.Whole())
	}
	return free[:n], k.reserve(ctx, m, free[:n], rentID)
}

// RestoreSlots reserves just these slots at import, whatever the machine's state.
func (k *Keeper) RestoreSlots(ctx context.Context, id string, slots []uint32, rentID uint64) error {
	m, err := k.load(ctx, id)
	if err != nil {
		return err
	}
	seen := make(map[uint32]bool)
	for _, slot := range slots {
		taken, err := k.Slots.Has(ctx, collections.Join(id, slot))
		if err != nil {
			return err
		}
		if slot >= m.Whole() || taken || seen[slot] {
			return errorsmod.Wrapf(machine.ErrNoSlots, "machine %s: slot %d of rental %d does not exist or is rented twice", id, slot, rentID)
		}
		seen[slot] = true
	}
	return k.reserve(ctx, m, slots, rentID)
}

func (k *Keeper) reserve(ctx context.Context, m machine.Machine, slots []uint32, rentID uint64) error {
	return k.changeSlots(ctx, m.Id, func() error {
		for _, slot := range slots {
			if err := k.Slots.Set(ctx, collections.Join(m.Id, slot), rentID); err != nil {
				return err
			}
		}
		return nil
	})
}

// ReleaseSlots gives back the slots of a rental; without any it does nothing.
func (k *Keeper) ReleaseSlots(ctx context.Context, id string, rentID uint64) error {
	reserved, err := k.reserved(ctx, id)
	if err != nil {
		return err
	}
	return k.changeSlots(ctx, id, func() error {
		for _, slot := range slices.Sorted(maps.Keys(reserved)) {
			if reserved[slot] != rentID {
				continue
			}
			if err := k.Slots.Remove(ctx, collections.Join(id, slot)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (k *Keeper) changeSlots(ctx context.Context, id string, edit func() error) error {
	m, err := k.load(ctx, id)
	if err != nil {
		return err
	}
	before, err := k.offersOf(ctx, m)
	if err != nil {
		return err
	}
	if err := edit(); err != nil {
		return err
	}
	after, err := k.offersOf(ctx, m)
	if err != nil {
		return err
	}
	return k.replaceOffers(ctx, before, after)
}

// reserved holds the rental of each slot that is rented.
func (k *Keeper) reserved(ctx context.Context, id string) (map[uint32]uint64, error) {
	slots := make(map[uint32]uint64)
	err := k.Slots.Walk(ctx, collections.NewPrefixedPairRange[string, uint32](id),
		func(key collections.Pair[string, uint32], rentID uint64) (bool, error) {
			slots[key.K2()] = rentID
			return false, nil
		})
	return slots, err
}

func (k *Keeper) freeSlots(ctx context.Context, m machine.Machine) ([]uint32, error) {
	reserved, err := k.reserved(ctx, m.Id)
	if err != nil {
		return nil, err
	}
	free := make([]uint32, 0, m.Whole())
	for slot := range m.Whole() {
		if _, taken := reserved[slot]; !taken {
			free = append(free, slot)
		}
	}
	return free, nil
}

// unrented refuses what can't be done while rentals are open.
func (k *Keeper) unrented(ctx context.Context, id, remedy string) error {
	reserved, err := k.reserved(ctx, id)
	if err != nil {
		return err
	}
	if n := len(reserved); n > 0 {
		return errorsmod.Wrapf(machine.ErrRentalsOpen, "machine %s: %d slots are rented; %s", id, n, remedy)
	}
	return nil
}
