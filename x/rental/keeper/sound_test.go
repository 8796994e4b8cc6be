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
	last := max(one, two)
	m, err := c.machines.Bonds.Get(c.ctx, last)
	require.NoError(t, err)
	m.OpenChallenges = nil
	whole := c.ctx
	c.ctx, _ = whole.CacheContext()
	require.NoError(t, c.machines.Bonds.Set(c.ctx, last, m))
	require.ErrorContains(t, c.keeper.CheckVerdicts(c.ctx), "waits for nothing", "the other waits for a challenge")
	c.ctx = whole
	require.NoError(t, c.answer(min(one, two)))
	require.NoError(t, c.keeper.CheckVerdicts(c.ctx), "one has a verdict, the other waits")
	whole = c.ctx
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
	c.ctx, _ = whole.CacheContext()
	require.NoError(t, c.machines.Bonds.Remove(c.ctx, last))
	require.ErrorIs(t, c.keeper.CheckVerdicts(c.ctx), machine.ErrNotFound, "nobody knows whether it waits")
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

// A verdict whose rentals were all tried is in no queue, and one whose rentals are settled
// is forgotten.
func TestVerdictsThatAreDone(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.withoutPenalties()
	id, alice := c.bond(1, 3), c.renters[0]
	for range 3 {
		c.mustActive(alice, id, 10*hour, 1)
	}
	c.at(time.Hour)
	require.NoError(t, c.challenge(c.renters[1], id))
	for rent := range uint64(3) {
		c.at(time.Hour + time.Minute + time.Duration(rent))
		require.NoError(t, c.breakRental(c.owner.String(), rent+1))
	}
	c.at(time.Hour + 2*time.Minute)
	require.NoError(t, c.answer(id))
	put := func(key, value []byte) { c.ctx.KVStore(c.store).Set(key, value) }
	ready, tried := c.entries(16)
	verdicts, decided := c.entries(8)
	decides := c.ctx
	c.ctx, _ = decides.CacheContext()
	c.ctx.KVStore(c.store).Delete(ready[0])
	require.ErrorContains(t, c.keeper.CheckVerdicts(c.ctx), "rental 1 has a verdict and is not queued", "the first of them")

	c.ctx, _ = decides.CacheContext()
	c.flaky.poor[id] = true
	c.end()
	require.Equal(t, 3, c.unsettled())
	put(ready[0], tried[0])
	require.NoError(t, c.keeper.CheckVerdicts(c.ctx))
	put(append(bytes.Clone(ready[0]), 'f'), tried[0])
	require.ErrorContains(t, c.keeper.CheckVerdicts(c.ctx), "queued for a verdict that is not there")
	c.ctx.KVStore(c.store).Delete(ready[0])
	require.ErrorContains(t, c.keeper.CheckVerdicts(c.ctx), "queued for a verdict that is not there", "its own is not queued")

	c.ctx = decides
	c.flaky.poor[id] = false
	c.end()
	require.Zero(t, c.unsettled())
	put(verdicts[0], decided[0])
	require.ErrorContains(t, c.keeper.CheckVerdicts(c.ctx), "decides nothing")
}

// A rental that failed has left the queues by time and no index besides; a list of trials
// has each by its number.
func TestIndexesOfOneThatFailed(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 2), c.renters[0]
	c.mustActive(alice, id, hour, 1)
	c.mustRent(alice, id, 4*hour, 1)
	whole := c.ctx
	c.ctx, _ = whole.CacheContext()
	keys, values := c.entries(5)
	values[0][len(values[0])-1] ^= 1
	c.ctx.KVStore(c.store).Set(keys[0], values[0])
	require.ErrorContains(t, c.keeper.CheckIndexes(c.ctx), "rental 2 is trial and not in index")

	c.ctx = whole
	c.flaky.fail[1], c.flaky.fail[2] = true, true
	c.at(time.Hour)
	c.end()
	require.Equal(t, []bool{false, false}, c.over(1, 2))
	keys, _ = c.entries(4)
	c.ctx.KVStore(c.store).Delete(keys[0])
	require.ErrorContains(t, c.keeper.CheckIndexes(c.ctx), "rental 1 is active and not in index")
}

// Each rental that is overdue is found, behind those that are not and those that failed;
// a halt moves a trial's deadline.
func TestOverdueBehindOthers(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 3), c.renters[0]
	c.mustActive(alice, id, 10*hour, 1)
	c.mustActive(alice, id, hour, 1)
	c.at(time.Hour)
	c.flaky.fail[2] = true
	c.end()
	require.NoError(t, c.keeper.CheckOverdue(c.ctx, 0))
	c.mustRent(alice, id, 10*hour, 1)
	deadline := time.Hour + 30*time.Minute
	c.halt(3 * time.Hour)
	c.at(deadline + 3*time.Hour - 1)
	require.NoError(t, c.keeper.CheckOverdue(c.ctx, 0))
	c.at(deadline + 3*time.Hour + 1)
	require.ErrorContains(t, c.keeper.CheckOverdue(c.ctx, 0), "rental 3 is open, but was over at 2026-11-23T16:30:00Z (deadline)")
}

// An import names the rental whose renter can't be one.
func TestImportNamesTheRental(t *testing.T) {
	t.Parallel()
	c, _ := busy(t)
	n, gs := c.restart()
	gs.Rentals[2].Renter = c.keeper.Authority()
	err := n.keeper.InitGenesis(n.ctx, gs)
	require.ErrorIs(t, err, xrental.ErrInvalid)
	require.ErrorContains(t, err, "rental 3: ")
	require.ErrorContains(t, err, c.keeper.Authority())
}

// A refund that failed is tried again at its next attempt and at no other time: neither
// its deadline nor its end brings it back before.
func TestAFailedRefundWaitsForItsAttempt(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 1)
	c.mustRent(c.renters[0], id, hour, 1)
	c.at(5 * time.Minute)
	c.flaky.fail[1] = true
	require.NoError(t, c.setOffline(id))
	for _, block := range []struct{ minute, attempts int }{{5, 1}, {6, 2}, {7, 2}, {8, 3}, {12, 4}, {20, 5}, {30, 5}, {36, 6}, {60, 6}, {68, 7}} {
		c.at(time.Duration(block.minute) * time.Minute)
		c.end()
		require.Equal(t, block.attempts, c.flaky.released[1], "minute %d", block.minute)
	}
}

// What an end block reads of what verdicts decided is bounded by what it may settle.
func TestEndBlockReadsOfVerdicts(t *testing.T) {
	t.Parallel()
	reads := func(waiting int) uint64 {
		c := newChain(t)
		c.withoutPenalties()
		id, alice := c.bond(1, 64), c.renters[0]
		for range waiting {
			c.mustActive(alice, id, 10*hour, 1)
		}
		c.at(time.Hour)
		require.NoError(t, c.challenge(c.renters[1], id))
		c.at(time.Hour + time.Minute)
		for rent := range waiting {
			require.NoError(t, c.breakRental(c.owner.String(), uint64(rent)+1))
		}
		require.NoError(t, c.answer(id))
		c.params(func(p *xrental.Params) { p.MaxDuePerBlock = 1 })
		return c.reads()
	}
	require.Equal(t, reads(3), reads(40))
}

// The slots of each machine are checked, in whatever order.
func TestSlotsOfOneMachineOfMany(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	for n := range byte(8) {
		c.mustActive(c.renters[0], c.bond(n+1, 2), hour, 1)
	}
	c.sound()
	r, err := c.keeper.Rentals.Get(c.ctx, 1)
	require.NoError(t, err)
	_, err = c.machines.ReserveSlots(c.ctx, r.MachineId, 1, 99)
	require.NoError(t, err)
	for range 30 { // each walks a map anew
		require.ErrorContains(t, c.keeper.CheckSlots(c.ctx), r.MachineId)
	}
}

// A message does not try what failed and will be tried again by itself; what fails because
// of it is left to the end block, which counts the attempts.
func TestMessagesCountNoAttempts(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustActive(alice, id, hour, 1)
	c.flaky.fail[1] = true
	c.at(time.Hour)
	require.NoError(t, c.keeper.SettleDue(c.ctx, id))
	require.Empty(t, c.failures())
	c.end()
	require.Len(t, c.failures(), 1)
	c.flaky.fail[1] = false
	c.at(time.Hour + 30*time.Second)
	tried, err := c.releasedBy(func() error { _, err := c.rent(c.renters[1], id, hour, 1); return err })
	require.ErrorIs(t, err, machine.ErrNoSlots)
	require.Empty(t, tried)
}

// A verdict decides what was over since the one before it, of however many.
func TestTheThirdVerdict(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.withoutPenalties()
	id, alice := c.bond(1, 4), c.renters[0]
	for range 3 {
		c.mustActive(alice, id, 10*hour, 1)
	}
	for n := range uint64(3) {
		begin := time.Hour + time.Duration(n)*10*time.Second
		c.at(begin)
		require.NoError(t, c.challenge(c.renters[1], id))
		c.at(begin + time.Second)
		require.NoError(t, c.breakRental(c.owner.String(), n+1))
		c.at(begin + 2*time.Second)
		require.NoError(t, c.answer(id))
		c.flaky.poor[id] = n < 2
		c.end()
	}
	verdicts, _ := c.entries(8)
	require.Len(t, verdicts, 2, "the third is carried out and forgotten, though the second waits")
	require.Equal(t, 2, c.unsettled())
	c.sound()
}
