package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	xrental "github.com/dbc-network/dbc/x/rental"
)

// reads counts what both end blocks read from the stores.
func (c *chain) reads() uint64 {
	c.Helper()
	meter := storetypes.NewInfiniteGasMeter()
	before := c.ctx
	c.ctx = c.ctx.WithGasMeter(meter).WithKVGasConfig(storetypes.GasConfig{ReadCostFlat: 1, HasCost: 1, IterNextCostFlat: 1})
	require.NoError(c, c.machines.EndBlock(c.ctx))
	require.NoError(c, c.keeper.EndBlock(c.ctx))
	c.ctx = before
	c.sound()
	return meter.GasConsumed()
}

// lively has open rentals, each on a machine of its own, of which so many end after an hour.
func lively(t *testing.T, open, due int) *chain {
	t.Helper()
	c := newChain(t)
	for n := range open {
		length := uint64(10 * hour)
		if n < due {
			length = hour
		}
		c.mustActive(c.renters[0], c.bond(byte(n+1), 1), length, 1)
	}
	return c
}

// TestEndBlockReads: what an end block reads does not grow with what is open,
// grows in proportion to what is due, and stops at its limit.
func TestEndBlockReads(t *testing.T) {
	t.Parallel()
	few, many := lively(t, 10, 0), lively(t, 200, 0)
	idle := few.reads()
	require.Equal(t, idle, many.reads(), "none is due")

	count := func(open, due int) uint64 {
		c := lively(t, open, due)
		c.at(time.Hour)
		return c.reads() - idle
	}
	ten := count(10, 10)
	require.Positive(t, ten)
	require.InDelta(t, ten, count(200, 10), 10, "not more than one read for each that is due")
	require.InDelta(t, 4*ten, count(200, 40), 40)

	crowd := lively(t, 200, 200)
	crowd.params(func(p *xrental.Params) { p.MaxDuePerBlock = 10 })
	crowd.at(time.Hour)
	require.InDelta(t, ten, crowd.reads()-idle, 20, "the rest waits for the next blocks")
}
