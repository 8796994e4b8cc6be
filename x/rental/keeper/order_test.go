package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	xrental "github.com/dbc-network/dbc/x/rental"
)

// settledOrder returns the rentals that the block has settled so far, in order.
func (c *chain) settledOrder() []uint64 {
	c.Helper()
	var ids []uint64
	for _, event := range c.ctx.EventManager().Events().ToABCIEvents() {
		parsed, err := sdk.ParseTypedEvent(event)
		if err != nil {
			continue // an event of the bank
		}
		if settled, ok := parsed.(*xrental.EventSettled); ok {
			ids = append(ids, settled.RentId)
		}
	}
	return ids
}

// What waits for a challenge is settled in the order in which it was over, also
// on a chain that continues from an export.
func TestWaitingRentalsAreSettledInOrder(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice, bob, carol := c.bond(1, 3), c.renters[0], c.renters[1], c.renters[2]
	c.mustActive(alice, id, hour+hour/2, 1)
	c.at(25 * time.Minute)
	c.mustActive(bob, id, hour, 1)
	c.at(84 * time.Minute)
	require.NoError(t, c.challenge(bob, id))
	for _, over := range []time.Duration{85, 90} { // the second one first
		c.at(over * time.Minute)
		c.end()
	}
	require.Equal(t, "challenge", c.waiting(1))
	require.Equal(t, "challenge", c.waiting(2))
	n, gs := c.restart()
	require.NoError(t, n.keeper.InitGenesis(n.ctx, gs))
	n.fund(carol, 100*dbc)
	for _, chain := range []*chain{c, n} {
		chain.at(91 * time.Minute)
		require.NoError(t, chain.answer(id))
		chain.mustRent(carol, id, hour, 1)
		require.Empty(t, chain.settledOrder(), "by no message")
		chain.end()
		require.Equal(t, []uint64{2, 1}, chain.settledOrder())
	}
}
