package keeper

import (
	"context"
	"slices"
	"time"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/internal/account"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// live is a rental that is not over, after its machine's due rentals were settled.
func (k Keeper) live(ctx context.Context, id uint64) (xrental.Rental, clock, error) {
	c, err := k.clock(ctx)
	if err != nil {
		return xrental.Rental{}, c, err
	}
	r, err := k.rental(ctx, id)
	if err != nil {
		return r, c, err
	}
	if err := k.SettleDue(ctx, r.MachineId); err != nil {
		return r, c, err
	}
	if r, err = k.rental(ctx, id); err != nil {
		return r, c, err
	}
	// Whether or not it could be settled, it is over all the same.
	m, err := k.machines.GetMachine(ctx, r.MachineId)
	if err != nil {
		return r, c, err
	}
	state := position(r, m, c).At(c.now)
	if state.Open() {
		return r, c, nil
	}
	effective := r.Moved(c.halted)
	effective.State = xrental.RentalState(state)
	return r, c, late(effective, c.now)
}

func late(r xrental.Rental, now time.Time) error {
	if last := r.Transitions[len(r.Transitions)-1]; last.To == r.State {
		return xrental.ErrLate.Wrapf("rental %d is %s since %s (%s), now is %s; rent anew",
			r.Id, rental.State(r.State), stamp(last.Time), rental.Reason(last.Reason), stamp(now))
	}
	return xrental.ErrLate.Wrapf("rental %d is %s: its deadline to confirm was %s, its end %s, now is %s; rent anew",
		r.Id, rental.State(r.State), stamp(r.Deadline), stamp(r.End), stamp(now))
}

// named is the open rental of a renter that a message names by rent_id or, where it is the only one, by machine_id.
func (k Keeper) named(ctx context.Context, renter string, id uint64, machineID string) (xrental.Rental, clock, error) {
	renter = account.Canonical(renter)
	if id == 0 {
		only, err := k.only(ctx, renter, machineID)
		if err != nil {
			return xrental.Rental{}, clock{}, err
		}
		id = only
	}
	stored, err := k.rental(ctx, id)
	if err != nil {
		return stored, clock{}, err
	}
	if stored.Renter != renter {
		return stored, clock{}, xrental.ErrUnauthorized.Wrapf("renter is %s, rental %d is of %s", machine.Clip(renter), id, stored.Renter)
	}
	if machineID != "" && machineID != stored.MachineId {
		return stored, clock{}, xrental.ErrInvalid.Wrapf("machine_id is %s, rental %d is on %s; leave one of the two out", machine.Clip(machineID), id, stored.MachineId)
	}
	return k.live(ctx, id)
}

// only is the one open rental of a renter on a machine.
func (k Keeper) only(ctx context.Context, renter, machineID string) (uint64, error) {
	if machineID == "" {
		return 0, xrental.ErrInvalid.Wrap("rent_id is 0 and machine_id is empty; give one of the two")
	}
	var found []uint64
	if addr, err := sdk.AccAddressFromBech32(renter); err == nil { // nobody else has rentals
		mine, err := k.openOf(ctx, addr, machineID)
		if err != nil {
			return 0, err
		}
		for _, r := range mine {
			found = append(found, r.Id)
		}
	}
	if len(found) != 1 {
		return 0, xrental.ErrAmbiguous.Wrapf("machine_id is %s, where %s has %d open rentals %v; give the rent_id", machine.Clip(machineID), machine.Clip(renter), len(found), found)
	}
	return found[0], nil
}

// openOf are the rentals of a renter on a machine that are not over, ascending.
// It reads none of others, who would else make his messages dear.
func (k Keeper) openOf(ctx context.Context, renter sdk.AccAddress, machineID string) ([]xrental.Rental, error) {
	c, err := k.clock(ctx)
	if err != nil {
		return nil, err
	}
	here, err := k.machines.Rentals(ctx, machineID)
	if err != nil {
		return nil, err
	}
	var ids []uint64
	err = k.openByRenter.Walk(ctx, collections.NewPrefixedPairRange[sdk.AccAddress, uint64](renter),
		func(key collections.Pair[sdk.AccAddress, uint64]) (bool, error) {
			if slices.Contains(here, key.K2()) {
				ids = append(ids, key.K2())
			}
			return false, nil
		})
	if err != nil {
		return nil, err
	}
	var open []xrental.Rental
	for _, id := range ids {
		r, err := k.rental(ctx, id)
		if err != nil {
			return nil, err
		}
		if rental.State(r.Effective(c.now, c.halted).State).Open() {
			open = append(open, r)
		}
	}
	return open, nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
