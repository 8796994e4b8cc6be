package keeper

import (
	"context"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// A trial's fee stays in escrow until the trial's outcome says who gets it.

// fundPool moves an amount from the escrow to the community pool.
func (k Keeper) fundPool(ctx context.Context, amount uint64) error {
	if amount == 0 {
		return nil
	}
	return k.distribution.FundCommunityPool(ctx, coins(amount), authtypes.NewModuleAddress(xrental.ModuleName))
}

// share returns how a transition divides a trial's fee.
func share(fee uint64, t rental.Transition) (s settlement) {
	switch {
	case t.Has(rental.FeeToPool):
		s.toPool = fee
	case t.Has(rental.ShareFee):
		s.toHost = rental.Half(fee)
		s.toPool = fee - s.toHost
	case t.Has(rental.ReturnFee):
		s.toRenter = fee
	}
	return s
}

// payFee pays a trial's fee as a transition says, and returns what it paid.
// What the host's stake pays in addition goes to the community pool, or an
// owner who rents their own machine would withdraw their stake.
func (k Keeper) payFee(ctx context.Context, r xrental.Rental, t rental.Transition) (settlement, error) {
	s := share(r.Fee, t)
	if err := k.payHost(ctx, r.MachineId, s.toHost); err != nil {
		return s, err
	}
	if err := k.pay(ctx, r.Renter, s.toRenter); err != nil {
		return s, err
	}
	if t.Has(rental.StakeToPool) {
		var err error
		if s.fromStake, err = k.machines.TakeFromStake(ctx, r.MachineId, xrental.ModuleName, r.FeeOwedByStake()); err != nil {
			return s, err
		}
	}
	return s, k.fundPool(ctx, s.toPool+s.fromStake) // no overflow: both are parts of the coin's supply
}

// over returns the event that time has caused for an open rental, as far as
// challenges allow: a trial that ends during one is decided with it.
func (k Keeper) over(ctx context.Context, r xrental.Rental, event rental.Event, at time.Time) (rental.Event, error) {
	if r.State != xrental.RENTAL_STATE_TRIAL {
		return event, nil
	}
	challenge, open, err := k.machines.OpenChallenge(ctx, r.MachineId)
	switch {
	case err != nil || !open:
		return event, err
	case event == rental.EventMachineOffline:
		return rental.EventChallengeUnanswered, nil // no block has closed it yet
	case challenge.Time.Before(at):
		return rental.EventOverInChallenge, nil
	}
	return event, nil
}

// decide gives a trial that ended during a challenge its reason, and pays its
// fee, by the verdict on the machine.
func (k Keeper) decide(ctx context.Context, r xrental.Rental, v rental.View) error {
	c, err := k.clock(ctx)
	if err != nil {
		return err
	}
	event := rental.EventDeadline
	switch {
	case !v.OfflineSince.IsZero() && v.OfflineSince.Before(v.Now):
		event = rental.EventChallengeUnanswered
	case r.End.Before(r.Deadline):
		event = rental.EventEnd
	}
	old := r
	t, err := rental.Next(rental.State(r.State), event)
	if err != nil {
		return xrental.ErrState.Wrap(err.Error())
	}
	record(&r, t, c.Now, c.Height)
	if err := emitTransition(ctx, r, t); err != nil {
		return err
	}
	return k.refund(ctx, old, r, t, c)
}

// takeMoney moves rent and fee of a quote from the renter into escrow.
func (k Keeper) takeMoney(ctx context.Context, renter sdk.AccAddress, q quote) error {
	if err := k.bank.SendCoinsFromAccountToModule(ctx, renter, xrental.ModuleName, coins(q.total)); err != nil {
		balance := k.bank.SpendableCoins(ctx, renter).AmountOf(machine.Denom)
		return detail.Funds(xrental.ErrFunds.Wrapf("rent of %dudbc and fee of %dudbc: %s; add money or take a shorter time", q.rent, q.fee, err),
			q.total, balance)
	}
	return nil
}
