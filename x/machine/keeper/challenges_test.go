package keeper_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
)

// ask challenges a machine as a new wallet, which rents these slots of it.
func (f *fixture) ask(n node, name string, slots ...uint32) (machine.Challenge, error) {
	who := account(name)
	if _, known := f.hooks.rents[who]; !known {
		require.NoError(f.t, f.bank.MintCoins(f.ctx, faucet, udbc(1_000*dbc)))
		require.NoError(f.t, f.bank.SendCoinsFromModuleToAccount(f.ctx, faucet, sdk.MustAccAddressFromBech32(who), udbc(1_000*dbc)))
	}
	if f.hooks.rents == nil {
		f.hooks.rents = make(map[string][]uint32)
	}
	f.hooks.rents[who] = slots
	cached, write := f.ctx.CacheContext()
	reply, err := f.msgs.Challenge(cached, &machine.MsgChallenge{Challenger: who, MachineId: n.id})
	if err != nil {
		return machine.Challenge{}, err
	}
	write()
	c, err := f.k.Challenges.Get(f.ctx, reply.ChallengeId)
	require.NoError(f.t, err)
	return c, nil
}

func (f *fixture) answer(n node, c machine.Challenge) error {
	cached, write := f.ctx.CacheContext()
	_, err := f.msgs.AnswerChallenge(cached, n.answer(c))
	if err == nil {
		write()
	}
	return err
}

// A host that challenges itself, whatever it does, keeps no renter from challenging.
func TestTenantsAskBesideOthers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 2)
	for range 20 {
		self, err := f.ask(n, "accomplice")
		require.NoError(t, err)
		_, err = f.ask(n, "stranger")
		require.ErrorIs(t, err, machine.ErrChallengeOpen)
		c, err := f.ask(n, "tenant", 1)
		require.NoError(t, err)
		require.EqualValues(t, 2, c.Place)
		_, err = f.ask(n, "tenant", 1)
		require.ErrorIs(t, err, machine.ErrChallengeOpen, "one at a time")
		oldest, open, err := f.k.OpenChallenge(f.ctx, n.id)
		require.NoError(t, err)
		require.True(t, open)
		require.Equal(t, self.Id, oldest.Id, "rent counts up to the oldest")
		f.check()
		f.pass(9 * time.Minute)
		require.NoError(t, f.answer(n, self))
		oldest, _, err = f.k.OpenChallenge(f.ctx, n.id)
		require.NoError(t, err)
		require.Equal(t, c.Id, oldest.Id)
		require.NoError(t, f.answer(n, c))
		f.check()
	}
	require.EqualValues(t, 3_000*dbc, f.machine(n.id).Stake)
	require.EqualValues(t, wealth+40*deposit, f.balance(operator))
}

// Thousands of renters come and go, each with a challenge: a slot's place is
// taken once, so no more are open than slots plus one.
func TestOpenChallengesAreBounded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 4)
	_, err := f.ask(n, "first")
	require.NoError(t, err)
	for i := range 300 {
		_, err := f.ask(n, fmt.Sprintf("renter %d", i), uint32(i%4))
		if i < 4 {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, machine.ErrChallengeOpen, "by an earlier renter of the slot")
		}
	}
	require.Len(t, f.machine(n.id).OpenChallenges, 5)
	_, err = f.ask(n, "of two slots", 0, 3)
	require.ErrorIs(t, err, machine.ErrChallengeOpen)
	require.NoError(t, f.answer(n, f.challengeOf(n, 4)))
	c, err := f.ask(n, "of two slots", 0, 3)
	require.NoError(t, err)
	require.EqualValues(t, 4, c.Place)
	f.check()
}

func (f *fixture) challengeOf(n node, i int) machine.Challenge {
	c, err := f.k.Challenges.Get(f.ctx, f.machine(n.id).OpenChallenges[i])
	require.NoError(f.t, err)
	return c
}

// The oldest one that runs out decides since when the machine was away; younger
// ones are void, and their deposits return in full at their deadlines.
func TestUnansweredAmongOthers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 2)
	first, err := f.ask(n, "first")
	require.NoError(t, err)
	f.next(30 * time.Second)
	second, err := f.ask(n, "second", 0)
	require.NoError(t, err)
	f.next(30 * time.Second)
	third, err := f.ask(n, "third", 1)
	require.NoError(t, err)
	f.next(30 * time.Second)
	require.NoError(t, f.answer(n, first))
	require.Equal(t, []string{"challenge 1 answered true"}, f.hooks.take())

	f.pass(second.Deadline.Sub(f.ctx.BlockTime()))
	require.Equal(t, machine.MACHINE_STATE_OFFLINE, f.machine(n.id).State)
	require.Empty(t, f.machine(n.id).OpenChallenges)
	require.ErrorIs(t, f.answer(n, third), machine.ErrChallengeClosed)
	f.hooks.take() // of the answer that was refused
	_, err = f.msgs.SetOnline(f.ctx, n.online(f, 1))
	require.NoError(t, err, "it came back at once")
	require.Equal(t, []string{"offline since +30s by 2", "challenge 2 answered false", "online after 10m0s"}, f.hooks.take())
	require.EqualValues(t, 1_010*dbc, f.balance(account("second")), "deposit and reward")
	require.EqualValues(t, 990*dbc, f.balance(account("third")), "until its deadline")
	f.check()
	fourth, err := f.ask(n, "third", 1)
	require.NoError(t, err, "a void one bars nobody")

	f.pass(third.Deadline.Sub(f.ctx.BlockTime()))
	f.next(time.Second)
	require.Equal(t, machine.MACHINE_STATE_ONLINE, f.machine(n.id).State, "a void challenge takes no machine offline")
	require.EqualValues(t, 990*dbc, f.balance(account("third")), "one deposit is back, the next one is there")
	require.NoError(t, f.answer(n, fourth))
	require.EqualValues(t, 3_000*dbc-deposit, f.machine(n.id).Stake)
	f.check()
}

// If all are due in one block, the result is as if each had been due in its own.
func TestAllDueAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 3)
	for i, name := range []string{"first", "second", "third", "fourth"} {
		_, err := f.ask(n, name, uint32(max(i, 1))-1)
		require.NoError(t, err)
		f.next(time.Second)
	}
	f.pass(time.Hour)
	f.next(time.Second)
	require.Equal(t, []string{"offline since +0s by 1", "challenge 1 answered false"}, f.hooks.take())
	for name, want := range map[string]uint64{"first": 1_010, "second": 1_000, "third": 1_000, "fourth": 1_000} {
		require.EqualValues(t, want*dbc, f.balance(account(name)), name)
	}
	held, err := f.k.ExportGenesis(f.ctx)
	require.NoError(t, err)
	require.Empty(t, held.Challenges)
	f.check()
}

// A shorter window for later challenges does not overtake an open one.
func TestShorterWindowKeepsTheOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 2)
	first, err := f.ask(n, "first")
	require.NoError(t, err)
	params := machine.DefaultParams()
	params.AnswerWindow = time.Minute
	require.NoError(t, f.k.Params.Set(f.ctx, params))
	f.next(time.Second)
	second, err := f.ask(n, "second", 0)
	require.NoError(t, err)
	require.Equal(t, first.Deadline, second.Deadline)
	f.check()
	require.NoError(t, f.answer(n, first))
	require.NoError(t, f.answer(n, second))
	third, err := f.ask(n, "first")
	require.NoError(t, err)
	require.Equal(t, f.ctx.BlockTime().Add(time.Minute), third.Deadline)
}

// A host that has its own wallet challenge it again and again takes one reward
// a day out of the stake, not all of it before it unbonds.
func TestSelfChallengesTakeNoStakeOut(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	begin := f.ctx.BlockTime()
	for f.ctx.BlockTime().Sub(begin) < 48*time.Hour {
		_, err := f.ask(n, "accomplice")
		require.NoError(t, err)
		f.pass(10 * time.Minute)
		_, err = f.msgs.SetOnline(f.ctx, n.online(f, 1))
		require.NoError(t, err)
		require.Empty(t, f.machine(n.id).OpenChallenges)
	}
	require.EqualValues(t, 2_000*dbc-2*deposit, f.machine(n.id).Stake)
	require.EqualValues(t, 1_000*dbc+2*deposit, f.balance(account("accomplice")))
	f.pass(time.Minute)
	f.check()
}

// The reward is at most what the stake holds.
func TestRewardOfAnEmptyStake(t *testing.T) {
	t.Parallel()
	for _, left := range []uint64{0, 7} {
		f := newFixture(t)
		n := f.online(1, 1)
		_, err := f.k.TakeFromStake(f.ctx, n.id, faucet, 2_000*dbc-left)
		require.NoError(t, err)
		f.challenged(n)
		f.pass(11 * time.Minute)
		require.Equal(t, wealth+left, f.balance(challenger))
		require.Zero(t, f.machine(n.id).Stake)
		f.check()
	}
}

// An outage starts at the challenge's time even if the chain was halted before
// it; the machine does not answer for a later halt.
func TestOutageAfterAHalt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	f.next(5 * time.Hour)
	c := f.challenged(n)
	require.Equal(t, f.ctx.BlockTime().Add(10*time.Minute), c.Deadline)
	f.pass(10 * time.Minute)
	f.next(time.Second)
	require.Equal(t, "offline since +5h0m0s by 1", f.hooks.take()[0])
	require.Equal(t, genesisTime.Add(5*time.Hour), *f.machine(n.id).OfflineSince)
	f.check()
}

// What others left open on a machine does not make a message more expensive:
// closing the oldest writes the same amount however many it voids.
func TestVoidChallengesCostOthersNothing(t *testing.T) {
	t.Parallel()
	gas := func(renters int) uint64 {
		f := newFixture(t)
		n := f.online(1, 64)
		_, err := f.ask(n, "first")
		require.NoError(t, err)
		for i := range renters {
			_, err := f.ask(n, fmt.Sprintf("renter %d", i), uint32(i))
			require.NoError(t, err)
		}
		f.ctx = f.ctx.WithBlockTime(f.ctx.BlockTime().Add(10 * time.Minute)).WithGasMeter(storetypes.NewGasMeter(1 << 40))
		f.price(n, 5)
		return f.ctx.GasMeter().GasConsumed()
	}
	alone, among := gas(0), gas(63)
	require.Less(t, among, alone+alone/4, "%d gas alone, %d among 64", alone, among)
}
