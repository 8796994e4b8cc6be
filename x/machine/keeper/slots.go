package keeper

import (
	"context"
	"errors"
	"slices"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

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
		return nil, errorsmod.Wrapf(machine.ErrStake, "machine %s has %d udbc at stake of %d: must have nine tenths; add stake first", id, m.Stake, m.StakeRequired)
	}
	rented, err := k.reserved(ctx, id)
	if err != nil {
		return nil, err
	}
	free := rented.free(m)
	if n == 0 {
		n = m.Whole()
	}
	if uint32(len(free)) < n {
		return nil, errorsmod.Wrapf(machine.ErrNoSlots, "machine %s: %d slots asked for, %d of %d are free; ask for fewer or choose another machine",
			id, n, len(free), m.Whole())
	}
	return free[:n], k.reserve(ctx, m, rented, free[:n], rentID)
}

// RestoreSlots reserves just these slots at import. A machine that is not on
// the market, nor was when they were rented, has none.
func (k *Keeper) RestoreSlots(ctx context.Context, id string, list []uint32, rentID uint64) error {
	m, err := k.load(ctx, id)
	if err != nil {
		return err
	}
	if m.State != machine.MACHINE_STATE_ONLINE && m.State != machine.MACHINE_STATE_OFFLINE {
		return errorsmod.Wrapf(machine.ErrState, "machine %s is %s: rental %d can't be open on it", id, m.State.Word(), rentID)
	}
	rented, err := k.reserved(ctx, id)
	if err != nil {
		return err
	}
	free := rented.free(m)
	for i, slot := range list {
		if !slices.Contains(free, slot) || slices.Contains(list[:i], slot) {
			return errorsmod.Wrapf(machine.ErrNoSlots, "machine %s: slot %d of rental %d does not exist or is rented twice", id, slot, rentID)
		}
	}
	return k.reserve(ctx, m, rented, list, rentID)
}

// reserve gives more slots of a machine to a rental.
func (k *Keeper) reserve(ctx context.Context, m machine.Machine, rented slots, list []uint32, rentID uint64) error {
	after := make(slots, m.Whole())
	copy(after, rented)
	for _, slot := range list {
		after[slot] = rentID
	}
	if err := k.Slots.Set(ctx, m.Id, after); err != nil {
		return err
	}
	return k.replaceOffers(ctx, offersOf(m, rented), offersOf(m, after))
}

// ReleaseSlots gives back the slots of a rental; without any it does nothing.
func (k *Keeper) ReleaseSlots(ctx context.Context, id string, rentID uint64) error {
	m, err := k.load(ctx, id)
	if err != nil {
		return err
	}
	rented, err := k.reserved(ctx, id)
	if err != nil {
		return err
	}
	after := slices.Clone(rented)
	for slot, by := range after {
		if by == rentID {
			after[slot] = 0
		}
	}
	switch {
	case slices.Equal(rented, after):
		return nil
	case len(after.rentals()) == 0:
		err = k.Slots.Remove(ctx, id)
	default:
		err = k.Slots.Set(ctx, id, after)
	}
	if err != nil {
		return err
	}
	return k.replaceOffers(ctx, offersOf(m, rented), offersOf(m, after))
}

// Rentals are those that hold slots of a machine, ascending.
func (k *Keeper) Rentals(ctx context.Context, id string) ([]uint64, error) {
	rented, err := k.reserved(ctx, id)
	return rented.rentals(), err
}

// RentedSlots are the slots of a machine that an account rents now, ascending.
func (k *Keeper) RentedSlots(ctx context.Context, id string, renter sdk.AccAddress) ([]uint32, error) {
	return k.hooks.RentedSlots(ctx, id, renter)
}

// slots are the rentals of a machine's slots, 0 where one is free, and none
// while all are.
type slots []uint64

// free are the slots that nobody rents, ascending.
func (s slots) free(m machine.Machine) []uint32 {
	free := make([]uint32, 0, m.Whole())
	for slot := range m.Whole() {
		if int(slot) >= len(s) || s[slot] == 0 {
			free = append(free, slot)
		}
	}
	return free
}

// rented counts the others.
func (s slots) rented() (n int) {
	for _, id := range s {
		if id != 0 {
			n++
		}
	}
	return n
}

// rentals are the distinct ones, ascending.
func (s slots) rentals() []uint64 {
	all := slices.DeleteFunc(slices.Clone(s), func(id uint64) bool { return id == 0 })
	slices.Sort(all)
	return slices.Compact(all)
}

func (k *Keeper) reserved(ctx context.Context, id string) (slots, error) {
	rented, err := k.Slots.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return nil, nil
	}
	return rented, err
}

func (k *Keeper) freeSlots(ctx context.Context, m machine.Machine) ([]uint32, error) {
	rented, err := k.reserved(ctx, m.Id)
	return rented.free(m), err
}

// unrented refuses what can't be done while rentals are open.
func (k *Keeper) unrented(ctx context.Context, id, remedy string) error {
	rented, err := k.reserved(ctx, id)
	if err != nil {
		return err
	}
	if n := rented.rented(); n > 0 {
		return errorsmod.Wrapf(machine.ErrRentalsOpen, "machine %s: %d slots are rented; %s", id, n, remedy)
	}
	return nil
}
