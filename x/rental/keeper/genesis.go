package keeper

import (
	"context"
	"fmt"
	"time"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// InitGenesis stores the rentals, which rebuilds indexes and queues, reserves
// their slots and checks the escrow. It runs after bank and x/machine.
func (k Keeper) InitGenesis(ctx context.Context, gs xrental.GenesisState) error {
	if err := gs.Validate(); err != nil {
		return err
	}
	if err := k.Params.Set(ctx, gs.Params); err != nil {
		return err
	}
	if err := k.NextID.Set(ctx, gs.NextRentId); err != nil {
		return err
	}
	now := sdk.UnwrapSDKContext(ctx).BlockTime()
	if err := gs.CheckTime(now); err != nil {
		return err
	}
	for _, r := range gs.Rentals {
		renter, err := k.renter(r.Renter)
		if err != nil {
			return fmt.Errorf("rental %d: %w", r.Id, err)
		}
		r.Renter = renter.String()
		if err := k.save(ctx, nil, r); err != nil {
			return fmt.Errorf("rental %d: %w", r.Id, err)
		}
		if !rental.State(r.State).Open() {
			continue
		}
		if err := k.machines.RestoreSlots(ctx, r.MachineId, r.Slots, r.Id); err != nil {
			return fmt.Errorf("rental %d: reserve its slots: %w", r.Id, err)
		}
	}
	for _, v := range gs.Verdicts {
		if err := k.putVerdict(ctx, v); err != nil {
			return err
		}
	}
	for _, c := range gs.Cooldowns {
		renter, err := k.renter(c.Renter)
		if err != nil {
			return err
		}
		if err := k.setCooldown(ctx, renter, c.MachineId, c.Until); err != nil {
			return err
		}
	}
	return k.CheckInvariants(ctx)
}

// ExportGenesis returns all that can't be derived.
func (k Keeper) ExportGenesis(ctx context.Context) (*xrental.GenesisState, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	next, err := k.NextID.Peek(ctx)
	if err != nil {
		return nil, err
	}
	gs := &xrental.GenesisState{Params: params, NextRentId: next}
	err = k.Rentals.Walk(ctx, nil, func(id uint64, r xrental.Rental) (bool, error) {
		gs.Rentals = append(gs.Rentals, r)
		if rental.State(r.State).Closed() && !r.Settled() {
			gs.Unsettled = append(gs.Unsettled, id)
		}
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	err = k.verdicts.Walk(ctx, nil, func(_ collections.Pair[string, time.Time], v xrental.Verdict) (bool, error) {
		gs.Verdicts = append(gs.Verdicts, v)
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	err = k.cooldowns.Walk(ctx, nil, func(key collections.Pair[sdk.AccAddress, string], until time.Time) (bool, error) {
		gs.Cooldowns = append(gs.Cooldowns, xrental.Cooldown{Renter: key.K1().String(), MachineId: key.K2(), Until: until})
		return false, nil
	})
	return gs, err
}
