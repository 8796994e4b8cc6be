package keeper

import (
	"context"
	"errors"
	"slices"

	"cosmossdk.io/collections"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

const (
	// maxSettled is how many rentals a message that touches a machine settles.
	maxSettled = 4
	// settleGas is what a message pays for that, whatever there is to settle: the
	// end block would do the same for nobody's gas. lookGas is for each rental
	// that is open on the machine, at most one for each slot.
	settleGas, lookGas = 5_000, 200
)

// unmetered counts no gas: for work that is bounded and the chain's own.
func unmetered(ctx context.Context) sdk.Context {
	return sdk.UnwrapSDKContext(ctx).WithGasMeter(storetypes.NewInfiniteGasMeter())
}

// SettleDue settles at most maxSettled of what is open on a machine and over.
// A message that touches a machine calls it first. What it leaves is over all
// the same, and settled by the end block.
func (k Keeper) SettleDue(ctx context.Context, machineID string) error {
	free := unmetered(ctx)
	open, err := k.machines.Rentals(free, machineID)
	if err != nil || len(open) == 0 {
		return err
	}
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(settleGas+lookGas*uint64(len(open)), "settle due rentals")
	c, err := k.clock(free)
	if err != nil {
		return err
	}
	due, parked, err := k.dueOf(free, machineID, open, c)
	if err != nil {
		return err
	}
	due = due[:min(len(due), maxSettled)]
	for _, id := range due {
		if err := k.attempt(free, id, k.settle); err != nil {
			k.logger.Error("rental not settled", "rent_id", id, "machine_id", machineID, "error", err)
		}
	}
	for _, it := range parked[:min(len(parked), maxSettled-len(due))] {
		if failed := k.attempt(free, it.id, k.settle); failed != nil {
			if err := k.fail(free, it.id, c.now, failed); err != nil { // the others have their turn before it
				return err
			}
		}
	}
	return nil
}

// dueOf are those of a machine's open rentals that are over: the ones that did
// not fail, and those that are parked, the longest first. The others come back by themselves.
func (k Keeper) dueOf(ctx context.Context, machineID string, open []uint64, c clock) (due []uint64, parked []item, err error) {
	m, err := k.machines.GetMachine(ctx, machineID)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range open {
		r, err := k.rental(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		if _, _, over := position(r, m, c).Due(c.now); !over {
			continue
		}
		switch failure, err := k.failures.Get(ctx, id); {
		case errors.Is(err, collections.ErrNotFound):
			due = append(due, id)
		case err != nil:
			return nil, nil, err
		case failure.Attempts >= maxAttempts:
			parked = append(parked, item{failure.Next, id})
		}
	}
	slices.SortStableFunc(parked, func(a, b item) int { return a.at.Compare(b.at) })
	return due, parked, nil
}

// settleNamed settles a rental that a message names, at the cost of its sender.
func (k Keeper) settleNamed(ctx context.Context, r xrental.Rental) error {
	c, err := k.clock(ctx)
	if err != nil || r.Settled() {
		return err
	}
	if rental.State(r.State).Open() {
		m, err := k.machines.GetMachine(ctx, r.MachineId)
		if err != nil {
			return err
		}
		if _, _, due := position(r, m, c).Due(c.now); !due {
			return nil
		}
	}
	if err := k.attempt(ctx, r.Id, k.settle); err != nil {
		k.logger.Error("rental not settled", "rent_id", r.Id, "machine_id", r.MachineId, "error", err)
	}
	return nil
}
