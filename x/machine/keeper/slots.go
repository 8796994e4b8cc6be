package keeper

import (
	"context"
	"errors"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
)

// FreeSlots returns the slots of a machine that can be rented, ascending: nobody
// rents them, and they are in service.
func (k *Keeper) FreeSlots(ctx context.Context, id string) ([]uint32, error) {
	m, err := k.load(ctx, id)
	if err != nil {
		return nil, err
	}
	return k.freeSlots(ctx, m)
}

// ReserveSlots reserves the n lowest free slots of a machine, or for n = 0 all
// that are in service, which must then be free. The machine must be online and
// not below its stake.
func (k *Keeper) ReserveSlots(ctx context.Context, id string, n uint32, rentID uint64) ([]uint32, error) {
	m, err := k.GetMachine(ctx, id)
	if err != nil {
		return nil, err
	}
	if m.State != machine.MACHINE_STATE_ONLINE {
		return nil, detail.Add(machine.ErrState.Wrapf("machine %s is %s: must be online; choose another machine", id, m.State.Word()),
			detail.Map{"machine_id": id, "state": m.State.Word()})
	}
	if m.BelowStake() {
		return nil, detail.Add(machine.ErrStake.Wrapf("machine %s has %dudbc at stake of %dudbc: must have nine tenths; add stake first", id, m.Stake, m.StakeRequired),
			detail.Map{"machine_id": id, "stake": m.Stake, "stake_required": m.StakeRequired})
	}
	rented, err := k.reserved(ctx, id)
	if err != nil {
		return nil, err
	}
	free := rented.free(m)
	if n == 0 {
		n = m.InService()
	}
	if uint32(len(free)) < n || n == 0 {
		return nil, detail.Add(machine.ErrNoSlots.Wrapf("machine %s: %d slots asked for, %d of %d are free and in service; ask for fewer or choose another machine",
			id, n, len(free), m.Whole()),
			detail.Map{"machine_id": id, "slots": n, "free": len(free)})
	}
	return free[:n], k.reserve(ctx, m, rented, free[:n], rentID)
}

// RestoreSlots reserves exactly these slots at import. A machine that is not on
// the market, nor was when they were rented, has none.
func (k *Keeper) RestoreSlots(ctx context.Context, id string, list []uint32, rentID uint64) error {
	m, err := k.load(ctx, id)
	if err != nil {
		return err
	}
	if m.State != machine.MACHINE_STATE_ONLINE && m.State != machine.MACHINE_STATE_OFFLINE {
		return machine.ErrState.Wrapf("machine %s is %s: rental %d can't be open on it", id, m.State.Word(), rentID)
	}
	rented, err := k.reserved(ctx, id)
	if err != nil {
		return err
	}
	free := rented.unrented(m) // a rental keeps a slot that went out of service
	for i, slot := range list {
		if !slices.Contains(free, slot) || slices.Contains(list[:i], slot) {
			return machine.ErrNoSlots.Wrapf("machine %s: slot %d of rental %d does not exist or is rented twice", id, slot, rentID)
		}
	}
	return k.reserve(ctx, m, rented, list, rentID)
}

// reserve gives a rental more slots of a machine.
func (k *Keeper) reserve(ctx context.Context, m machine.Machine, rented slots, list []uint32, rentID uint64) error {
	after := make(slots, m.Whole())
	copy(after, rented)
	for _, slot := range list {
		after[slot] = rentID
	}
	if err := k.Slots.Set(ctx, m.Id, after); err != nil {
		return err
	}
	return k.replaceOffer(ctx, m.Id, placeOf(m, rented), placeOf(m, after))
}

// ReleaseSlots releases the slots of a rental; without any it does nothing.
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
	return k.replaceOffer(ctx, m.Id, placeOf(m, rented), placeOf(m, after))
}

// Rentals returns those that hold slots of a machine, ascending.
func (k *Keeper) Rentals(ctx context.Context, id string) ([]uint64, error) {
	rented, err := k.reserved(ctx, id)
	return rented.rentals(), err
}

// RentedSlots returns the slots of a machine that an account rents now, ascending.
func (k *Keeper) RentedSlots(ctx context.Context, id string, renter sdk.AccAddress) ([]uint32, error) {
	return k.rentals.RentedSlots(ctx, id, renter)
}

// slots are the rentals of a machine's slots, 0 where one is free, and empty
// while all are.
type slots []uint64

// free returns the slots that nobody rents and that are in service, ascending.
func (s slots) free(m machine.Machine) []uint32 {
	return slices.DeleteFunc(s.unrented(m), func(slot uint32) bool { return !m.Serves(slot) })
}

// unrented returns the slots that nobody rents, ascending.
func (s slots) unrented(m machine.Machine) []uint32 {
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

// rentals returns the distinct ones, ascending.
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

// UnrentedSlots returns the slots of a machine that nobody rents, in service or not.
func (k *Keeper) UnrentedSlots(ctx context.Context, id string) ([]uint32, error) {
	m, err := k.load(ctx, id)
	if err != nil {
		return nil, err
	}
	rented, err := k.reserved(ctx, id)
	return rented.unrented(m), err
}

func (k *Keeper) freeSlots(ctx context.Context, m machine.Machine) ([]uint32, error) {
	rented, err := k.reserved(ctx, m.Id)
	return rented.free(m), err
}

// unrented refuses what can't be done while rentals are open. Those that are over
// are settled at the sender's cost if that frees the machine; so it has to be a
// message's last check.
func (k *Keeper) unrented(ctx context.Context, id, remedy string) error {
	rented, err := k.reserved(ctx, id)
	if err != nil {
		return err
	}
	if rented.rented() > 0 {
		if err := k.rentals.SettleDue(ctx, id); err != nil {
			return err
		}
		if rented, err = k.reserved(ctx, id); err != nil {
			return err
		}
	}
	if n := rented.rented(); n > 0 {
		return detail.Add(machine.ErrRentalsOpen.Wrapf("machine %s: %d slots are rented; %s", id, n, remedy),
			detail.Map{"machine_id": id, "slots": n})
	}
	return nil
}
