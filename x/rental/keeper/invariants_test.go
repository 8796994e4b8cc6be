package keeper_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	xrental "github.com/dbc-network/dbc/x/rental"
)

// entries returns the keys of a part of the module's store, with their values.
func (c *chain) entries(prefix byte) (keys, values [][]byte) {
	it := c.ctx.KVStore(c.store).Iterator([]byte{prefix}, []byte{prefix + 1})
	defer func() { _ = it.Close() }()
	for ; it.Valid(); it.Next() {
		keys, values = append(keys, bytes.Clone(it.Key())), append(values, bytes.Clone(it.Value()))
	}
	return keys, values
}

// everyState has rentals in every state, and an entry in every index and queue: a
// penalty that is held, a trial whose fee waits for a challenge, rentals that
// wait for one and some that have a verdict.
func everyState(t *testing.T) (*chain, string) {
	t.Helper()
	c := newChain(t)
	c.params(func(p *xrental.Params) { p.MaxDuePerBlock = 1 })
	id, other, alice, bob := c.bond(1, 12), c.bond(2, 1), c.renters[0], c.renters[1]
	c.fund(alice, 10_000_000*dbc)
	for range 3 { // wait for a challenge and get its verdict
		c.mustActive(bob, id, hour, 1)
	}
	c.mustActive(alice, id, 5*hour, 2)
	c.dear(other)
	c.mustActive(alice, other, 50*24*hour, 1)
	require.NoError(t, c.breakRental(c.owner.String(), 5))
	c.at(32 * time.Minute)
	c.mustRent(c.renters[2], id, 5*hour, 1)
	c.at(55 * time.Minute)
	require.NoError(t, c.challenge(bob, id))
	for i := range 4 {
		c.at(time.Hour + time.Duration(i)*time.Second)
		c.end()
	}
	c.at(time.Hour + 3*time.Minute)
	c.end()
	c.at(time.Hour + 4*time.Minute)
	require.NoError(t, c.answer(id)) // a verdict, of which a block carries out one
	c.end()
	c.mustRent(alice, id, 5*hour, 1)
	require.NoError(t, c.keeper.CheckInvariants(c.ctx))
	return c, id
}

// A missing or extra entry of any index or queue is found.
func TestInvariantsSeeEveryEntry(t *testing.T) {
	t.Parallel()
	c, _ := everyState(t)
	whole := c.ctx
	for name, prefix := range map[string]byte{
		"over by renter": 3, "open by renter": 4, "trials": 5, "over by machine": 6, "unsettled": 7, "verdicts": 8, "deadlines": 9,
		"ends": 10, "closed": 11, "ready": 16, "undecided": 17, "held by machine": 25, "held queue": 26,
	} {
		keys, values := c.entries(prefix)
		require.NotEmpty(t, keys, name)
		for i, key := range keys {
			c.ctx, _ = whole.CacheContext()
			c.ctx.KVStore(c.store).Delete(key)
			require.ErrorIs(t, c.keeper.CheckInvariants(c.ctx), xrental.ErrInvariant, "%s: without %x", name, key)
			c.ctx, _ = whole.CacheContext()
			another := bytes.Clone(key)
			another[len(another)-1] ^= 0x40
			c.ctx.KVStore(c.store).Set(another, values[i])
			require.Error(t, c.keeper.CheckInvariants(c.ctx), "%s: also %x", name, another)
			c.ctx = whole
		}
	}
}

// What contradicts a record is found by the check for it.
func TestInvariantsSeeWhatIsWrong(t *testing.T) {
	t.Parallel()
	c, _ := everyState(t)
	whole := c.ctx
	k := c.keeper
	const running = 4
	for name, test := range map[string]struct {
		check  func(context.Context) error
		spoil  func(r *xrental.Rental)
		rental uint64
	}{
		"escrow: rent":            {k.CheckEscrow, func(r *xrental.Rental) { r.Paid++ }, running},
		"escrow: claimed":         {k.CheckEscrow, func(r *xrental.Rental) { r.Claimed++ }, running},
		"escrow: fee of a trial":  {k.CheckEscrow, func(r *xrental.Rental) { r.Fee++ }, 7},
		"escrow: held penalty":    {k.CheckEscrow, func(r *xrental.Rental) { r.HeldPenalty-- }, 5},
		"slots: none of them":     {k.CheckSlots, func(r *xrental.Rental) { r.Slots = nil }, running},
		"slots: one too many":     {k.CheckSlots, func(r *xrental.Rental) { r.Slots = append(r.Slots, 11) }, running},
		"slots: of another":       {k.CheckSlots, func(r *xrental.Rental) { r.Slots[0] = 11 }, running},
		"slots: no such":          {k.CheckSlots, func(r *xrental.Rental) { r.Slots[0] = 12 }, running},
		"slots: it is over":       {k.CheckSlots, func(r *xrental.Rental) { r.State = xrental.RENTAL_STATE_ENDED }, running},
		"money: more than earned": {k.CheckMoney, func(r *xrental.Rental) { r.Claimed = r.Paid }, running},
		"money: more than paid":   {k.CheckMoney, func(r *xrental.Rental) { r.FoldedEarned = r.Paid }, running},
		"money: not sound":        {k.CheckMoney, func(r *xrental.Rental) { r.Transitions = nil }, running},
		"indexes: its state":      {k.CheckIndexes, func(r *xrental.Rental) { r.State = xrental.RENTAL_STATE_ENDED }, running},
		"indexes: its end":        {k.CheckIndexes, func(r *xrental.Rental) { r.End = r.End.Add(1) }, running},
	} {
		c.ctx, _ = whole.CacheContext()
		require.NoError(t, test.check(c.ctx), name)
		r, err := k.Rentals.Get(c.ctx, test.rental)
		require.NoError(t, err)
		test.spoil(&r)
		require.NoError(t, k.Rentals.Set(c.ctx, r.Id, r))
		require.ErrorIs(t, test.check(c.ctx), xrental.ErrInvariant, name)
		c.ctx = whole
	}
	c.ctx, _ = whole.CacheContext()
	c.fundModule(xrental.ModuleName, 1)
	require.ErrorIs(t, k.CheckEscrow(c.ctx), xrental.ErrInvariant)
	c.ctx = whole
}

// A rental that no block closed in time is overdue, unless it is known to fail.
func TestOverdueIsSeen(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 1)
	c.mustActive(c.renters[0], id, hour, 1)
	for _, test := range []struct {
		at, carryOver time.Duration
		overdue       bool
	}{
		{time.Hour - 1, 0, false},
		{time.Hour, 0, false},
		{time.Hour + 1, 0, true},
		{time.Hour + time.Minute, time.Minute, false},
		{time.Hour + time.Minute + 1, time.Minute, true},
	} {
		c.at(test.at)
		err := c.keeper.CheckOverdue(c.ctx, test.carryOver)
		require.Equal(t, test.overdue, err != nil, "%s: %v", test.at, err)
	}
	c.flaky.fail[1] = true
	c.ctx = c.ctx.WithEventManager(sdk.NewEventManager())
	c.end()
	require.NoError(t, c.keeper.CheckOverdue(c.ctx, 0), "it failed")
}
