package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// over reports for each rental whether it was closed, as stored.
func (c *chain) over(ids ...uint64) []bool {
	c.Helper()
	var all []bool
	for _, id := range ids {
		r, err := c.keeper.Rentals.Get(c.ctx, id)
		require.NoError(c, err)
		all = append(all, r.State > xrental.RENTAL_STATE_ACTIVE)
	}
	return all
}

// A trial whose refund failed and that then was not due any more is due again at its
// deadline.
func TestFailedTrialKeepsItsDeadline(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustRent(alice, id, hour, 1)
	c.at(5 * time.Minute)
	c.flaky.fail[1] = true
	require.NoError(t, c.setOffline(id), "a refund that fails keeps no machine online")
	require.Equal(t, []bool{false}, c.over(1))
	c.at(5*time.Minute + 30*time.Second)
	require.NoError(t, c.setOnline(id))
	c.flaky.fail[1] = false
	c.at(6 * time.Minute)
	c.end()
	require.Equal(t, []bool{false}, c.over(1), "it is not due")
	c.at(30*time.Minute - 1)
	c.end()
	require.Equal(t, []bool{false}, c.over(1))
	c.at(30 * time.Minute)
	c.end()
	require.Equal(t, []bool{true}, c.over(1))
	require.Equal(t, xrental.REASON_NOT_CONFIRMED, c.get(1).Transitions[1].Reason)
}

// The same for one that was confirmed meanwhile: it ends at its end.
func TestFailedTrialThatIsConfirmedEndsAtItsEnd(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustRent(alice, id, hour, 1)
	c.at(5 * time.Minute)
	c.flaky.fail[1] = true
	require.NoError(t, c.setOffline(id))
	c.at(5*time.Minute + 30*time.Second)
	require.NoError(t, c.setOnline(id))
	c.flaky.fail[1] = false
	require.NoError(t, c.confirm(alice, 1))
	c.at(time.Hour - 1)
	c.end()
	require.Equal(t, []bool{false}, c.over(1))
	c.at(time.Hour)
	c.end()
	require.Equal(t, xrental.REASON_END_REACHED, c.get(1).Transitions[2].Reason)
}

// What is due in three queues is taken from all of them, the oldest first, and
// no more than a block may settle.
func TestOldestOfThreeQueuesComesFirst(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice, bob := c.bond(1, 8), c.renters[0], c.renters[1]
	c.params(func(p *xrental.Params) { p.MaxOpenTrials = 100 })
	c.mustActive(bob, id, 3*hour, 1) // 1 ends at 180 min
	c.mustRent(alice, id, hour, 1)   // 2 fails at 30 min, and is tried again at 31 min
	c.at(20 * time.Minute)
	c.mustRent(alice, id, 4*hour, 1) // 3 has its deadline at 50 min
	c.at(25 * time.Minute)
	c.mustActive(bob, id, hour, 1) // 4 ends at 85 min
	c.at(28 * time.Minute)
	c.mustRent(alice, id, 4*hour, 1) // 5 has its deadline at 58 min
	c.flaky.fail[2] = true
	c.at(30 * time.Minute)
	c.end()
	c.flaky.fail[2] = false
	c.params(func(p *xrental.Params) { p.MaxDuePerBlock = 1 })
	c.at(4 * time.Hour)
	for n, want := range [][]bool{
		{true, false, false, false, false}, // 2
		{true, true, false, false, false},  // 3
		{true, true, true, false, false},   // 5
		{true, true, true, true, false},    // 4
		{true, true, true, true, true},     // 1
	} {
		c.end()
		require.Equal(t, want, c.over(2, 3, 5, 4, 1), "block %d", n)
	}
}

// A halt moves deadlines but not ends, and with them their place in the order.
func TestOldestFirstAfterAHalt(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice, bob := c.bond(1, 4), c.renters[0], c.renters[1]
	c.mustRent(alice, id, 4*hour, 1) // 1: 30 min, after the halt 90 min
	c.mustActive(bob, id, hour, 1)   // 2 ends at 60 min all the same
	c.at(time.Minute)
	c.params(func(p *xrental.Params) { p.MaxDuePerBlock = 1 })
	c.halt(time.Hour)
	c.at(100 * time.Minute)
	c.end()
	require.Equal(t, []bool{false, true}, c.over(1, 2))
	c.end()
	require.Equal(t, []bool{true, true}, c.over(1, 2))
	require.Equal(t, genesisTime.Add(90*time.Minute), c.get(1).Transitions[1].Time)
}

// A transaction that runs out of gas while it settles what is due stops there,
// wherever that happens: none continues with half of it.
func TestOutOfGasEndsTheTransaction(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 2)
	c.mustRent(c.renters[0], id, hour, 1)
	c.mustActive(c.renters[1], id, hour, 1)
	c.at(2 * time.Hour)
	settle := func(limit uint64) (over []bool, used uint64, panicked any) {
		cached, _ := c.ctx.CacheContext()
		cached = cached.WithGasMeter(storetypes.NewGasMeter(limit))
		func() {
			defer func() { panicked = recover() }()
			require.NoError(t, c.keeper.SettleDue(cached, id))
		}()
		used = cached.GasMeter().GasConsumed()
		for rent := range uint64(2) {
			r, err := c.keeper.Rentals.Get(cached.WithGasMeter(storetypes.NewInfiniteGasMeter()), rent+1)
			require.NoError(t, err)
			over = append(over, r.State > xrental.RENTAL_STATE_ACTIVE)
		}
		return over, used, panicked
	}
	over, used, panicked := settle(100_000_000)
	require.Nil(t, panicked)
	require.Equal(t, []bool{true, true}, over)
	for limit := uint64(0); limit < used; limit += used / 97 {
		_, _, panicked := settle(limit)
		require.IsType(t, storetypes.ErrorOutOfGas{}, panicked, "with %d of %d gas", limit, used)
	}
	require.Zero(t, c.balance(c.payout))
	require.EqualValues(t, 2*dbc+fee, c.module(xrental.ModuleName))
	require.EqualValues(t, stake, c.module(machine.ModuleName))
}
