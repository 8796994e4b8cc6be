package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
	"github.com/dbc-network/dbc/x/rental/keeper"
)

const start = 1_000_000 * dbc

func TestRentConfirmRenewEnd(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 2), c.renters[0]

	rented, err := c.rent(alice, id, 2*hour, 1)
	require.NoError(t, err)
	require.Equal(t, &xrental.MsgRentMachineResponse{
		RentId: 1, Rent: 2 * dbc, Fee: fee, Deadline: genesisTime.Add(30 * time.Minute), End: genesisTime.Add(2 * time.Hour),
	}, rented)
	require.EqualValues(t, start-2*dbc-fee, c.balance(alice))
	require.EqualValues(t, 2*dbc+fee, c.module(xrental.ModuleName))
	require.Zero(t, c.module(pool))
	require.Equal(t, []uint32{0}, c.get(1).Slots)

	c.at(10 * time.Minute)
	require.NoError(t, c.confirm(alice, 1))
	require.EqualValues(t, 2*dbc, c.module(xrental.ModuleName))
	require.EqualValues(t, fee, c.module(pool))
	require.ErrorIs(t, c.confirm(alice, 1), xrental.ErrState)

	c.at(time.Hour)
	claimed, err := c.claim(1)
	require.NoError(t, err)
	require.EqualValues(t, dbc, claimed, "the confirmed trial is paid")
	require.EqualValues(t, dbc, c.balance(c.payout))

	renewed, err := c.relet(alice, 1, hour)
	require.NoError(t, err)
	require.Equal(t, &xrental.MsgReletMachineResponse{RentId: 1, Rent: dbc, End: genesisTime.Add(3 * time.Hour)}, renewed)
	require.Len(t, c.get(1).Segments, 1, "the same price extends the segment")

	c.at(3*time.Hour - 1)
	c.end()
	require.Equal(t, xrental.RENTAL_STATE_ACTIVE, c.get(1).State)

	c.at(3 * time.Hour)
	require.Equal(t, xrental.RENTAL_STATE_ENDED, c.get(1).State, "over for queries before the end block")
	c.end()
	require.EqualValues(t, 3*dbc, c.balance(c.payout))
	require.EqualValues(t, start-3*dbc-fee, c.balance(alice))
	require.Zero(t, c.module(xrental.ModuleName))
	last := c.get(1).Transitions[3]
	require.Equal(t, xrental.Transition{
		Time: genesisTime.Add(3 * time.Hour), From: xrental.RENTAL_STATE_ACTIVE, To: xrental.RENTAL_STATE_ENDED,
		Reason: xrental.REASON_END_REACHED, Height: c.ctx.BlockHeight(),
	}, last)
	free, err := c.machines.FreeSlots(c.ctx, id)
	require.NoError(t, err)
	require.Len(t, free, 2)
}

func TestTrialNotConfirmed(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustRent(alice, id, 24*hour, 0)

	c.at(30*time.Minute - 1)
	c.end()
	require.Equal(t, xrental.RENTAL_STATE_TRIAL, c.get(1).State)
	fork, _ := c.ctx.CacheContext()
	_, err := c.msg.ConfirmRent(fork, &xrental.MsgConfirmRent{Renter: alice.String(), MachineId: id})
	require.NoError(t, err, "one nanosecond before the deadline is in time")

	c.at(30 * time.Minute)
	require.ErrorIs(t, c.confirm(alice, 1), xrental.ErrLate, "at the deadline is late")
	require.Equal(t, xrental.RENTAL_STATE_REFUNDED, c.get(1).State)
	c.end()
	require.EqualValues(t, start-fee, c.balance(alice), "the whole rent is back, the fee is not")
	require.Equal(t, xrental.REASON_NOT_CONFIRMED, c.get(1).Transitions[1].Reason)

	_, err = c.rent(alice, id, hour, 0)
	require.ErrorIs(t, err, xrental.ErrCooldown)
	c.at(30*time.Minute + 24*time.Hour - 1)
	_, err = c.rent(alice, id, hour, 0)
	require.ErrorIs(t, err, xrental.ErrCooldown)
	c.at(30*time.Minute + 24*time.Hour)
	_, err = c.rent(alice, id, hour, 0)
	require.NoError(t, err)
}

// A message settles what is due before it looks, without any end block.
func TestMessageSettlesDueFirst(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 1)
	c.mustRent(c.renters[0], id, hour, 0)
	c.at(30 * time.Minute)
	quote, err := c.query.Quote(c.ctx, &xrental.QueryQuoteRequest{MachineId: id, DurationSeconds: hour})
	require.NoError(t, err)
	require.Equal(t, []uint32{0}, quote.Slots, "the quote counts the slots that the message will free")
	require.EqualValues(t, 2, c.mustRent(c.renters[1], id, hour, 0))
	require.EqualValues(t, start-fee, c.balance(c.renters[0]))
	c.sound()
}

func TestHaltMovesDeadlinesNotEnds(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice, bob := c.bond(1, 2), c.renters[0], c.renters[1]
	c.at(0)
	c.mustRent(alice, id, 24*hour, 1)
	c.mustActive(bob, id, 2*hour, 1)
	c.at(20 * time.Minute)
	c.halt(3 * time.Hour)
	c.end()
	require.Equal(t, xrental.RENTAL_STATE_TRIAL, c.get(1).State)
	require.Equal(t, genesisTime.Add(3*time.Hour+30*time.Minute), c.get(1).Deadline)
	require.Equal(t, xrental.RENTAL_STATE_ENDED, c.get(2).State)
	c.at(3*time.Hour + 30*time.Minute - 1)
	c.end()
	require.Equal(t, xrental.RENTAL_STATE_TRIAL, c.get(1).State)
	c.at(3*time.Hour + 30*time.Minute)
	c.end()
	require.Equal(t, xrental.RENTAL_STATE_REFUNDED, c.get(1).State)
	require.Equal(t, genesisTime.Add(3*time.Hour+30*time.Minute), c.get(1).Transitions[1].Time)
	c.halt(time.Hour)
	require.Equal(t, genesisTime.Add(3*time.Hour+30*time.Minute), c.get(1).Deadline, "a later halt moves nothing that is over")
}

func TestRentRefusals(t *testing.T) {
	t.Parallel()
	rent := xrental.MsgRentMachine{DurationSeconds: hour, Slots: 1}
	tests := map[string]struct {
		edit func(c *chain, m *machine.Machine, msg *xrental.MsgRentMachine)
		want error
	}{
		"renter malformed":  {func(_ *chain, _ *machine.Machine, msg *xrental.MsgRentMachine) { msg.Renter = "x" }, xrental.ErrInvalid},
		"machine unknown":   {func(_ *chain, _ *machine.Machine, msg *xrental.MsgRentMachine) { msg.MachineId = "x" }, machine.ErrInvalidID},
		"below the minimum": {func(_ *chain, _ *machine.Machine, msg *xrental.MsgRentMachine) { msg.DurationSeconds = hour / 2 }, xrental.ErrDuration},
		"no multiple":       {func(_ *chain, _ *machine.Machine, msg *xrental.MsgRentMachine) { msg.DurationSeconds = hour + 1 }, xrental.ErrDuration},
		"beyond the maximum": {func(_ *chain, _ *machine.Machine, msg *xrental.MsgRentMachine) {
			msg.DurationSeconds = 60*24*hour + 1800
		}, xrental.ErrDuration},
		"duration wraps":      {func(_ *chain, _ *machine.Machine, msg *xrental.MsgRentMachine) { msg.DurationSeconds = 1 << 63 }, xrental.ErrDuration},
		"zero duration":       {func(_ *chain, _ *machine.Machine, msg *xrental.MsgRentMachine) { msg.DurationSeconds = 0 }, xrental.ErrDuration},
		"too many slots":      {func(_ *chain, _ *machine.Machine, msg *xrental.MsgRentMachine) { msg.Slots = 3 }, xrental.ErrNotRentable},
		"listing moved":       {func(_ *chain, _ *machine.Machine, msg *xrental.MsgRentMachine) { msg.ListingVersion = 2 }, xrental.ErrListingMoved},
		"over max_total":      {func(_ *chain, _ *machine.Machine, msg *xrental.MsgRentMachine) { msg.MaxTotal = fee + dbc - 1 }, xrental.ErrTooExpensive},
		"offline":             {func(_ *chain, m *machine.Machine, _ *xrental.MsgRentMachine) { m.State = machine.MACHINE_STATE_OFFLINE }, xrental.ErrNotRentable},
		"below its stake":     {func(_ *chain, m *machine.Machine, _ *xrental.MsgRentMachine) { m.StakeRequired = stake*10/9 + 1 }, xrental.ErrNotRentable},
		"rent rounds to zero": {func(_ *chain, m *machine.Machine, _ *xrental.MsgRentMachine) { m.PricePerDay = 23 }, xrental.ErrAmount},
		"price does not fit": {func(_ *chain, m *machine.Machine, msg *xrental.MsgRentMachine) {
			m.PricePerDay = 1 << 63
			msg.Slots = 2
		}, xrental.ErrAmount},
		"more than the balance": {func(_ *chain, m *machine.Machine, _ *xrental.MsgRentMachine) { m.PricePerDay = 24 * start }, xrental.ErrFunds},
		"drains before the end": {func(_ *chain, m *machine.Machine, _ *xrental.MsgRentMachine) {
			from := genesisTime.Add(time.Hour - 1)
			m.DrainFrom = &from
		}, xrental.ErrNotRentable},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			id, msg := c.bond(1, 2), rent
			m, err := c.machines.GetMachine(c.ctx, id)
			require.NoError(t, err)
			msg.Renter, msg.MachineId = c.renters[0].String(), id
			test.edit(c, &m, &msg)
			require.NoError(t, c.machines.Bonds.Set(c.ctx, id, m))
			_, err = deliver(c, c.msg.RentMachine, &msg)
			require.ErrorIs(t, err, test.want)
			t.Log(err)
			require.EqualValues(t, start, c.balance(c.renters[0]), "a refusal changes nothing")
			c.sound()
		})
	}
}

// A machine that drains is rented and renewed up to that moment and not beyond it.
func TestRentUpToTheDrain(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 2), c.renters[0]
	m, err := c.machines.GetMachine(c.ctx, id)
	require.NoError(t, err)
	from := genesisTime.Add(3 * time.Hour)
	m.DrainFrom = &from
	require.NoError(t, c.machines.Bonds.Set(c.ctx, id, m))
	c.mustActive(alice, id, 2*hour, 1)
	c.mustRent(alice, id, 3*hour, 1)
	_, err = c.relet(alice, 1, hour)
	require.NoError(t, err)
	_, err = c.relet(alice, 1, hour)
	require.ErrorIs(t, err, xrental.ErrNotRentable)
}

func TestLimitsOfTrials(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 8), c.renters[0]
	for range 5 {
		c.mustRent(alice, id, hour, 1)
	}
	_, err := c.rent(alice, id, hour, 1)
	require.ErrorIs(t, err, xrental.ErrTooManyTrials)
	_, err = c.rent(c.renters[1], id, hour, 0)
	require.ErrorIs(t, err, machine.ErrNoSlots, "the whole machine is not free")
	require.Equal(t, []uint32{5, 6}, c.get(c.mustRent(c.renters[1], id, hour, 2)).Slots, "the lowest free slots")
	require.ErrorIs(t, c.confirm(c.renters[1], 1), xrental.ErrUnauthorized)
	_, err = deliver(c, c.msg.ConfirmRent, &xrental.MsgConfirmRent{Renter: alice.String(), MachineId: id})
	require.ErrorIs(t, err, xrental.ErrAmbiguous)
	require.NoError(t, c.confirm(alice, 3))
	c.mustRent(alice, id, hour, 1)
	c.sound()
}

func TestRenewalAtAnotherPrice(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustActive(alice, id, hour, 0)
	m, err := c.machines.GetMachine(c.ctx, id)
	require.NoError(t, err)
	m.PricePerDay, m.ListingVersion = 2*price, 2
	require.NoError(t, c.machines.Bonds.Set(c.ctx, id, m))
	_, err = c.relet(alice, 1, hour)
	require.NoError(t, err)
	require.Len(t, c.get(1).Segments, 2)
	c.at(90 * time.Minute)
	claimed, err := c.claim(1)
	require.NoError(t, err)
	require.EqualValues(t, 2*dbc, claimed)
	require.Len(t, c.get(1).Segments, 1, "the past segment was folded")
	require.EqualValues(t, dbc, c.get(1).FoldedEarned)
	_, err = c.relet(alice, 1, 60*24*hour)
	require.ErrorIs(t, err, xrental.ErrDuration)
	c.at(2 * time.Hour)
	_, err = c.relet(alice, 1, hour)
	require.ErrorIs(t, err, xrental.ErrLate, "at its end a rental is over")
	c.end()
	require.EqualValues(t, 3*dbc, c.balance(c.payout))
}

func TestBreak(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 4), c.renters[0]
	c.mustActive(alice, id, 100*hour, 1)
	c.mustRent(alice, id, hour, 1)
	c.mustActive(alice, id, hour, 1)
	c.at(time.Hour / 2)
	require.ErrorIs(t, c.breakRental(c.renters[1].String(), 1), xrental.ErrUnauthorized)
	require.ErrorIs(t, c.breakRental(alice.String(), 1), xrental.ErrState)
	c.at(10 * time.Minute)
	before := c.balance(alice)
	require.NoError(t, c.breakRental(c.owner.String(), 2))
	require.EqualValues(t, before+dbc+fee, c.balance(alice), "from a trial: the rent and the fee")
	require.EqualValues(t, 3*fee, c.module(pool), "as much from the stake")
	require.EqualValues(t, stake-fee, c.module(machine.ModuleName))
	require.EqualValues(t, fee, c.get(2).FromStake)
	c.at(time.Hour / 2)
	require.NoError(t, c.breakRental(c.keeper.Authority(), 3))
	require.EqualValues(t, before+dbc+fee+dbc/2+10*dbc, c.balance(alice), "half was not earned, and the least penalty on top")
	require.EqualValues(t, dbc/2, c.balance(c.payout))
	require.EqualValues(t, 10*dbc, c.get(3).FromStake)
	require.NoError(t, c.breakRental(c.owner.String(), 1))
	const penalty = 10 * dbc // a tenth of 99.5 DBC is less
	require.EqualValues(t, start-100*dbc-3*fee-2*dbc+dbc+fee+dbc/2+10*dbc+99*dbc+dbc/2+penalty, c.balance(alice))
	require.Equal(t, xrental.RENTAL_STATE_BROKEN, c.get(1).State)
	require.EqualValues(t, penalty, c.get(1).FromStake)
	told, err := keeper.NewQueryServer(c.keeper).Explain(c.ctx, &xrental.QueryExplainRequest{RentId: 1})
	require.NoError(t, err)
	require.Equal(t, "paid to the renter from the host's stake 10 DBC", told.Lines[len(told.Lines)-1])
	require.ErrorIs(t, c.breakRental(c.owner.String(), 1), xrental.ErrLate)
	c.sound()
}

// TestStakeThatIsShort: what is recorded is what was paid, not what was owed.
func TestStakeThatIsShort(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustActive(alice, id, 100*hour, 1)
	const left = 3*dbc + 7
	_, err := c.machines.PayFromStake(c.ctx, id, c.renters[1], stake-left)
	require.NoError(t, err)
	c.at(time.Hour)
	before := c.balance(alice)
	require.NoError(t, c.breakRental(c.owner.String(), 1))
	r := c.get(1)
	const tithe = dbc / 10 // of the hour's rent, into a stake that is short
	require.EqualValues(t, dbc-tithe, c.balance(c.payout))
	require.EqualValues(t, left+tithe, r.FromStake)
	require.EqualValues(t, before+r.Paid-r.Claimed+left+tithe, c.balance(alice))
	require.Zero(t, c.module(machine.ModuleName))
	c.sound()
}

// Renting the whole machine rents and pays for what is in service, and a slot
// that went out of service is renewed by its renter but rented by nobody else.
func TestOutOfService(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice, bob := c.bond(1, 3), c.renters[0], c.renters[1]
	c.setSlots(id, 1)
	c.mustRent(alice, id, 24*hour, 0)
	require.Equal(t, []uint32{0, 2}, c.get(1).Slots)
	require.EqualValues(t, 2*24*dbc, c.get(1).Paid)
	require.NoError(t, c.confirm(alice, 1))
	c.setSlots(id, 0, 1)
	_, err := c.relet(alice, 1, hour)
	require.NoError(t, err)
	_, err = c.rent(bob, id, hour, 1)
	require.Error(t, err)
	c.setSlots(id, 0)
	_, err = c.rent(bob, id, hour, 1)
	require.NoError(t, err)
	require.Equal(t, []uint32{1}, c.get(2).Slots)
	c.sound()
}
