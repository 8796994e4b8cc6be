package keeper_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// lastLines are the last n lines of a rental's history.
func (c *chain) lastLines(id uint64, n int) []string {
	c.Helper()
	lines := c.explain(id).Lines
	require.GreaterOrEqual(c, len(lines), n)
	return lines[len(lines)-n:]
}

// A trial earns nothing, and all of its rent is what would be returned, or was; a
// confirmed rental is earned from its start.
func TestExplainMoney(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 2), c.renters[0]
	c.mustRent(alice, id, 2*hour, 1)
	c.mustActive(alice, id, 2*hour, 1)
	c.at(20 * time.Minute)
	money := func(id uint64) []uint64 {
		told := c.explain(id)
		require.Equal(t, c.get(id), told.Rental)
		return []uint64{told.Earned, told.Unclaimed, told.Unearned}
	}
	require.Equal(t, []uint64{0, 0, 2 * dbc}, money(1))
	trial := c.ctx
	c.ctx, _ = trial.CacheContext()
	c.at(30 * time.Minute)
	require.Equal(t, xrental.RENTAL_STATE_REFUNDED, c.get(1).State)
	require.Equal(t, []uint64{0, 0, 2 * dbc}, money(1), "over, and no block has recorded it")
	c.ctx = trial
	c.cancel(alice, 1)
	require.Equal(t, []uint64{0, 0, 2 * dbc}, money(1))
	claimed, err := c.claim(2)
	require.NoError(t, err)
	c.at(time.Hour)
	require.Equal(t, []uint64{dbc, dbc - claimed, dbc}, money(2))
}

// What left the stake is told with where it went: to the renter at once, held until the
// stake would have unbonded, to a slash, or to the community pool.
func TestExplainTellsWhatLeftTheStake(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.dear(id)
	c.fund(alice, 2_000_000*dbc)
	c.mustActive(alice, id, 50*24*hour, 1)
	require.Equal(t, []string{
		"2026-11-23T12:00:00Z block 1: the renter confirmed in time; the fee went to the community pool",
		"rent 1200000 DBC, fee 500 DBC, paid to the host so far 0 DBC",
	}, c.lastLines(1, 2), "nothing has")
	c.at(time.Hour)
	require.NoError(t, c.breakRental(c.owner.String(), 1))
	require.Equal(t, []string{
		"rent 1200000 DBC, fee 500 DBC, paid to the host so far 1000 DBC",
		"paid to the renter from the host's stake 10 DBC",
		"held from the host's stake 3990 DBC, to be paid to the renter at 2026-12-14T13:00:00Z",
	}, c.lastLines(1, 3))
	for taken, want := range []string{"0.000001 DBC", "0.000002 DBC"} {
		_, err := c.keeper.TakeHeldPenalties(c.ctx, id, pool, 1)
		require.NoError(t, err)
		require.Equal(t, "taken by a slash of the machine from what was held "+want, c.lastLines(1, 1)[0])
		require.Equal(t, "paid to the renter from the host's stake 10 DBC", c.lastLines(1, 3)[0], "%d udbc were taken", taken+1)
	}

	c.params(func(p *xrental.Params) { p.Fee, p.TrialFeeRatioBps = 1, 0 })
	other := c.bond(2, 1)
	c.mustRent(alice, other, hour, 1)
	require.NoError(t, c.breakRental(c.owner.String(), 2))
	require.Equal(t, []string{
		"rent 1 DBC, fee 0.000001 DBC, paid to the host so far 0 DBC",
		"paid to the community pool from the host's stake 0.000001 DBC",
	}, c.lastLines(2, 2))
}

// An entry of the history that this version's table does not list is told by its reason.
func TestExplainOfAnotherVersion(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.mustRent(c.renters[0], c.bond(1, 1), hour, 1)
	r, err := c.keeper.Rentals.Get(c.ctx, 1)
	require.NoError(t, err)
	r.Transitions[0].Reason = xrental.REASON_RENEWED // there was nothing to renew
	require.NoError(t, c.keeper.Rentals.Set(c.ctx, 1, r))
	require.Equal(t, "2026-11-23T12:00:00Z block 1: the renter renewed", c.explain(1).Lines[0])
}

// Only a rental that is over and not settled waits for a challenge, and only until that
// is closed.
func TestExplainWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 3), c.renters[0]
	c.mustActive(alice, id, 10*hour, 1)
	c.mustActive(alice, id, 10*hour, 1)
	c.mustRent(alice, id, 10*hour, 1)
	c.at(10 * time.Minute)
	require.NoError(t, c.challenge(c.renters[1], id))
	c.at(11 * time.Minute)
	c.cancel(alice, 3)
	require.NoError(t, c.breakRental(c.owner.String(), 2))
	require.Equal(t, []string{"", "challenge", ""}, []string{c.waiting(1), c.waiting(2), c.waiting(3)},
		"one that continues, one that was broken, one that was cancelled")
	c.at(12 * time.Minute)
	require.NoError(t, c.answer(id))
	require.Empty(t, c.waiting(2), "the next end block settles it")
}

// Explain names the messages that are accepted, and no other: an account that may send
// one does so without a refusal.
func TestExplainWhatMayBeSent(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	send := map[string]func() error{
		"ConfirmRent":  func() error { return c.confirm(alice, 1) },
		"CancelRent":   func() error { return c.cancelFor(alice, 1, xrental.CAUSE_UNSPECIFIED) },
		"BreakRental":  func() error { return c.breakRental(c.owner.String(), 1) },
		"ReletMachine": func() error { _, err := c.relet(alice, 1, hour); return err },
	}
	says := func(want ...string) {
		t.Helper()
		told := c.explain(1)
		require.Equal(t, want, told.May)
		before := c.ctx
		for name, send := range send {
			c.ctx, _ = before.CacheContext()
			err := send()
			require.Equal(t, err == nil, slices.Contains(want, name), "%s: %v", name, err)
		}
		c.ctx = before
	}
	c.mustRent(alice, id, 2*hour, 1)
	says("ConfirmRent", "CancelRent", "BreakRental")
	trial := c.ctx
	c.ctx, _ = trial.CacheContext()
	require.NoError(t, c.confirm(alice, 1))
	says("ReletMachine", "BreakRental", "ClaimRent")
	require.NoError(t, c.setOffline(id))
	says("BreakRental", "ClaimRent")

	// A trial is over when its machine goes offline, even if its refund fails then.
	c.ctx = trial
	c.at(5 * time.Minute)
	c.flaky.fail[1] = true
	require.NoError(t, c.setOffline(id))
	says()
	require.Equal(t, xrental.RENTAL_STATE_REFUNDED, c.get(1).State)
	require.Equal(t, "2026-11-23T12:05:00Z: over (machine offline), to be recorded by one of the next blocks", c.explain(1).Lines[1])
	listed, err := c.query.RentalsByMachine(c.ctx, &xrental.QueryRentalsByMachineRequest{MachineId: id})
	require.NoError(t, err)
	require.Equal(t, []xrental.Rental{c.get(1)}, listed.Rentals)
	listed, err = c.query.RentalsByMachine(c.ctx, &xrental.QueryRentalsByMachineRequest{MachineId: id, OpenOnly: true})
	require.NoError(t, err)
	require.Empty(t, listed.Rentals)
}

// What is over and not recorded yet is told as the block will record it.
func TestExplainWhatIsNotRecordedYet(t *testing.T) {
	t.Parallel()
	const later = ", to be recorded by one of the next blocks"
	for name, test := range map[string]struct {
		rent    uint64 // seconds
		halt    time.Duration
		asked   time.Duration // when a challenge was made, 0 for never
		confirm bool
		at      time.Duration
		says    string
	}{
		"deadline":              {2 * hour, 0, 0, false, 50 * time.Minute, "2026-11-23T12:30:00Z: over (deadline)"},
		"end":                   {hour, 0, 0, true, 3 * time.Hour, "2026-11-23T13:00:00Z: over (end)"},
		"end before a deadline": {hour, 50 * time.Minute, 0, false, 90 * time.Minute, "2026-11-23T13:00:00Z: over (end)"},
		"in a challenge":        {2 * hour, 0, 25 * time.Minute, false, 31 * time.Minute, "2026-11-23T12:30:00Z: over (over in challenge)"},
		"after a challenge":     {2 * hour, 0, 25 * time.Minute, false, 36 * time.Minute, "2026-11-23T12:25:00Z: over (challenge unanswered)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			id, alice := c.bond(1, 1), c.renters[0]
			c.mustRent(alice, id, test.rent, 1)
			if test.confirm {
				require.NoError(t, c.confirm(alice, 1))
			}
			c.at(0) // a halt counts from a block on
			c.halt(test.halt)
			if test.asked > 0 {
				c.at(test.asked)
				require.NoError(t, c.challenge(c.renters[1], id))
			}
			c.at(test.at)
			told := c.explain(1)
			require.Equal(t, test.says+later, told.Lines[len(told.Lines)-2])
			require.Empty(t, told.May)
			require.Greater(t, told.Rental.State, xrental.RENTAL_STATE_ACTIVE)
			c.end()
			for _, line := range c.explain(1).Lines {
				require.NotContains(t, line, "to be recorded")
			}
		})
	}
}

// A deadline that passed stays where it was, whatever halts came before it is recorded.
func TestExplainAfterALateHalt(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.mustRent(c.renters[0], c.bond(1, 1), 10*hour, 1)
	c.at(31 * time.Minute) // its end block records nothing
	c.halt(2 * time.Hour)
	require.Equal(t, xrental.RENTAL_STATE_REFUNDED, c.get(1).State)
	require.Equal(t, "2026-11-23T12:30:00Z: over (deadline), to be recorded by one of the next blocks", c.explain(1).Lines[1])
	c.end()
	require.Equal(t, genesisTime.Add(30*time.Minute), c.get(1).Transitions[1].Time)
}

// A query about a trial needs to know whether its machine is offline, and says so if it
// can't; a list of confirmed rentals does without.
func TestQueriesForNoMachine(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 2), c.renters[0]
	c.mustActive(alice, id, hour, 1)
	require.NoError(t, c.machines.Bonds.Remove(c.ctx, id))
	list := func() (*xrental.QueryRentalsByRenterResponse, error) {
		return c.query.RentalsByRenter(c.ctx, &xrental.QueryRentalsByRenterRequest{Renter: alice.String()})
	}
	listed, err := list()
	require.NoError(t, err)
	require.Len(t, listed.Rentals, 1)

	other := c.bond(2, 1)
	c.mustRent(alice, other, hour, 1)
	require.NoError(t, c.machines.Bonds.Remove(c.ctx, other))
	_, err = list()
	require.ErrorIs(t, err, machine.ErrNotFound)
	_, err = c.query.Explain(c.ctx, &xrental.QueryExplainRequest{RentId: 2})
	require.ErrorIs(t, err, machine.ErrNotFound)
	_, err = c.query.Rental(c.ctx, &xrental.QueryRentalRequest{RentId: 2})
	require.ErrorIs(t, err, machine.ErrNotFound)
}
