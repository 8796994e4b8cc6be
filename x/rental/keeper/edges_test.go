package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// The last udbc of a fee, a rent and a penalty is paid like any other.
func TestOneUdbc(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.params(func(p *xrental.Params) { p.Fee, p.TrialFeeRatioBps, p.MinPenalty, p.PenaltyRatioBps = 1, 0, 1, 1 })
	id, alice := c.bond(1, 1), c.renters[0]
	c.setPrice(id, 24)
	before := c.balance(alice)
	c.mustRent(alice, id, hour, 1)
	require.NoError(t, c.cancelFor(alice, 1, xrental.CAUSE_MISMATCH))
	require.EqualValues(t, 1, c.module(pool))
	require.EqualValues(t, before-1, c.balance(alice))

	bob := c.renters[1]
	before = c.balance(bob)
	c.mustRent(bob, id, 2*hour, 1)
	require.NoError(t, c.breakRental(c.owner.String(), 2))
	require.EqualValues(t, before, c.balance(bob), "rent and fee")
	require.EqualValues(t, 2, c.module(pool), "as much as the fee, from the stake")

	c.mustActive(bob, id, 2*hour, 1)
	c.at(time.Hour)
	claimed, err := c.claim(3)
	require.NoError(t, err)
	require.EqualValues(t, 1, claimed)
	require.EqualValues(t, 1, c.balance(c.payout))
	require.NoError(t, c.breakRental(c.owner.String(), 3))
	require.EqualValues(t, before-1-1+1, c.balance(bob), "a fee and an hour, and the penalty")
	require.EqualValues(t, 1, c.get(3).FromStake)
	c.sound()
}

// Whoever may claim gets what is theirs, once.
func TestEachClaimsHisOwn(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 2), c.renters[0]
	c.mustActive(alice, id, 2*hour, 1)
	many := make([]uint64, xrental.MaxClaims)
	for i := range many {
		many[i] = 1
	}
	c.at(time.Hour)
	for _, stranger := range []sdk.AccAddress{c.renters[1], alice} {
		_, err := c.claimBy(stranger, 1)
		require.ErrorIs(t, err, xrental.ErrUnauthorized)
	}
	claimed, err := c.claimBy(c.operator, many...)
	require.NoError(t, err)
	require.EqualValues(t, dbc, claimed, "once, however often it is named")
	_, err = c.claimBy(c.operator, append(many, 1)...)
	require.ErrorIs(t, err, xrental.ErrInvalid)
	_, err = c.claimBy(c.operator)
	require.ErrorIs(t, err, xrental.ErrInvalid)

	c.at(2 * time.Hour)
	claimed, err = c.claimBy(c.payout, 1)
	require.NoError(t, err)
	require.EqualValues(t, dbc, claimed, "what settling it paid")
	require.Equal(t, xrental.RENTAL_STATE_ENDED, c.get(1).Transitions[2].To)
	claimed, err = c.claimBy(alice, 1)
	require.NoError(t, err, "of what is over")
	require.Zero(t, claimed)

	c.mustActive(alice, id, hour, 1)
	c.at(3 * time.Hour)
	before := c.balance(c.payout)
	_, err = c.claimBy(c.renters[1], 2)
	require.ErrorIs(t, err, xrental.ErrUnauthorized, "a stranger, though it is over")
	claimed, err = c.claimBy(alice, 2)
	require.NoError(t, err, "the renter of one that is over")
	require.Zero(t, claimed, "it is the host's")
	require.EqualValues(t, before+dbc, c.balance(c.payout))
	c.sound()
}

// The host of a rental that is over and can't be settled gets what was earned;
// its last segment stays, to mark that it is not settled.
func TestClaimOfOneThatIsStuck(t *testing.T) {
	t.Parallel()
	for _, late := range []time.Duration{0, time.Hour} {
		c := newChain(t)
		id, alice := c.bond(1, 1), c.renters[0]
		c.mustActive(alice, id, 2*hour, 1)
		c.flaky.fail[1] = true
		c.at(2*time.Hour + late)
		claimed, err := c.claim(1)
		require.NoError(t, err)
		require.EqualValues(t, 2*dbc, claimed)
		stored, err := c.keeper.Rentals.Get(c.ctx, 1)
		require.NoError(t, err)
		require.Len(t, stored.Segments, 1)
		require.Equal(t, xrental.RENTAL_STATE_ACTIVE, stored.State)
		c.sound()
		delete(c.flaky.fail, 1)
		c.end()
		require.Equal(t, xrental.RENTAL_STATE_ENDED, c.get(1).State)
		require.EqualValues(t, 2*dbc, c.balance(c.payout))
		c.sound()
	}
}

// A trial that is over during a challenge is decided like any other, by the
// machine's state when it was over.
func TestDecisions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		window time.Duration
		asked  time.Duration
		leaves bool // governance takes the machine offline before it answers
		reason xrental.Reason
	}{
		"end before its deadline": {30 * time.Minute, 55 * time.Minute, false, xrental.REASON_END_REACHED}, // by a halt of 45 minutes
		"end at its deadline":     {time.Hour, 55 * time.Minute, false, xrental.REASON_NOT_CONFIRMED},
		"deadline before its end": {time.Hour - time.Minute, 55 * time.Minute, false, xrental.REASON_NOT_CONFIRMED},
		"offline after it":        {time.Hour - time.Minute, 55 * time.Minute, true, xrental.REASON_NOT_CONFIRMED},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			c.params(func(p *xrental.Params) { p.TrialWindow = test.window })
			id := c.bond(1, 1)
			m, err := c.machines.GetMachine(c.ctx, id)
			require.NoError(t, err)
			m.Facts.Slots[0] = machine.Slot{Kind: machine.SLOT_KIND_GPU, GpuType: "RTX 4090", GpuIds: []string{"GPU-1"}, GpuCount: 1}
			require.NoError(t, c.machines.Bonds.Set(c.ctx, id, m))
			require.NoError(t, c.machines.GPUs.Set(c.ctx, "GPU-1", id))
			c.mustRent(c.renters[0], id, hour, 1)
			if test.window == 30*time.Minute {
				c.at(10 * time.Minute)
				c.halt(45 * time.Minute)
			} else {
				c.at(test.asked)
			}
			require.NoError(t, c.challenge(c.renters[1], id))
			c.at(time.Hour)
			c.end()
			require.Equal(t, xrental.REASON_CHALLENGE_OPEN, c.get(1).Transitions[1].Reason)
			c.at(time.Hour + time.Minute)
			if test.leaves {
				_, err := deliver(c, c.machine.ReleaseGPU, &machine.MsgReleaseGPU{Authority: c.keeper.Authority(), GpuId: "GPU-1"})
				require.NoError(t, err)
			} else {
				require.NoError(t, c.answer(id))
			}
			c.end()
			transitions := c.get(1).Transitions
			require.Equal(t, test.reason, transitions[len(transitions)-1].Reason)
			c.sound()
		})
	}
}

// A challenge at exactly a deadline says nothing about the time before it.
func TestChallengeAtTheDeadline(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 1)
	c.mustRent(c.renters[0], id, 2*hour, 1)
	c.at(30 * time.Minute)
	require.NoError(t, c.challenge(c.renters[1], id))
	c.end()
	require.Equal(t, xrental.REASON_NOT_CONFIRMED, c.get(1).Transitions[1].Reason)
}

// An outage excludes halts, to the nanosecond, and the resulting right to break
// is shown with what a break would bring.
func TestOutageIsNoHalt(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 2), c.renters[0]
	c.mustActive(alice, id, 10*hour, 1)
	c.mustRent(c.renters[1], id, 10*hour, 1)
	require.Nil(t, c.explain(2).RenterBreak, "a trial is cancelled")
	c.dear(id)
	right := c.explain(1).RenterBreak
	require.Nil(t, right.Until)
	require.False(t, right.Allowed)
	c.at(time.Minute)
	require.NoError(t, c.setOffline(id))
	require.Nil(t, c.explain(1).RenterBreak.Until, "while it lasts")
	c.halt(3 * time.Hour)
	require.NoError(t, c.setOnline(id))
	require.Nil(t, c.get(1).OutageEnded)
	require.Zero(t, c.get(1).OutageNs)
	require.NoError(t, c.setOffline(id))
	c.ctx = c.ctx.WithBlockTime(c.ctx.BlockTime().Add(1))
	require.NoError(t, c.setOnline(id))
	require.Equal(t, c.ctx.BlockTime(), *c.get(1).OutageEnded)
	require.EqualValues(t, 1, c.get(1).OutageNs)
	right = c.explain(1).RenterBreak
	require.Equal(t, c.ctx.BlockTime().Add(24*time.Hour), *right.Until)
	require.NoError(t, c.setOffline(id))
	require.Nil(t, c.explain(1).RenterBreak.Until, "again")
	c.sound()
}

// A renter is told why a break is refused.
func TestBreakIsRefused(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 2), c.renters[0]
	c.mustActive(alice, id, 100*hour, 1)
	c.mustRent(alice, id, 100*hour, 1)
	refused := func(rentID uint64, want string) {
		t.Helper()
		err := c.breakRental(alice.String(), rentID)
		require.ErrorIs(t, err, xrental.ErrState)
		require.ErrorContains(t, err, want)
	}
	refused(2, "CancelRent")
	require.NoError(t, c.cancelFor(alice, 2, xrental.CAUSE_UNSPECIFIED))
	require.NoError(t, c.setOffline(id))
	c.at(time.Hour)
	refused(1, "was offline for 1h0m0s in total")
	c.at(time.Hour + 1)
	require.NoError(t, c.breakRentalIn(alice, 1))
	require.NoError(t, c.setOnline(id))
	c.at(25*time.Hour + 1)
	refused(1, "has been back since")
	response, err := deliver(c, c.msg.BreakRental, &xrental.MsgBreakRental{Signer: c.owner.String(), RentId: 1})
	require.NoError(t, err)
	require.NotNil(t, response)
}

// A stake that covers no more than what is paid at once leaves nothing to hold.
func TestNothingIsHeldOfAnEmptyStake(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.dear(id)
	c.fund(alice, 2_000_000*dbc)
	c.mustActive(alice, id, 50*24*hour, 1)
	right := c.explain(1).RenterBreak
	require.EqualValues(t, stake, right.Penalty)
	require.EqualValues(t, 10*dbc, right.PenaltyAtOnce)
	_, err := c.machines.TakeFromStake(c.ctx, id, pool, stake-10*dbc)
	require.NoError(t, err)
	require.NoError(t, c.breakRental(c.owner.String(), 1))
	require.EqualValues(t, 10*dbc, c.get(1).FromStake)
	require.Nil(t, c.get(1).HeldUntil)
	require.Zero(t, c.get(1).HeldPenalty)
	c.sound()
}

// A slash takes up to the last udbc, and no more than is held.
func TestSlashOfHeldPenalties(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 2), c.renters[0]
	c.dear(id)
	c.fund(alice, 10_000_000*dbc)
	for range 2 {
		c.mustActive(alice, id, 50*24*hour, 1)
	}
	for rent := uint64(1); rent <= 2; rent++ {
		require.NoError(t, c.breakRental(c.owner.String(), rent))
	}
	const held = stake/2 - 10*dbc
	slash := func(amount, want uint64, events int) {
		t.Helper()
		before := c.module(pool)
		require.Len(t, c.told(func() error {
			taken, err := c.keeper.TakeHeldPenalties(c.ctx, id, pool, amount)
			require.Equal(t, want, taken)
			return err
		}), events)
		require.Equal(t, before+want, c.module(pool))
		c.sound()
	}
	slash(1, 1, 1)
	slash(held-1, held-1, 1)
	require.Zero(t, c.get(1).HeldPenalty)
	require.EqualValues(t, held, c.get(2).HeldPenalty)

	// A failed payment is forgotten along with what it was to pay.
	c.at(unbonding)
	escrow := sdk.NewCoins(sdk.NewCoin(xrental.Denom, math.NewIntFromUint64(held)))
	require.NoError(t, c.bank.SendCoinsFromModuleToModule(c.ctx, xrental.ModuleName, mint, escrow))
	require.NoError(t, c.keeper.EndBlock(c.ctx))
	failures, _ := c.entries(13)
	require.Len(t, failures, 1)
	require.NoError(t, c.bank.SendCoinsFromModuleToModule(c.ctx, mint, xrental.ModuleName, escrow))
	slash(1, 1, 1)
	failures, _ = c.entries(13)
	require.Len(t, failures, 1, "something is left to pay")
	slash(2*held, held-1, 1)
	failures, _ = c.entries(13)
	require.Empty(t, failures)
	slash(1, 0, 0)
}

// A held penalty can be claimed by its renter as soon as it is due.
func TestClaimOfAHeldPenalty(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.dear(id)
	c.fund(alice, 2_000_000*dbc)
	c.mustActive(alice, id, 50*24*hour, 1)
	require.NoError(t, c.breakRental(c.owner.String(), 1))
	c.at(unbonding - 1)
	_, err := c.claimBy(alice, 1)
	require.ErrorIs(t, err, xrental.ErrState)
	before := c.balance(alice)
	c.at(unbonding)
	_, err = c.claimBy(alice, 1)
	require.NoError(t, err)
	require.EqualValues(t, before+stake-10*dbc, c.balance(alice))
	c.sound()
}

// A machine knows when its last rental was over, from which its stake unbonds,
// and a rental's history is bounded.
func TestWhatIsRemembered(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustActive(alice, id, hour, 1)
	for range xrental.MaxTransitions {
		_, err := c.relet(alice, 1, hour)
		require.NoError(t, err)
	}
	lines := c.get(1).Transitions
	require.Len(t, lines, xrental.MaxTransitions)
	require.Equal(t, xrental.REASON_RENEWED, lines[0].Reason, "the oldest went")
	end := (xrental.MaxTransitions + 1) * time.Hour
	c.at(end + time.Minute)
	c.end()
	m, err := c.machines.GetMachine(c.ctx, id)
	require.NoError(t, err)
	require.Equal(t, genesisTime.Add(end), *m.LastRentalEnd)
	require.Len(t, c.get(1).Transitions, xrental.MaxTransitions)
}

// A rent uses the room of rentals that are over and did not fail before that of
// parked ones, which it tries too if it needs them; a refusal says what to do.
func TestRoomOfTheParked(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, bob, carol := c.bond(1, 3), c.renters[1], c.renters[2]
	c.mustActive(bob, id, hour, 1)
	c.mustActive(bob, id, 40*hour, 1)
	c.mustActive(bob, id, 40*hour, 1)
	c.flaky.fail[1] = true
	at, delay := time.Hour, time.Minute
	for range 10 {
		c.at(at)
		c.end()
		at, delay = at+delay, 2*delay
	}
	require.Equal(t, "parked", c.waiting(1))
	c.at(40 * time.Hour)
	clear(c.flaky.released)
	c.mustRent(carol, id, hour, 1)
	require.Equal(t, map[uint64]int{2: 1}, c.flaky.released)
	_, err := c.rent(carol, id, hour, 2)
	require.ErrorIs(t, err, machine.ErrNoSlots)
	require.ErrorContains(t, err, "2 rentals are over and not settled yet")
	delete(c.flaky.fail, 1)
	clear(c.flaky.released)
	c.mustRent(carol, id, hour, 2)
	require.Equal(t, map[uint64]int{1: 1, 3: 1}, c.flaky.released)
	_, err = c.rent(c.renters[0], id, hour, 1)
	require.ErrorIs(t, err, machine.ErrNoSlots)
	require.ErrorContains(t, err, "ask for fewer or choose another machine")
	c.sound()
}
