package keeper

import (
	"context"
	"slices"
	"time"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/detail"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// takePenalty takes a broken rental's penalty from the stake: a part is paid to the renter
// at once, the rest is held in escrow until unbonding_time has passed.
func (k Keeper) takePenalty(ctx context.Context, r *xrental.Rental, penalty uint64) error {
	atOnce := r.Terms().AtOnce(penalty)
	paid, err := k.payFromStake(ctx, *r, atOnce)
	if err != nil {
		return err
	}
	r.FromStake = paid
	if penalty == atOnce || paid < atOnce {
		return nil
	}
	held, err := k.machines.TakeFromStake(ctx, r.MachineId, xrental.ModuleName, penalty-atOnce)
	if err != nil || held == 0 {
		return err
	}
	unbonding, err := k.machines.UnbondingTime(ctx)
	if err != nil {
		return err
	}
	until := sdk.UnwrapSDKContext(ctx).BlockTime().Add(unbonding)
	r.FromStake, r.HeldPenalty, r.HeldUntil = paid+held, held, &until
	return nil
}

// penalty returns what a break of the rental takes from the stake, as far as that
// suffices.
func penalty(r xrental.Rental, reason rental.Reason, v rental.View) uint64 {
	account := r.Account()
	unearned := account.Unearned(v)
	if reason == rental.ReasonBrokenByRenter {
		unearned = account.UnearnedWithin(v, rental.RenterPenaltyTime)
	}
	return r.Terms().Penalty(unearned)
}

// payHeld pays a held penalty to the renter, if it is due.
func (k Keeper) payHeld(ctx context.Context, r xrental.Rental, now time.Time) error {
	if !r.Held() || now.Before(*r.HeldUntil) {
		return nil
	}
	old, amount := r, r.HeldPenalty
	if err := k.pay(ctx, r.Renter, amount); err != nil {
		return err
	}
	r.HeldPenalty = 0
	if err := k.save(ctx, &old, r); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&xrental.EventPenaltyPaid{RentId: r.Id, Renter: r.Renter, Amount: amount})
}

// heldIsDue refuses to pay a held penalty before its time. The renter may claim one that
// is due and that no end block could pay: a parked one is not retried automatically.
func (k Keeper) heldIsDue(ctx context.Context, r xrental.Rental) error {
	now := sdk.UnwrapSDKContext(ctx).BlockTime()
	if now.Before(*r.HeldUntil) {
		return detail.Add(xrental.ErrState.Wrapf("the penalty of rental %d is held until %s, then it is paid by itself", r.Id, stamp(*r.HeldUntil)),
			detail.Map{"rent_id": r.Id, detail.RetryAt: *r.HeldUntil})
	}
	return nil
}

// TakeHeldPenalties moves an amount, at most what is held for broken rentals of
// a machine, to a module, oldest first, and returns how much it was. A slash
// calls it before it takes from the stake. Its work is bounded by money: each of
// the machine's held penalties took min_penalty out of the stake and cost a fee.
func (k Keeper) TakeHeldPenalties(ctx context.Context, machineID, module string, amount uint64) (uint64, error) {
	ids, err := k.heldOf(ctx, machineID)
	if err != nil {
		return 0, err
	}
	left := amount
	for _, id := range ids {
		if left == 0 {
			break
		}
		taken, err := k.slashHeld(ctx, id, left)
		if err != nil {
			return 0, err
		}
		left -= taken
	}
	if left == amount {
		return 0, nil
	}
	return amount - left, k.bank.SendCoinsFromModuleToModule(ctx, xrental.ModuleName, module, coins(amount-left))
}

// heldOf returns the rentals of a machine with a held penalty, oldest first.
func (k Keeper) heldOf(ctx context.Context, machineID string) ([]uint64, error) {
	it, err := k.heldByMachine.Iterate(ctx, collections.NewPrefixedPairRange[string, uint64](machineID))
	if err != nil {
		return nil, err
	}
	keys, err := it.Keys()
	if err != nil {
		return nil, err
	}
	ids := make([]uint64, len(keys))
	for i, key := range keys {
		ids[i] = key.K2()
	}
	slices.Sort(ids)
	return ids, nil
}

func (k Keeper) slashHeld(ctx context.Context, id, most uint64) (uint64, error) {
	r, err := k.rental(ctx, id)
	if err != nil {
		return 0, err
	}
	old, taken := r, min(most, r.HeldPenalty)
	r.HeldPenalty -= taken
	r.SlashedPenalty += taken
	if !r.Held() { // nothing is left to fail
		if _, err := k.failed.Clear(ctx, id); err != nil {
			return 0, err
		}
	}
	if err := k.save(ctx, &old, r); err != nil {
		return 0, err
	}
	return taken, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&xrental.EventPenaltySlashed{RentId: id, MachineId: r.MachineId, Amount: taken})
}
