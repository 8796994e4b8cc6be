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

// lively has open rentals, each on a machine of its own, of which a number end after an
// hour.
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

// TestEndBlockReads: what an end block reads does not grow with the number of open
// rentals, grows in proportion to those that are due, and stops at its limit.
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

// A block's work on what is due is bounded by its cost, and not by its number
// alone: an unanswered challenge refunds all trials of a machine, each of which
// pays a host, a renter and the pool.
func TestEndBlocksAreBoundedByGas(t *testing.T) {
	t.Parallel()
	const machines, slots = 6, 64
	most := map[string]uint64{"machine": 25_000_000 + slots*200_000, "rental": 50_000_000 + 1_000_000}
	c := newChain(t)
	c.params(func(p *xrental.Params) { p.MaxOpenTrials, p.TrialFeeRatioBps, p.Fee = 1_000, 0, 1 })
	var asked []string
	for n := range machines {
		asked = append(asked, c.bond(byte(n+1), slots))
	}
	other := []string{c.bond(101, slots), c.bond(102, slots), c.bond(103, slots), c.bond(104, slots), c.bond(105, slots), c.bond(106, slots)}
	for n, id := range append(asked, other...) {
		for range slots {
			c.mustRent(c.renters[n%3], id, hour, 1)
		}
	}
	for _, id := range asked {
		require.NoError(t, c.challenge(c.renters[1], id))
	}
	c.at(30 * time.Minute)
	spent := func(end func() error) uint64 {
		meter := storetypes.NewInfiniteGasMeter()
		before := c.ctx
		c.ctx = c.ctx.WithGasMeter(meter)
		require.NoError(t, end())
		c.ctx = before
		return meter.GasConsumed()
	}
	blocks := 0
	for ; c.module(xrental.ModuleName) > 0; blocks++ {
		require.Less(t, blocks, 10)
		one := spent(func() error { return c.machines.EndBlock(c.ctx) })
		two := spent(func() error { return c.keeper.EndBlock(c.ctx) })
		t.Logf("block %d: %d gas of x/machine, %d of x/rental", blocks, one, two)
		require.LessOrEqual(t, one, most["machine"])
		require.LessOrEqual(t, two, most["rental"])
		c.sound()
	}
	require.Greater(t, blocks, 1)
}
