package keeper_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// refusal is a message of the first renter that is refused, on a machine of three slots.
type refusal struct {
	prepare func(c *chain, id string)
	send    func(c *chain, id string) error
	want    error
	// values are those that programs read; ID and RENTER stand for the
	// machine and its renter.
	values map[string]string
}

func (r refusal) check(t *testing.T) {
	t.Helper()
	c := newChain(t)
	id := c.bond(1, 3)
	if r.prepare != nil {
		r.prepare(c, id)
	}
	err := r.send(c, id)
	require.ErrorIs(t, err, r.want)
	_, values := detail.Read(err.Error())
	names := strings.NewReplacer("ID", id, "RENTER", c.renters[0].String())
	want := make(map[string]string, len(r.values))
	for name, value := range r.values {
		want[name] = names.Replace(value)
	}
	require.Equal(t, want, values, fmt.Sprint(err))
}

// edited changes a machine's record.
func edited(change func(m *machine.Machine)) func(c *chain, id string) {
	return func(c *chain, id string) {
		m, err := c.machines.GetMachine(c.ctx, id)
		require.NoError(c, err)
		change(&m)
		require.NoError(c, c.machines.Bonds.Set(c.ctx, id, m))
	}
}

// withRental has an active rental of two hours.
func withRental(c *chain, id string) { c.mustActive(c.renters[0], id, 2*hour, 1) }

// withTrial has a trial.
func withTrial(c *chain, id string) { c.mustRent(c.renters[0], id, 2*hour, 1) }

func rentOf(edit func(msg *xrental.MsgRentMachine)) func(c *chain, id string) error {
	return func(c *chain, id string) error {
		msg := &xrental.MsgRentMachine{Renter: c.renters[0].String(), MachineId: id, DurationSeconds: 2 * hour, Slots: 1}
		edit(msg)
		_, err := deliver(c, c.msg.RentMachine, msg)
		return err
	}
}

// Programs read why a machine can't be rented, and from when on it can, from the values of
// the refusal.
func TestValuesOfRefusedRents(t *testing.T) {
	t.Parallel()
	rent := rentOf(func(*xrental.MsgRentMachine) {})
	renew := func(seconds uint64) func(c *chain, id string) error {
		return func(c *chain, _ string) error { _, err := c.relet(c.renters[0], 1, seconds); return err }
	}
	drain := edited(func(m *machine.Machine) { from := genesisTime; m.DrainFrom = &from })
	limits := map[string]string{"min_seconds": "3600", "max_seconds": "5184000", "unit_seconds": "1800"}
	drained := map[string]string{"machine_id": "ID", "drain_from": "2026-11-23T12:00:00Z"}
	for name, test := range map[string]refusal{
		"offline": {
			edited(func(m *machine.Machine) { m.State = machine.MACHINE_STATE_OFFLINE }), rent, xrental.ErrNotRentable,
			map[string]string{"machine_id": "ID", "state": "offline"},
		},
		"little at stake": {
			edited(func(m *machine.Machine) { m.StakeRequired = 2 * stake }), rent, xrental.ErrNotRentable,
			map[string]string{"machine_id": "ID", "stake": "4000000000", "stake_required": "8000000000"},
		},
		"too many slots": {
			nil, rentOf(func(msg *xrental.MsgRentMachine) { msg.Slots = 4 }), xrental.ErrNotRentable,
			map[string]string{"machine_id": "ID", "slots": "4", "slots_in_service": "3"},
		},
		"nothing in service": {
			func(c *chain, id string) { c.setSlots(id, 0, 1, 2) },
			rentOf(func(msg *xrental.MsgRentMachine) { msg.Slots = 0 }), xrental.ErrNotRentable,
			map[string]string{"machine_id": "ID", "slots": "0", "slots_in_service": "0"},
		},
		"drained":          {drain, rent, xrental.ErrNotRentable, drained},
		"renewal drained":  {func(c *chain, id string) { withRental(c, id); drain(c, id) }, renew(hour), xrental.ErrNotRentable, drained},
		"too short":        {nil, rentOf(func(msg *xrental.MsgRentMachine) { msg.DurationSeconds = 1 }), xrental.ErrDuration, limits},
		"renewal too long": {withRental, renew(1 << 40), xrental.ErrDuration, limits},
		"another listing": {
			nil, rentOf(func(msg *xrental.MsgRentMachine) { msg.ListingVersion = 7 }), xrental.ErrListingMoved,
			map[string]string{"machine_id": "ID", "listing_version": "1"},
		},
		"too expensive": {
			nil, rentOf(func(msg *xrental.MsgRentMachine) { msg.MaxTotal = 1 }), xrental.ErrTooExpensive,
			map[string]string{"max_total": "1", "total": "12000000", "rent": "2000000", "fee": "10000000"},
		},
		"no money": {
			edited(func(m *machine.Machine) { m.PricePerDay = 12 * start }), rent, xrental.ErrFunds,
			map[string]string{"needed": "1250000000000", "balance": "1000000000000", "missing": "250000000000"},
		},
		"refunded just now": {
			func(c *chain, id string) { withTrial(c, id); c.cancel(c.renters[0], 1) }, rent, xrental.ErrCooldown,
			map[string]string{"machine_id": "ID", detail.RetryAt: genesisTime.Add(xrental.DefaultParams().TrialCooldown).Format(time.RFC3339Nano)},
		},
		"over just now": {
			func(c *chain, id string) { withTrial(c, id); c.at(30 * time.Minute) }, rent, xrental.ErrCooldown,
			map[string]string{"machine_id": "ID"},
		},
		"undecided": {
			func(c *chain, id string) { withTrial(c, id); c.overInChallenge(id) }, rent, xrental.ErrCooldown,
			map[string]string{"machine_id": "ID"},
		},
		"too many trials": {
			func(c *chain, id string) { c.params(func(p *xrental.Params) { p.MaxOpenTrials = 1 }); withTrial(c, id) }, rent, xrental.ErrTooManyTrials,
			map[string]string{"open": "1", "limit": "1"},
		},
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test.check(t) })
	}
}

// What names a rental that can't be changed so is told its state, and whose it is.
func TestValuesOfOtherRefusals(t *testing.T) {
	t.Parallel()
	confirm := func(c *chain, _ string) error { return c.confirm(c.renters[0], 1) }
	breaks := func(c *chain, _ string) error { return c.breakRental(c.renters[0].String(), 1) }
	outage := func(lasted, since time.Duration) func(c *chain, id string) {
		return func(c *chain, id string) {
			c.mustActive(c.renters[0], id, 100*hour, 1)
			require.NoError(c, c.setOffline(id))
			c.at(lasted)
			require.NoError(c, c.setOnline(id))
			c.at(lasted + since)
		}
	}
	state := func(word string) map[string]string { return map[string]string{"rent_id": "1", "state": word} }
	for name, test := range map[string]refusal{
		"confirm what is active": {withRental, confirm, xrental.ErrState, state("active")},
		"cancel what is active": {withRental, func(c *chain, _ string) error {
			return c.cancelFor(c.renters[0], 1, xrental.CAUSE_UNSPECIFIED)
		}, xrental.ErrState, state("active")},
		"renew a trial": {withTrial, func(c *chain, _ string) error { _, err := c.relet(c.renters[0], 1, hour); return err }, xrental.ErrState, state("trial")},
		"leave without a notice": {
			withRental, func(c *chain, _ string) error { _, err := c.leaveRental(c.renters[0], 1); return err },
			xrental.ErrState, state("active"),
		},
		"ask what leaving would bring when it is over": {func(c *chain, id string) {
			c.notice(id, time.Hour)
			withRental(c, id)
			c.at(2 * time.Hour)
		}, func(c *chain, _ string) error {
			_, err := c.query.Quote(c.ctx, &xrental.QueryQuoteRequest{RentId: 1})
			return err
		}, xrental.ErrState, state("ended")},
		"confirm what is over": {func(c *chain, id string) { withTrial(c, id); c.at(30 * time.Minute) }, confirm, xrental.ErrLate, state("refunded")},
		"confirm what was refunded": {
			func(c *chain, id string) { withTrial(c, id); c.cancel(c.renters[0], 1) }, confirm, xrental.ErrLate,
			map[string]string{"rent_id": "1", "state": "refunded", "since": "2026-11-23T12:00:00Z"},
		},
		"confirm another's": {
			withTrial, func(c *chain, _ string) error { return c.confirm(c.renters[1], 1) }, xrental.ErrUnauthorized,
			map[string]string{"rent_id": "1", "renter": "RENTER"},
		},
		"confirm one of two": {func(c *chain, id string) { withTrial(c, id); withTrial(c, id) }, func(c *chain, id string) error {
			_, err := deliver(c, c.msg.ConfirmRent, &xrental.MsgConfirmRent{Renter: c.renters[0].String(), MachineId: id})
			return err
		}, xrental.ErrAmbiguous, map[string]string{"rent_ids": "1,2"}},
		"break another's": {
			withRental, func(c *chain, _ string) error { return c.breakRental(c.renters[1].String(), 1) }, xrental.ErrUnauthorized,
			map[string]string{"rent_id": "1", "renter": "RENTER"},
		},
		"break a trial": {withTrial, breaks, xrental.ErrState, state("trial")},
		"break after a short outage": {
			outage(90*time.Second, 0), breaks, xrental.ErrState,
			map[string]string{"rent_id": "1", "state": "active", "outage_seconds": "90", "limit_seconds": "3600"},
		},
		"break long after an outage": {
			outage(2*time.Hour, 24*time.Hour), breaks, xrental.ErrState,
			map[string]string{"rent_id": "1", "state": "active", "until": "2026-11-24T14:00:00Z"},
		},
		"claim what is held": {
			func(c *chain, id string) {
				c.dear(id)
				c.fund(c.renters[0], 2_000_000*dbc)
				c.mustActive(c.renters[0], id, 50*24*hour, 1)
				require.NoError(c, c.breakRental(c.owner.String(), 1))
			}, func(c *chain, _ string) error { _, err := c.claimBy(c.renters[0], 1); return err }, xrental.ErrState,
			map[string]string{"rent_id": "1", detail.RetryAt: "2026-12-14T12:00:00Z"},
		},
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test.check(t) })
	}
}

// A refusal says first what is wrong, and its code's own words once.
func TestRefusedDurationIsToldOnce(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	_, err := c.rent(c.renters[0], c.bond(1, 1), 1, 1)
	require.ErrorIs(t, err, xrental.ErrDuration)
	sentence, _ := detail.Read(err.Error())
	require.Regexp(t, `^duration_seconds is 1 \(.*: duration out of bounds$`, sentence)
}
