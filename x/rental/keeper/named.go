package keeper

import (
	"context"
	"slices"
	"time"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/internal/account"
	"github.com/dbc-network/dbc/x/internal/halt"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// live returns a rental that is not over. It settles nothing: for a rental that is
// over the message is refused, which would undo the settlement.
func (k Keeper) live(ctx context.Context, id uint64) (xrental.Rental, halt.Clock, error) {
	c, err := k.clock(ctx)
	if err != nil {
		return xrental.Rental{}, c, err
	}
	r, err := k.rental(ctx, id)
	if err != nil {
		return r, c, err
	}
	// Whether or not a block settled it, it is over at its time.
	m, err := k.machines.GetMachine(ctx, r.MachineId)
	if err != nil {
		return r, c, err
	}
	state := position(r, m, c).At(c.Now)
	if state.Open() {
		return r, c, nil
	}
	effective := r.Moved(c.Halted)
	effective.State = xrental.RentalState(state)
	return r, c, late(effective, c.Now)
}

func late(r xrental.Rental, now time.Time) error {
	if last := r.Transitions[len(r.Transitions)-1]; last.To == r.State {
		return detail.Add(xrental.ErrLate.Wrapf("rental %d is %s since %s (%s), now is %s; rent anew",
			r.Id, rental.State(r.State), stamp(last.Time), rental.Reason(last.Reason), stamp(now)),
			detail.Map{"rent_id": r.Id, "state": rental.State(r.State), "since": last.Time})
	}
	return detail.Add(xrental.ErrLate.Wrapf("rental %d is %s: its deadline to confirm was %s, its end %s, now is %s; rent anew",
		r.Id, rental.State(r.State), stamp(r.Deadline), stamp(r.End), stamp(now)),
		detail.Map{"rent_id": r.Id, "state": rental.State(r.State)})
}

// named returns the open rental of a renter that a message names by rent_id or, if it is
// the only one, by machine_id.
func (k Keeper) named(ctx context.Context, renter string, id uint64, machineID string) (xrental.Rental, halt.Clock, error) {
	renter = account.Canonical(renter)
	if id == 0 {
		only, err := k.only(ctx, renter, machineID)
		if err != nil {
			return xrental.Rental{}, halt.Clock{}, err
		}
		id = only
	}
	stored, err := k.rental(ctx, id)
	if err != nil {
		return stored, halt.Clock{}, err
	}
	if stored.Renter != renter {
		return stored, halt.Clock{}, detail.Add(xrental.ErrUnauthorized.Wrapf("renter is %s, rental %d is of %s", machine.Clip(renter), id, stored.Renter),
			detail.Map{"rent_id": id, "renter": stored.Renter})
	}
	if machineID != "" && machineID != stored.MachineId {
		return stored, halt.Clock{}, xrental.ErrInvalid.Wrapf("machine_id is %s, rental %d is on %s; leave one of the two out", machine.Clip(machineID), id, stored.MachineId)
	}
	return k.live(ctx, id)
}

// only returns the one open rental of a renter on a machine.
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
		return 0, detail.Add(xrental.ErrAmbiguous.Wrapf("machine_id is %s, where %s has %d open rentals %v; give the rent_id", machine.Clip(machineID), machine.Clip(renter), len(found), found),
			detail.Map{"rent_ids": found})
	}
	return found[0], nil
}

// openOf returns the rentals of a renter on a machine that are not over, ascending. It
// reads no others, or other renters could make the message expensive.
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
		if rental.State(r.Effective(c.Now, c.Halted).State).Open() {
			open = append(open, r)
		}
	}
	return open, nil
}

// Rents reports whether an account has an open rental, without reading a record.
func (k Keeper) Rents(ctx context.Context, renter sdk.AccAddress, id uint64) bool {
	open, err := k.openByRenter.Has(ctx, collections.Join(renter, id))
	return err == nil && open
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
