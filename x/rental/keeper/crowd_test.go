package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	xrental "github.com/dbc-network/dbc/x/rental"
)

// More rentals fail and panic than a block may try, and all of them are due
// before the good ones: the good ones are still processed, within as many
// blocks as the attempts take, whenever the failing ones come back.
func TestMoreThatFailThanABlockTries(t *testing.T) {
	t.Parallel()
	const limit, failing, good = 3, 8, 4
	c := newChain(t)
	c.params(func(p *xrental.Params) { p.MaxDuePerBlock, p.MaxOpenTrials = limit, 100 })
	id, alice := c.bond(1, failing+2*good), c.renters[0]
	for i := range uint64(failing) {
		rented := c.mustRent(alice, id, hour, 1)
		c.flaky.fail[rented], c.flaky.panic[rented] = i%2 == 0, i%2 == 1
	}
	c.at(time.Second)
	for range good {
		c.mustRent(alice, id, hour, 1)
	}

	now := 30*time.Minute + time.Second
	blocks := func(n int) (served int) {
		for range n {
			now += time.Second
			c.at(now)
			c.end()
		}
		for rented := uint64(failing + 1); rented <= failing+good; rented++ {
			if r, err := c.keeper.Rentals.Get(c.ctx, rented); err == nil && r.State == xrental.RENTAL_STATE_REFUNDED {
				served++
			}
		}
		return served
	}
	require.Zero(t, blocks(failing/limit), "the oldest come first")
	require.Equal(t, good, blocks((failing+good+limit-1)/limit-failing/limit), "each failed once and stood aside")

	// The same while the failed ones come back again and again.
	for range good {
		c.mustRent(c.renters[1], id, hour, 1)
	}
	due := now + 30*time.Minute
	for now < due+time.Minute {
		now += time.Minute
		c.at(now)
		c.end()
	}
	for rented := uint64(failing + good + 1); rented <= failing+2*good; rented++ {
		r, err := c.keeper.Rentals.Get(c.ctx, rented)
		require.NoError(t, err)
		require.Equal(t, xrental.RENTAL_STATE_REFUNDED, r.State, "rental %d", rented)
	}
	c.sound()

	clear(c.flaky.fail)
	clear(c.flaky.panic)
	require.NoError(t, c.setOffline(id), "a message that touches the machine settles the rest")
	require.EqualValues(t, start-(failing+good)*fee, c.balance(alice))
	require.Zero(t, c.module(xrental.ModuleName))
	c.sound()
}
