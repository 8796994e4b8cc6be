package keeper

import (
	"context"
	"time"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/internal/halt"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// length returns the length of an outage without halts of the chain, which do not count.
func (k Keeper) length(ctx context.Context, outage rental.Span) (time.Duration, error) {
	halted, err := k.machines.HaltedBetween(ctx, outage.From, outage.To)
	return outage.Length() - halted, err
}

// outage returns how long a rental's machine was offline during the rental until now.
func (k Keeper) outage(ctx context.Context, r xrental.Rental, v rental.View) (time.Duration, error) {
	lasting, err := k.length(ctx, rental.Lasting(r.Start, r.End, v))
	return time.Duration(r.OutageNs) + lasting, err
}

func (k Keeper) accountOutage(ctx context.Context, id uint64, from, to time.Time) error {
	r, err := k.rental(ctx, id)
	if err != nil {
		return err
	}
	old := r
	outage, err := k.length(ctx, rental.Overlap(r.Start, r.End, from, to))
	if err != nil {
		return err
	}
	r.SetAccount(r.Account().Outage(from, to))
	r.OutageNs += int64(outage)
	if outage > 0 {
		r.OutageEnded = &to
	}
	return k.save(ctx, &old, r)
}

// breakRight returns whether the renter may break an active rental now, and until when.
func (k Keeper) breakRight(ctx context.Context, r xrental.Rental, m machine.Machine, c halt.Clock) (rental.BreakRight, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return rental.BreakRight{}, err
	}
	right := rental.BreakRight{Limit: rental.BreakLimit(r.Longest(), params.MaxOutage), Offline: m.OfflineSince != nil}
	v := rental.View{Now: c.Now}
	if right.Offline {
		v.OfflineSince = *m.OfflineSince
	}
	if right.Outage, err = k.outage(ctx, r, v); err != nil || r.OutageEnded == nil {
		return right, err
	}
	halted, err := k.machines.HaltedBetween(ctx, *r.OutageEnded, c.Now)
	right.Until = r.OutageEnded.Add(rental.BreakGrace + halted)
	return right, err
}

// renterBreak returns the right as Explain shows it, with what a break would bring.
func (k Keeper) renterBreak(ctx context.Context, r xrental.Rental, c halt.Clock) (*xrental.RenterBreak, error) {
	if r.State != xrental.RENTAL_STATE_ACTIVE {
		return nil, nil
	}
	m, err := k.machines.GetMachine(ctx, r.MachineId)
	if err != nil {
		return nil, err
	}
	right, err := k.breakRight(ctx, r, m, c)
	if err != nil {
		return nil, err
	}
	v, err := k.view(ctx, r, c)
	if err != nil {
		return nil, err
	}
	sum := penalty(r, rental.ReasonBrokenByRenter, v)
	reply := &xrental.RenterBreak{
		Allowed: right.Allowed(c.Now), Outage: right.Outage, Limit: right.Limit, Penalty: sum, PenaltyAtOnce: r.Terms().AtOnce(sum),
	}
	if !right.Offline && !right.Until.IsZero() {
		reply.Until = &right.Until
	}
	return reply, nil
}
