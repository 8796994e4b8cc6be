package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	xrental "github.com/dbc-network/dbc/x/rental"
)

func (c *chain) params(edit func(*xrental.Params)) {
	c.Helper()
	params, err := c.keeper.Params.Get(c.ctx)
	require.NoError(c, err)
	edit(&params)
	_, err = deliver(c, c.msg.UpdateParams, &xrental.MsgUpdateParams{Authority: c.keeper.Authority(), Params: params})
	require.NoError(c, err)
}

func (c *chain) waiting(id uint64) string {
	c.Helper()
	response, err := c.query.Explain(c.ctx, &xrental.QueryExplainRequest{RentId: id})
	require.NoError(c, err)
	rental, err := c.query.Rental(c.ctx, &xrental.QueryRentalRequest{RentId: id})
	require.NoError(c, err)
	require.Equal(c, response.Waiting, rental.Waiting)
	return response.Waiting
}

func TestOneThatFailsHindersNoOther(t *testing.T) {
	t.Parallel()
	for name, panics := range map[string]bool{"error": false, "panic": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			id := c.bond(1, 3)
			for i := range 3 {
				c.mustRent(c.renters[i], id, hour, 1)
			}
			c.flaky.fail[2], c.flaky.panic[2] = !panics, panics
			c.at(30 * time.Minute)
			c.end()
			require.EqualValues(t, start-fee, c.balance(c.renters[0]))
			require.EqualValues(t, start-fee, c.balance(c.renters[2]))
			require.EqualValues(t, start-fee-dbc, c.balance(c.renters[1]), "a failed attempt leaves no trace")
			require.Equal(t, xrental.RENTAL_STATE_REFUNDED, c.get(2).State, "over all the same")
			require.Empty(t, c.waiting(2))

			now := 30 * time.Minute
			for delay := time.Minute; c.waiting(2) == ""; delay *= 2 {
				require.Less(t, delay, 10*time.Hour)
				c.at(now + delay - 1)
				c.end() // too early: no attempt
				now += delay
				c.at(now)
				c.end()
			}
			require.Equal(t, "parked", c.waiting(2))
			require.Equal(t, 30*time.Minute+511*time.Minute, now, "nine delays, each twice the last")
			require.NoError(t, c.keeper.CheckOverdue(c.ctx, 0), "a known failure is no surprise")

			c.flaky.fail[2], c.flaky.panic[2] = false, false
			c.at(now + 100*time.Hour)
			c.end()
			require.Equal(t, "parked", c.waiting(2))
			require.NoError(t, c.setOffline(id), "a message that touches the machine tries again")
			require.Empty(t, c.waiting(2))
			require.EqualValues(t, start-fee, c.balance(c.renters[1]))
			require.Zero(t, c.module(xrental.ModuleName))
			c.sound()
		})
	}
}

func TestEndBlockIsBounded(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.params(func(p *xrental.Params) { p.MaxDuePerBlock, p.MaxOpenTrials = 3, 100 })
	id := c.bond(1, 8)
	for range 4 {
		c.mustRent(c.renters[0], id, hour, 1)
	}
	for range 4 {
		c.mustActive(c.renters[1], id, hour, 1)
	}
	open := func() int {
		response, err := c.keeper.ExportGenesis(c.ctx)
		require.NoError(t, err)
		n := 0
		for _, r := range response.Rentals {
			if r.State <= xrental.RENTAL_STATE_ACTIVE {
				n++
			}
		}
		return n
	}
	c.at(2 * time.Hour)
	for _, left := range []int{5, 2, 0} {
		c.end()
		require.Equal(t, left, open())
	}
	require.EqualValues(t, 4*(dbc+fee/2), c.balance(c.payout), "four ended, and four were not confirmed")
	require.Zero(t, c.module(xrental.ModuleName))
}

func TestClosedRentalsAreForgotten(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.params(func(p *xrental.Params) { p.MaxPrunePerBlock = 2 })
	id := c.bond(1, 4)
	for i := range 4 {
		c.mustRent(c.renters[i%3], id, hour, 1)
	}
	over := 30 * time.Minute
	c.at(over)
	c.end()
	stored := func() int {
		gs, err := c.keeper.ExportGenesis(c.ctx)
		require.NoError(t, err)
		return len(gs.Rentals) + len(gs.Cooldowns)
	}
	require.Equal(t, 7, stored())
	c.at(over + 90*24*time.Hour - 1)
	for range 3 {
		c.end()
	}
	require.Equal(t, 4, stored(), "cooldowns are over, history is not")
	c.at(over + 90*24*time.Hour)
	c.end()
	require.Equal(t, 2, stored())
	c.end()
	require.Zero(t, stored())
	_, err := c.query.Rental(c.ctx, &xrental.QueryRentalRequest{RentId: 1})
	require.ErrorContains(t, err, "rent_id is 1")
}
