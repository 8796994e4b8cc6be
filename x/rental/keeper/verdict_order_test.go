package keeper_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	xrental "github.com/dbc-network/dbc/x/rental"
)

func (c *chain) verdicts() int {
	c.Helper()
	gs, err := c.keeper.ExportGenesis(c.ctx)
	require.NoError(c, err)
	return len(gs.Verdicts)
}

// What a verdict decided is tried in the order in which it was over, each once, however
// many a block may try; what fails is retried at its time.
func TestJudgedAreTriedInTheirOrder(t *testing.T) {
	t.Parallel()
	for limit := uint32(1); limit <= 5; limit++ {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			c.withoutPenalties()
			c.params(func(p *xrental.Params) { p.MaxDuePerBlock = limit })
			id := c.bond(1, 4)
			for range 4 {
				c.mustActive(c.renters[0], id, 10*hour, 1)
			}
			c.at(time.Hour)
			require.NoError(t, c.challenge(c.renters[1], id))
			for minute, rented := range [][]uint64{1: {3}, 2: {2, 4}, 3: {1}} {
				c.at(time.Hour + time.Duration(minute)*time.Minute)
				for _, r := range rented {
					require.NoError(t, c.breakRental(c.keeper.Authority(), r))
				}
			}
			c.flaky.poor[id] = true
			require.NoError(t, c.answer(id))
			var tried []uint64
			for block := range 5 {
				c.at(time.Hour + 3*time.Minute + time.Duration(block)*time.Second)
				c.end()
				for _, failed := range c.failures() {
					tried = append(tried, failed.RentId)
				}
			}
			require.Equal(t, []uint64{3, 2, 4, 1}, tried)
			require.Equal(t, 1, c.verdicts(), "it is needed until they are settled")
			clear(c.flaky.poor)
			for block := range 5 {
				c.at(time.Hour + 5*time.Minute + time.Duration(block)*time.Second)
				c.end()
			}
			require.EqualValues(t, 61*dbc/60+2*(62*dbc/60)+63*dbc/60, c.balance(c.payout))
			require.Zero(t, c.verdicts())
			require.Zero(t, c.module(xrental.ModuleName))
		})
	}
}

// A challenge that is closed after nothing more was over writes no verdict, nor does what
// was over at the very time of an earlier one wait for another.
func TestVerdictsDoNotOverlap(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.withoutPenalties()
	id, alice := c.bond(1, 2), c.renters[0]
	for range 2 {
		c.mustActive(alice, id, 10*hour, 1)
	}
	for n, want := range []int{1, 2, 2} {
		at := time.Duration(n+1) * time.Hour
		c.at(at)
		require.NoError(t, c.challenge(c.renters[1], id))
		c.at(at + time.Minute)
		if n < 2 {
			require.NoError(t, c.breakRental(c.keeper.Authority(), uint64(n)+1))
		}
		require.NoError(t, c.answer(id))
		require.Equal(t, want, c.verdicts())
		c.sound()
	}
	c.end()
	require.EqualValues(t, (61+121)*dbc/60, c.balance(c.payout)+1, "each is rounded to the renter")
	require.Zero(t, c.verdicts())
}

// What waits for a challenge is paid to nobody before that is closed, whoever asks for it.
func TestNobodyClaimsWhatWaits(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.withoutPenalties()
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustActive(alice, id, 10*hour, 1)
	c.at(time.Hour)
	require.NoError(t, c.challenge(c.renters[1], id))
	c.at(time.Hour + time.Minute)
	require.NoError(t, c.breakRental(c.keeper.Authority(), 1))
	before := c.balance(alice)
	for _, signer := range []sdk.AccAddress{c.owner, alice} {
		claimed, err := c.claimBy(signer, 1)
		require.NoError(t, err)
		require.Zero(t, claimed)
	}
	require.Zero(t, c.balance(c.payout))
	require.Equal(t, before, c.balance(alice))
	require.Equal(t, "challenge", c.waiting(1))
	c.at(time.Hour + 10*time.Minute)
	c.end()
	require.EqualValues(t, dbc, c.balance(c.payout), "nobody answered")
}

// However many verdicts there are, a block reads no more of them than it may settle rentals.
func TestReadsOfVerdictsAreBounded(t *testing.T) {
	t.Parallel()
	reads := func(machines int) uint64 {
		c := newChain(t)
		c.withoutPenalties()
		c.params(func(p *xrental.Params) { p.MaxDuePerBlock = 1 })
		var ids []string
		for n := range machines {
			ids = append(ids, c.bond(byte(n+1), 1))
			c.mustActive(c.renters[0], ids[n], 10*hour, 1)
			require.NoError(t, c.challenge(c.renters[1], ids[n]))
		}
		c.at(time.Minute)
		for n, id := range ids {
			require.NoError(t, c.breakRental(c.keeper.Authority(), uint64(n)+1))
			require.NoError(t, c.answer(id))
		}
		return c.reads()
	}
	require.Equal(t, reads(2), reads(40))
}
