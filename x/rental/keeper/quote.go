package keeper

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// quote is what a message would cost and do now. Message and query share it, so
// that what was quoted is what is charged.
type quote struct {
	machine   machine.Machine
	length    time.Duration
	rent, fee uint64
	total     uint64
	slots     uint32
	end       time.Time
	deadline  time.Time
}

// quoteRent returns what a new rental of a number of slots costs, 0 for the whole machine.
func (k Keeper) quoteRent(ctx context.Context, p xrental.Params, now time.Time, machineID string, seconds uint64, slots uint32) (quote, error) {
	m, err := k.rentable(ctx, machineID)
	if err != nil {
		return quote{}, err
	}
	if m.BelowStake() {
		return quote{}, detail.Add(xrental.ErrNotRentable.Wrapf("machine %s has %dudbc at stake, it must have nine tenths of %dudbc; add stake first, or take another",
			machineID, m.Stake, m.StakeRequired),
			detail.Map{"machine_id": machineID, "stake": m.Stake, "stake_required": m.StakeRequired})
	}
	length, err := p.Limits().Duration(seconds)
	if err != nil {
		return quote{}, bounded(p, err)
	}
	all := m.InService()
	if slots == 0 {
		slots = all
	}
	if slots > all || slots == 0 {
		return quote{}, detail.Add(xrental.ErrNotRentable.Wrapf("slots is %d, machine %s has %d in service; take at most that, or another machine", slots, machineID, all),
			detail.Map{"machine_id": machineID, "slots": slots, "slots_in_service": all})
	}
	q := quote{machine: m, length: length, slots: slots, end: now.Add(length), deadline: now.Add(p.TrialWindow)}
	if q.deadline.After(q.end) {
		q.deadline = q.end
	}
	if err := checkDrain(m, q.end); err != nil {
		return quote{}, err
	}
	if q.rent, err = rental.Price(m.PricePerDay, slots, seconds); err != nil {
		return quote{}, refusal(err)
	}
	if q.fee, err = rental.Fee(p.Fee, p.TrialFeeRatioBps, m.PricePerDay, slots, p.TrialWindow); err != nil {
		return quote{}, refusal(err)
	}
	if q.total, err = rental.Total(q.rent, q.fee); err != nil {
		return quote{}, refusal(err)
	}
	return q, nil
}

// quoteRenewal returns what more time of an active rental costs, at today's price.
func (k Keeper) quoteRenewal(ctx context.Context, p xrental.Params, now time.Time, r xrental.Rental, seconds uint64) (quote, error) {
	m, err := k.rentable(ctx, r.MachineId)
	if err != nil {
		return quote{}, err
	}
	length, err := p.Limits().Renewal(r.End, now, seconds)
	if err != nil {
		return quote{}, bounded(p, err)
	}
	q := quote{machine: m, length: length, slots: uint32(len(r.Slots)), end: r.End.Add(length)}
	if err := checkDrain(m, q.end); err != nil {
		return quote{}, err
	}
	if q.rent, err = rental.Price(m.PricePerDay, q.slots, seconds); err != nil {
		return quote{}, refusal(err)
	}
	q.total = q.rent
	return q, nil
}

// rentable returns a machine that is online.
func (k Keeper) rentable(ctx context.Context, machineID string) (machine.Machine, error) {
	m, err := k.machines.GetMachine(ctx, machineID)
	if err != nil {
		return machine.Machine{}, err
	}
	if m.State != machine.MACHINE_STATE_ONLINE {
		return machine.Machine{}, detail.Add(xrental.ErrNotRentable.Wrapf("machine %s is in state %s, it must be %s; wait for its operator or take another",
			machineID, m.State.Word(), machine.MACHINE_STATE_ONLINE.Word()),
			detail.Map{"machine_id": machineID, "state": m.State.Word()})
	}
	return m, nil
}

func checkDrain(m machine.Machine, end time.Time) error {
	if m.DrainFrom == nil || !end.After(*m.DrainFrom) {
		return nil
	}
	return detail.Add(xrental.ErrNotRentable.Wrapf("the end would be %s, machine %s drains from %s; take a shorter time or another machine",
		end.Format(time.RFC3339), m.Id, m.DrainFrom.Format(time.RFC3339)),
		detail.Map{"machine_id": m.Id, "drain_from": *m.DrainFrom})
}

// checkBounds compares a quote with what the renter saw.
func (q quote) checkBounds(maxTotal, listingVersion uint64) error {
	if listingVersion != 0 && listingVersion != q.machine.ListingVersion {
		return detail.Add(xrental.ErrListingMoved.Wrapf("listing_version is %d, machine %s is at %d; look at the listing and its price again",
			listingVersion, q.machine.Id, q.machine.ListingVersion),
			detail.Map{"machine_id": q.machine.Id, "listing_version": q.machine.ListingVersion})
	}
	if maxTotal != 0 && q.total > maxTotal {
		return detail.Add(xrental.ErrTooExpensive.Wrapf("max_total is %dudbc, rent %dudbc and fee %dudbc are %dudbc; raise max_total or take a shorter time",
			maxTotal, q.rent, q.fee, q.total),
			detail.Map{"max_total": maxTotal, "total": q.total, "rent": q.rent, "fee": q.fee})
	}
	return nil
}

// bounded gives the error of a duration its code and the network's limits.
func bounded(p xrental.Params, err error) error {
	return detail.Add(refusal(err), detail.Map{
		"min_seconds": int64(p.MinDuration / time.Second), "max_seconds": int64(p.MaxDuration / time.Second), "unit_seconds": int64(p.DurationUnit / time.Second),
	})
}

// refusal gives an error of the pure package its code.
func refusal(err error) error {
	switch {
	case errors.Is(err, rental.ErrDuration):
		return xrental.ErrDuration.Wrap(without(err, rental.ErrDuration))
	case errors.Is(err, rental.ErrSegments):
		return xrental.ErrSegments.Wrap(without(err, rental.ErrSegments))
	default: // a rent that is 0, or does not fit
		return xrental.ErrAmount.Wrap(err.Error())
	}
}

// without returns an error's text without that of the sentinel it begins with,
// for a code whose own text says the same.
func without(err, sentinel error) string {
	return strings.TrimPrefix(err.Error(), sentinel.Error()+": ")
}
