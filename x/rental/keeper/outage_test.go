package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

func TestOfflineRefundsTrialsAndEarnsNothing(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice, bob := c.bond(1, 2), c.renters[0], c.renters[1]
	c.mustActive(alice, id, 4*hour, 1)
	c.at(50 * time.Minute)
	c.mustRent(bob, id, hour, 1)
	c.at(time.Hour)
	require.NoError(t, c.setOffline(id))
	require.EqualValues(t, start, c.balance(bob), "the rent and the fee")
	require.Equal(t, xrental.REASON_MACHINE_OFFLINE, c.get(2).Transitions[1].Reason)
	_, err := c.relet(alice, 1, hour)
	require.ErrorIs(t, err, xrental.ErrNotRentable)

	c.at(84 * time.Minute)
	claimed, err := c.claim(1)
	require.NoError(t, err)
	require.EqualValues(t, dbc, claimed)
	require.ErrorIs(t, c.breakRental(alice.String(), 1), xrental.ErrState, "a tenth of it is not more than a tenth")
	c.at(84*time.Minute + 1)
	require.NoError(t, c.breakRentalIn(alice, 1))
	c.at(2*time.Hour + 1)
	require.NoError(t, c.setOnline(id))
	require.EqualValues(t, time.Hour+1, c.get(1).OutageNs)
	require.EqualValues(t, time.Hour+1, c.get(1).Segments[0].OfflineNs)
	_, err = c.rent(bob, id, hour, 1)
	require.NoError(t, err, "no cooldown: the machine was the cause")
	c.at(4 * time.Hour)
	c.end()
	require.EqualValues(t, 3*dbc-1+fee/2, c.balance(c.payout), "three hours less a nanosecond, rounded to the renter, and half the fee of the trial that nobody confirmed")
	require.EqualValues(t, start-fee-3*dbc+1, c.balance(alice))
}

func TestEndWhileOffline(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustActive(alice, id, 2*hour, 1)
	c.at(time.Hour)
	require.NoError(t, c.setOffline(id))
	c.at(3 * time.Hour)
	c.end()
	require.EqualValues(t, dbc, c.balance(c.payout))
	require.EqualValues(t, start-fee-dbc, c.balance(alice))
	require.EqualValues(t, time.Hour, c.get(1).OutageNs, "from when it went offline to the end")
	require.NoError(t, c.setOnline(id))
	require.EqualValues(t, time.Hour, c.get(1).OutageNs)
	c.sound()
}

func TestRenterBreaksAfterAnOutage(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 2), c.renters[0]
	c.mustActive(alice, id, 500*hour, 1)
	c.at(time.Hour)
	require.NoError(t, c.setOffline(id))
	c.at(3 * time.Hour)
	require.NoError(t, c.breakRental(alice.String(), 1))
	require.EqualValues(t, 2*time.Hour, c.get(1).OutageNs)
	const penalty, atOnce = 7 * 24 * dbc / 10, 10 * dbc // of seven days
	require.EqualValues(t, start-fee-dbc+atOnce, c.balance(alice))
	require.EqualValues(t, dbc, c.balance(c.payout))
	require.EqualValues(t, stake-penalty, c.module(machine.ModuleName))
	require.EqualValues(t, penalty, c.get(1).FromStake)
	require.EqualValues(t, penalty-atOnce, c.get(1).HeldPenalty)
	c.sound()
	c.at(3*time.Hour + unbonding)
	c.end()
	require.EqualValues(t, start-fee-dbc+penalty, c.balance(alice))
	require.EqualValues(t, dbc, c.balance(c.payout))
	require.EqualValues(t, stake-penalty, c.module(machine.ModuleName))
	require.EqualValues(t, penalty, c.get(1).FromStake)
	require.Zero(t, c.module(xrental.ModuleName))
	c.sound()
}

func TestAnsweredChallengeCostsNothing(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice, bob := c.bond(1, 3), c.renters[0], c.renters[1]
	c.mustActive(alice, id, hour, 1)
	c.mustActive(bob, id, 10*hour, 1)
	c.at(55 * time.Minute)
	require.NoError(t, c.challenge(bob, id))
	c.at(time.Hour)
	c.end()
	require.Equal(t, xrental.RENTAL_STATE_ENDED, c.get(1).State, "over at once")
	require.Equal(t, "challenge", c.waiting(1))
	free, err := c.machines.FreeSlots(c.ctx, id)
	require.NoError(t, err)
	require.Len(t, free, 2)
	require.Zero(t, c.balance(c.payout), "but settled with the challenge")
	claimed, err := c.claim(2)
	require.NoError(t, err)
	require.EqualValues(t, dbc*55/60, claimed, "earned counts up to the challenge")
	c.at(time.Hour + time.Minute)
	require.NoError(t, c.answer(id))
	c.end()
	require.Empty(t, c.waiting(1))
	require.EqualValues(t, dbc+dbc*55/60, c.balance(c.payout))
	require.EqualValues(t, start-fee-dbc, c.balance(alice))
}

func TestUnansweredChallenge(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice, bob, carol := c.bond(1, 5), c.renters[0], c.renters[1], c.renters[2]
	c.mustActive(alice, id, hour, 1)
	c.mustActive(bob, id, 10*hour, 1)
	c.at(54 * time.Minute)
	c.mustRent(carol, id, hour, 1)
	require.NoError(t, c.challenge(bob, id))
	c.at(57 * time.Minute)
	require.NoError(t, c.breakRental(c.owner.String(), 2))
	c.mustActive(carol, id, 6*hour, 1)
	c.at(time.Hour)
	c.end()
	require.Equal(t, "challenge", c.waiting(1))
	require.Equal(t, "challenge", c.waiting(2))

	c.at(64*time.Minute - 1)
	c.end()
	require.Equal(t, xrental.RENTAL_STATE_TRIAL, c.get(3).State)
	c.at(64 * time.Minute)
	c.end()
	require.Equal(t, xrental.REASON_CHALLENGE_UNANSWERED, c.get(3).Transitions[1].Reason)
	require.EqualValues(t, start-fee-6*dbc, c.balance(carol), "the trial is refunded with its fee, the confirmed one stands")
	require.Equal(t, xrental.RENTAL_STATE_ACTIVE, c.get(4).State)
	const earned = dbc * 54 / 60
	require.EqualValues(t, start-fee-earned, c.balance(alice), "paid until the challenge")
	const penalty = 10 * dbc
	require.EqualValues(t, penalty, c.get(2).FromStake)
	const reward = 10 * dbc // of the challenge, as much as its deposit
	require.EqualValues(t, start-fee-earned+penalty+reward, c.balance(bob), "the penalty is that of what was not earned; the deposit is back")
	require.EqualValues(t, 2*earned, c.balance(c.payout))

	c.at(2 * time.Hour)
	require.NoError(t, c.setOnline(id))
	require.EqualValues(t, 63*time.Minute, c.get(4).OutageNs, "from its own start on")
	require.NoError(t, c.breakRental(carol.String(), 4))
	require.EqualValues(t, start-fee+penalty, c.balance(carol))
	c.sound()
}

// A message that meets a challenge whose deadline has passed, but which no
// block has closed yet, refunds the trial; its history stays in order of time.
func TestTrialYoungerThanTheUnansweredChallenge(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	require.NoError(t, c.challenge(c.renters[1], id))
	c.at(5 * time.Minute)
	c.mustRent(alice, id, hour, 0)
	c.at(10 * time.Minute)
	require.NoError(t, c.keeper.SettleDue(c.ctx, id))
	require.Equal(t, xrental.REASON_CHALLENGE_UNANSWERED, c.get(1).Transitions[1].Reason)
	require.Equal(t, genesisTime.Add(5*time.Minute), c.get(1).Transitions[1].Time)
	require.EqualValues(t, start, c.balance(alice))
	c.end()
}
