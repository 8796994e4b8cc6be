package keeper_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// What an import accepts no message may break: whoever leaves a rental of it has
// one that can be exported, checked and settled.
func TestAuditImportThatLeavingBreaks(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(r *xrental.Rental){
		"as it is": func(*xrental.Rental) {},
		"offline for longer than it lasted": func(r *xrental.Rental) {
			r.Segments[0].OfflineNs = int64(9 * time.Hour)
		},
		"segments that begin later": func(r *xrental.Rental) {
			r.Segments[0].Start = r.Start.Add(5 * time.Hour)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _, alice := leaving(t)
			c.at(time.Hour)
			n, gs := c.restart()
			edit(&gs.Rentals[0])
			if gs.Validate() != nil || n.keeper.InitGenesis(n.ctx, gs) != nil {
				return // refused
			}
			_, err := n.leaveRental(alice, 1)
			require.NoError(t, err)
			n.sound()
			again, err := n.keeper.ExportGenesis(n.ctx)
			require.NoError(t, err)
			require.NoError(t, again.Validate())
			n.at(3 * time.Hour)
			n.end()
			require.Zero(t, n.module(xrental.ModuleName))
		})
	}
}

// A renter can fill his rental with segments by leaving and renewing, without any
// change of the price. That locks nobody: he still leaves, the host claims and breaks,
// time makes room again, and all is paid out.
func TestAuditFullOfSegments(t *testing.T) {
	t.Parallel()
	c, id, alice := leaving(t)
	c.setListing(id, price+7, 7*24*hour)
	c.mustActive(alice, id, 60*24*hour, 1)
	c.at(time.Second)
	var full error
	n := 0
	for ; full == nil && n < 100; n++ {
		c.at(time.Duration(n+1) * (5*time.Second + 1_234_567))
		c.mustLeave(alice, 2)
		_, full = c.relet(alice, 2, hour)
	}
	require.ErrorIs(t, full, xrental.ErrSegments)
	t.Logf("full after %d: %s", n, full)
	require.Zero(t, c.mustLeave(alice, 2).Refunded)
	claimed, err := c.claim(2)
	require.NoError(t, err)
	require.Positive(t, claimed)
	require.NoError(t, c.setOffline(id))
	c.at(time.Hour)
	require.NoError(t, c.setOnline(id))
	c.sound()
	// the other renter's slot and the end are as ever
	c.mustActive(c.renters[1], c.bond(3, 1), hour, 1)
	c.at(8 * 24 * time.Hour)
	c.end()
	require.Equal(t, xrental.RENTAL_STATE_ENDED, c.get(2).State)
	c.mustActive(alice, id, hour, 2)
	c.at(9 * 24 * time.Hour)
	c.end()
	require.Zero(t, c.module(xrental.ModuleName))
}

// To leave first and to break then never brings more than to break at once, whatever
// outages there were, and never a right that there was not.
func TestAuditLeaveThenBreak(t *testing.T) {
	t.Parallel()
	for _, days := range []uint64{1, 6, 20, 60} {
		for _, gone := range []time.Duration{5 * time.Minute, time.Hour, time.Hour + 1, 5 * time.Hour} {
			for _, back := range []bool{false, true} {
				var got [2]uint64
				var may [2]bool
				for i, leave := range []bool{false, true} {
					c, id, alice := leaving(t)
					c.setPriceOnly(id, 100*price)
					c.mustActive(alice, id, days*24*hour, 1)
					c.at(3 * time.Hour)
					require.NoError(t, c.setOffline(id))
					c.at(3*time.Hour + gone)
					if back {
						require.NoError(t, c.setOnline(id))
					}
					if leave {
						c.mustLeave(alice, 2)
					}
					may[i] = c.breakRental(alice.String(), 2) == nil
					c.sound()
					got[i] = c.balance(alice) + c.get(2).HeldPenalty
				}
				require.Equal(t, may[0], may[1], "%d days, gone %s", days, gone)
				if may[0] {
					require.LessOrEqual(t, got[1], got[0], "%d days, gone %s, back %t", days, gone, back)
				}
			}
		}
	}
}

// A stake unbonds from the end that there was, and a machine can be retired then.
func TestAuditUnbondingAfterLeaving(t *testing.T) {
	t.Parallel()
	c, id, alice := leaving(t)
	drain := genesisTime.Add(25 * time.Hour)
	_, err := deliver(c, c.machine.Drain, &machine.MsgDrain{Operator: c.operator.String(), MachineIds: []string{id}, From: &drain})
	require.NoError(t, err)
	c.at(30 * time.Minute)
	c.mustLeave(alice, 1)
	_, err = deliver(c, c.machine.Retire, &machine.MsgRetire{Owner: c.owner.String(), MachineId: id})
	require.ErrorIs(t, err, machine.ErrRentalsOpen)
	c.at(90 * time.Minute) // no block has recorded the end
	_, err = deliver(c, c.machine.Retire, &machine.MsgRetire{Owner: c.owner.String(), MachineId: id})
	require.NoError(t, err)
	m, err := c.machines.GetMachine(c.ctx, id)
	require.NoError(t, err)
	require.True(t, m.UnbondedAt(time.Hour).Equal(genesisTime.Add(150*time.Minute)), "%s", m.UnbondedAt(time.Hour))
	require.EqualValues(t, dbc+dbc/2, c.balance(c.payout))
	require.Zero(t, c.module(xrental.ModuleName))
	c.sound()
}

// However often a renter leaves and renews, his history is bounded, an export of it can
// be imported, and either spelling of his address names him.
func TestAuditLongHistory(t *testing.T) {
	t.Parallel()
	c, _, alice := leaving(t)
	for n := range 40 {
		c.at(time.Duration(n) * time.Second)
		left, err := deliver(c, c.msg.LeaveRental, &xrental.MsgLeaveRental{Renter: strings.ToUpper(alice.String()), RentId: 1})
		require.NoError(t, err)
		require.True(t, n >= 30 || left.End.Equal(c.ctx.BlockTime().Add(time.Hour)))
		_, err = c.relet(alice, 1, hour)
		if n < 30 {
			require.NoError(t, err)
		}
		c.sound()
		m, gs := c.restart()
		require.NoError(t, gs.Validate())
		require.NoError(t, m.keeper.InitGenesis(m.ctx, gs))
		again, err := m.keeper.ExportGenesis(m.ctx)
		require.NoError(t, err)
		require.Equal(t, &gs, again)
	}
	require.Len(t, c.get(1).Transitions, xrental.MaxTransitions)
	require.Equal(t, genesisTime.Add(10*time.Hour), *c.get(1).LongestEnd)
	for _, at := range []time.Time{c.ctx.BlockTime(), genesisTime.AddDate(7_000, 0, 0), time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)} {
		for _, seconds := range []uint64{0, hour} {
			answer, err := c.query.Quote(c.ctx, &xrental.QueryQuoteRequest{RentId: 1, DurationSeconds: seconds, LeaveAt: &at})
			if err != nil {
				require.ErrorIs(t, err, xrental.ErrSegments)
				continue
			}
			_, err = answer.Marshal()
			require.NoError(t, err)
		}
	}
}

// A rental that is retried after a failure is left like any other, and settled at the
// new end.
func TestAuditLeaveAfterAFailure(t *testing.T) {
	t.Parallel()
	c, id, alice := leaving(t)
	trial := c.mustRent(alice, id, 10*hour, 1)
	c.flaky.fail[trial] = true
	c.at(time.Minute)
	require.NoError(t, c.setOffline(id))
	c.end()
	c.at(2 * time.Minute)
	require.NoError(t, c.setOnline(id))
	require.NoError(t, c.confirm(alice, trial))
	c.mustLeave(alice, trial)
	clear(c.flaky.fail)
	c.at(62 * time.Minute)
	c.end()
	require.Equal(t, xrental.RENTAL_STATE_ENDED, c.get(trial).State)
	require.NoError(t, c.keeper.CheckOverdue(c.ctx, 0))
}

func (c *chain) setPriceOnly(id string, perDay uint64) {
	m, err := c.machines.Bonds.Get(c.ctx, id)
	require.NoError(c, err)
	m.PricePerDay = perDay
	require.NoError(c, c.machines.Bonds.Set(c.ctx, id, m))
}
