package keeper

import (
	"context"
	"time"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/internal/halt"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// coins returns an amount of udbc.
func coins(amount uint64) sdk.Coins {
	return sdk.NewCoins(sdk.NewCoin(xrental.Denom, math.NewIntFromUint64(amount)))
}

// pay moves an amount out of the escrow.
func (k Keeper) pay(ctx context.Context, to string, amount uint64) error {
	if amount == 0 {
		return nil
	}
	addr, err := sdk.AccAddressFromBech32(to)
	if err != nil {
		return xrental.ErrInvalid.Wrapf("address is %q: %s", to, err)
	}
	return k.bank.SendCoinsFromModuleToAccount(ctx, xrental.ModuleName, addr, coins(amount))
}

// payHost pays rent to a machine's host, with a part of it going into a short
// stake. It is the only way in which a host is paid.
func (k Keeper) payHost(ctx context.Context, machineID string, amount uint64) error {
	_, err := k.machines.PayHost(ctx, machineID, xrental.ModuleName, amount)
	return err
}

// settlement is what one closing paid.
type settlement struct {
	toHost, toRenter, toPool, fromStake, held uint64
}

// close makes a rental's last transition: at is when it was over, which is in
// the past if the block only now records what time has caused.
func (k Keeper) close(ctx context.Context, r xrental.Rental, event rental.Event, at time.Time, c halt.Clock) error {
	return k.closeFor(ctx, r, event, xrental.CAUSE_UNSPECIFIED, at, c)
}

// closeFor is close with the cause that the renter named.
func (k Keeper) closeFor(ctx context.Context, r xrental.Rental, event rental.Event, cause xrental.Cause, at time.Time, c halt.Clock) error {
	old := r
	t, err := rental.Next(rental.State(r.State), event)
	if err != nil {
		return xrental.ErrState.Wrap(err.Error())
	}
	if last := r.Transitions[len(r.Transitions)-1].Time; at.Before(last) {
		at = last // an unanswered challenge may be older than the trial
	}
	r = r.Moved(c.Halted) // for good: no later halt moves a deadline that has passed
	record(&r, t, at, c.Height)
	r.Transitions[len(r.Transitions)-1].Cause = cause
	if err := k.machines.ReleaseSlots(ctx, r.MachineId, r.Id); err != nil {
		return err
	}
	if err := k.machines.RecordRentalEnd(ctx, r.MachineId, at); err != nil {
		return err
	}
	if _, err := k.failed.Clear(ctx, r.Id); err != nil {
		return err
	}
	if err := emitTransition(ctx, r, t); err != nil {
		return err
	}
	if t.Has(rental.PayEarned) {
		v, err := k.present(ctx, r, c)
		if err != nil {
			return err
		}
		if !v.ChallengedAt.IsZero() {
			return k.save(ctx, &old, r) // what was earned is decided with the challenge
		}
		return k.payOut(ctx, old, r, t, v)
	}
	return k.refund(ctx, old, r, t, c)
}

// refund returns the whole rent of a trial, and pays its fee to whom it belongs.
func (k Keeper) refund(ctx context.Context, old, r xrental.Rental, t rental.Transition, c halt.Clock) error {
	s, err := k.payFee(ctx, r, t)
	if err != nil {
		return err
	}
	r.FromStake = s.fromStake
	if t.Has(rental.ReturnRent) {
		if err := k.pay(ctx, r.Renter, r.Paid); err != nil {
			return err
		}
		s.toRenter += r.Paid // no overflow: both were in escrow
	}
	if t.Has(rental.StartCooldown) {
		if err := k.startCooldown(ctx, r, c.Now); err != nil {
			return err
		}
	}
	r.SetAccount(r.Account().Refund())
	if err := k.save(ctx, &old, r); err != nil {
		return err
	}
	return emitSettled(ctx, r.Id, s)
}

// payOut gives the host what was earned and the renter the rest, with the penalty if the
// host was the cause.
func (k Keeper) payOut(ctx context.Context, old, r xrental.Rental, t rental.Transition, v rental.View) error {
	account := r.Account()
	s := settlement{toHost: account.Unclaimed(v), toRenter: account.Unearned(v)}
	if err := k.payHost(ctx, r.MachineId, s.toHost); err != nil {
		return err
	}
	if err := k.pay(ctx, r.Renter, s.toRenter); err != nil {
		return err
	}
	if t.Has(rental.PayPenalty) {
		if err := k.takePenalty(ctx, &r, penalty(r, t.Reason, v)); err != nil {
			return err
		}
		s.fromStake, s.held = r.FromStake, r.HeldPenalty
	}
	outage, err := k.outage(ctx, r, v)
	if err != nil {
		return err
	}
	r.OutageNs = int64(outage) // one that still lasts is added by nothing else
	r.SetAccount(account.Settle(v))
	if err := k.save(ctx, &old, r); err != nil {
		return err
	}
	return emitSettled(ctx, r.Id, s)
}

func (k Keeper) payFromStake(ctx context.Context, r xrental.Rental, amount uint64) (uint64, error) {
	if amount == 0 {
		return 0, nil
	}
	renter, err := sdk.AccAddressFromBech32(r.Renter)
	if err != nil {
		return 0, xrental.ErrInvalid.Wrapf("renter is %q: %s", r.Renter, err)
	}
	return k.machines.PayFromStake(ctx, r.MachineId, renter, amount)
}

// settle applies what time has caused for one rental, if anything: it closes
// one that is due, or pays out one that was over and waited for a challenge.
func (k Keeper) settle(ctx context.Context, id uint64) error {
	r, err := k.rental(ctx, id)
	if err != nil {
		return err
	}
	c, err := k.clock(ctx)
	if err != nil {
		return err
	}
	if rental.State(r.State).Open() {
		if c, err = k.passed(ctx, r, c); err != nil {
			return err
		}
		event, at, due, err := k.madeOver(ctx, r, c)
		if err != nil {
			return err
		}
		if due {
			return k.close(ctx, r, event, at, c)
		}
		return k.requeue(ctx, r)
	}
	if _, err := k.failed.Clear(ctx, id); err != nil {
		return err
	}
	if r.Settled() {
		return k.payHeld(ctx, r, c.Now)
	}
	return k.settleJudged(ctx, r)
}

// madeOver returns the event that ended an open rental, and when; due is false
// while it is not over.
func (k Keeper) madeOver(ctx context.Context, r xrental.Rental, c halt.Clock) (event rental.Event, at time.Time, due bool, err error) {
	m, err := k.machines.GetMachine(ctx, r.MachineId)
	if err != nil {
		return 0, at, false, err
	}
	if event, at, due = position(r, m, c).Due(c.Now); due {
		event, err = k.over(ctx, r, event, at)
	}
	return event, at, due, err
}

// passed returns the clock by which a trial is recorded: without the halts
// since its deadline, which came after it was over.
func (k Keeper) passed(ctx context.Context, r xrental.Rental, c halt.Clock) (halt.Clock, error) {
	if r.State != xrental.RENTAL_STATE_TRIAL {
		return c, nil
	}
	deadline, err := k.machines.PassedDeadline(ctx, r.Deadline)
	c.Halted = deadline.Sub(r.Deadline)
	return c, err
}

// position returns the position of a stored rental.
func position(r xrental.Rental, m machine.Machine, c halt.Clock) rental.Position {
	p := r.Moved(c.Halted).Position()
	if m.OfflineSince != nil {
		p.OfflineSince = *m.OfflineSince
	}
	return p
}

// record changes the state and adds it to the history.
func record(r *xrental.Rental, t rental.Transition, at time.Time, height int64) {
	r.State = xrental.RentalState(t.To)
	line := xrental.Transition{
		Time: at, From: xrental.RentalState(t.From), To: xrental.RentalState(t.To), Reason: xrental.Reason(t.Reason), Height: height,
	}
	lines := append(append([]xrental.Transition(nil), r.Transitions...), line)
	r.Transitions = lines[max(0, len(lines)-xrental.MaxTransitions):]
}

func emitTransition(ctx context.Context, r xrental.Rental, t rental.Transition) error {
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&xrental.EventTransition{
		RentId: r.Id, Renter: r.Renter, MachineId: r.MachineId,
		From: xrental.RentalState(t.From), To: xrental.RentalState(t.To), Reason: xrental.Reason(t.Reason),
		End: r.End, Deadline: r.Deadline, Cause: r.Transitions[len(r.Transitions)-1].Cause,
	})
}

func emitSettled(ctx context.Context, id uint64, s settlement) error {
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&xrental.EventSettled{
		RentId: id, ToHost: s.toHost, ToRenter: s.toRenter, FromStake: s.fromStake, Held: s.held, ToPool: s.toPool,
	})
}
