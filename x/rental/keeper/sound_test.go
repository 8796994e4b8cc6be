package keeper_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// Reserved slots are those of open rentals, on a machine without any as well, and the
// last slot counts like the others.
func TestSlotsThatNobodyRents(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 2), c.renters[0]
	c.mustActive(alice, id, hour, 1)
	c.mustActive(alice, id, hour, 1) // the last slot
	whole := c.ctx
	c.ctx, _ = whole.CacheContext()
	r, err := c.keeper.Rentals.Get(c.ctx, 2)
	require.NoError(t, err)
	r.Slots = nil
	require.NoError(t, c.keeper.Rentals.Set(c.ctx, 2, r))
	require.ErrorContains(t, c.keeper.CheckSlots(c.ctx), "has 2 slots: rentals hold [0], free are []")

	c.ctx = whole
	c.at(time.Hour)
	c.end()
	_, err = c.machines.ReserveSlots(c.ctx, id, 1, 9)
	require.NoError(t, err)
	err = c.keeper.CheckSlots(c.ctx)
	require.ErrorIs(t, err, xrental.ErrInvariant)
	require.ErrorContains(t, err, "rentals hold slots [], free are [1]")
	require.ErrorIs(t, c.keeper.CheckInvariants(c.ctx), xrental.ErrInvariant)
}

// What is over and not settled waits for a verdict, or for an open challenge that was
// made before it was over: each rental of each machine.
func TestWhatWaitsForNothing(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	one, two, alice := c.bond(1, 1), c.bond(2, 1), c.renters[0]
	for _, id := range []string{one, two} {
		c.mustActive(alice, id, 10*hour, 1)
	}
	c.at(time.Hour)
	for _, id := range []string{one, two} {
		require.NoError(t, c.challenge(c.renters[1], id))
	}
	c.at(time.Hour + time.Minute)
	for rent := range uint64(2) {
		require.NoError(t, c.breakRental(c.owner.String(), rent+1))
	}
	require.NoError(t, c.answer(min(one, two)))
	require.NoError(t, c.keeper.CheckVerdicts(c.ctx), "one has a verdict, the other waits")
	whole, last := c.ctx, max(one, two)
	waits := func(edit func(m *machine.Machine, asked *machine.Challenge)) error {
		c.ctx, _ = whole.CacheContext()
		m, err := c.machines.Bonds.Get(c.ctx, last)
		require.NoError(t, err)
		asked, err := c.machines.Challenges.Get(c.ctx, m.OpenChallenges[0])
		require.NoError(t, err)
		edit(&m, &asked)
		require.NoError(t, c.machines.Challenges.Set(c.ctx, asked.Id, asked))
		require.NoError(t, c.machines.Bonds.Set(c.ctx, last, m))
		return c.keeper.CheckVerdicts(c.ctx)
	}
	const nothing = "is not settled and waits for nothing"
	require.ErrorContains(t, waits(func(m *machine.Machine, _ *machine.Challenge) { m.OpenChallenges = nil }), nothing)
	over := genesisTime.Add(time.Hour + time.Minute)
	require.ErrorContains(t, waits(func(_ *machine.Machine, asked *machine.Challenge) { asked.Time = over }), nothing, "made when it was over")
	require.NoError(t, waits(func(_ *machine.Machine, asked *machine.Challenge) { asked.Time = over.Add(-1) }))
}

// Each verdict is needed, and queued as long as it decides something that did not fail;
// a rental that failed has its next attempt.
func TestVerdictsAndFailuresThatAreWrong(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.withoutPenalties()
	id, alice := c.bond(1, 2), c.renters[0]
	for range 2 {
		c.mustActive(alice, id, 10*hour, 1)
	}
	c.at(time.Hour)
	require.NoError(t, c.challenge(c.renters[1], id))
	c.at(time.Hour + time.Minute)
	require.NoError(t, c.breakRental(c.owner.String(), 1))
	c.at(time.Hour + time.Minute + 1)
	require.NoError(t, c.breakRental(c.owner.String(), 2))
	c.at(time.Hour + 2*time.Minute)
	require.NoError(t, c.answer(id))
	c.params(func(p *xrental.Params) { p.MaxDuePerBlock = 1 })
	c.flaky.poor[id] = true
	require.NoError(t, c.keeper.EndBlock(c.ctx)) // the first fails, the second waits
	c.sound()
	whole := c.ctx
	spoil := func(prefix byte, edit func(key, value []byte)) error {
		t.Helper()
		c.ctx, _ = whole.CacheContext()
		keys, values := c.entries(prefix)
		require.NotEmpty(t, keys)
		edit(keys[0], values[0])
		return c.keeper.CheckInvariants(c.ctx)
	}
	unsettled, _ := c.entries(7)
	second := unsettled[1][1+len(id)+1:] // behind the prefix and the machine
	const ready, retries, failures = 16, 12, 13
	for name, test := range map[string]struct {
		prefix byte
		edit   func(key, value []byte)
		says   string
	}{
		"a verdict that is not queued":         {ready, func(key, _ []byte) { c.ctx.KVStore(c.store).Delete(key) }, "rental 2 has a verdict and is not queued"},
		"a queued verdict that is not there":   {ready, func(key, value []byte) { c.ctx.KVStore(c.store).Set(append(bytes.Clone(key), 'f'), value) }, "is queued for a verdict that is not there"},
		"a queued verdict that has been tried": {ready, func(key, _ []byte) { c.ctx.KVStore(c.store).Set(key, second) }, "is queued and has nothing to try"},
		"a failure without a next attempt":     {retries, func(key, _ []byte) { c.ctx.KVStore(c.store).Delete(key) }, "rental"},
		"a next attempt of no failure":         {failures, func(key, _ []byte) { c.ctx.KVStore(c.store).Delete(key) }, "rental"},
	} {
		err := spoil(test.prefix, test.edit)
		require.ErrorIs(t, err, xrental.ErrInvariant, name)
		require.ErrorContains(t, err, test.says, name)
	}
	c.ctx, _ = whole.CacheContext()
	require.NoError(t, c.keeper.Rentals.Remove(c.ctx, 1))
	require.ErrorIs(t, c.keeper.CheckFailures(c.ctx), xrental.ErrInvariant, "one that failed and does not exist")
}
