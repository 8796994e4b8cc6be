package keeper_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/machine/keeper"
)

// A block starts to close no challenge once that took 25 M gas.
func TestClosingIsBoundedByGas(t *testing.T) {
	t.Parallel()
	for gas, want := range map[uint64]int{24_900_000: 2, 25_000_000: 1} {
		f := newFixture(t)
		for n := range byte(2) {
			f.challenged(f.online(n+1, 1))
		}
		f.hooks.gas = gas
		f.ctx = f.ctx.WithBlockTime(f.ctx.BlockTime().Add(10 * time.Minute)).WithGasMeter(storetypes.NewInfiniteGasMeter())
		require.NoError(t, f.k.EndBlock(f.ctx))
		require.Len(t, f.hooks.take(), 2*want)
	}
}

// A reward of nothing changes no stake, one of a udbc does; and the next one is due
// after an interval, not a nanosecond earlier.
func TestRewardsAtTheirBounds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	interval := machine.DefaultParams().RewardInterval
	_, err := f.k.TakeFromStake(f.ctx, n.id, faucet, 2_000*dbc-1)
	require.NoError(t, err)
	close := func(at time.Time, reward uint64) {
		t.Helper()
		f.ctx = f.ctx.WithBlockTime(at.Add(-10 * time.Minute))
		c := f.challenged(n)
		f.ctx = f.ctx.WithBlockTime(at)
		want := []proto.Message{
			&machine.EventStateChanged{MachineId: n.id, From: machine.MACHINE_STATE_ONLINE, To: machine.MACHINE_STATE_OFFLINE, Since: c.Time, ChallengeId: c.Id},
			&machine.EventChallengeClosed{MachineId: n.id, ChallengeId: c.Id, Reward: reward},
		}
		if reward > 0 {
			want = append([]proto.Message{&machine.EventStakeChanged{MachineId: n.id, Stake: f.machine(n.id).Stake - reward}}, want...)
		}
		before := f.balance(challenger)
		require.Equal(t, want, f.news(func() error { return f.k.EndBlock(f.ctx) }))
		require.Equal(t, before+deposit+reward, f.balance(challenger))
		_, err := f.msgs.SetOnline(f.ctx, n.online(f, 1))
		require.NoError(t, err)
		f.check()
	}
	at := genesisTime.Add(time.Hour)
	close(at, 1)
	require.NoError(t, f.addStake(100*dbc, n))
	close(at.Add(interval-1), 0)
	close(at.Add(interval), deposit)
	close(at.Add(2*interval-1), 0)
	_, err = f.k.TakeFromStake(f.ctx, n.id, faucet, 100*dbc)
	require.NoError(t, err)
	close(at.Add(2*interval), 0)
}

// A machine without a challenge has none open.
func TestNoOpenChallenge(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	c, open, err := f.k.OpenChallenge(f.ctx, n.id)
	require.NoError(t, err)
	require.False(t, open)
	require.Zero(t, c)
}

// A challenge whose entry stands too early in the queue is put off: it is neither
// closed nor void while the machine's oldest one is not due.
func TestAnEntryThatIsTooEarly(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	_, err := f.ask(n, "first")
	require.NoError(t, err)
	second, err := f.ask(n, "second", 0)
	require.NoError(t, err)
	require.NoError(t, f.k.ChallengeQueue.Remove(f.ctx, collections.Join(second.Deadline, second.Id)))
	early := second.Deadline.Add(-time.Minute)
	require.NoError(t, f.k.ChallengeQueue.Set(f.ctx, collections.Join(early, second.Id)))
	require.Empty(t, f.blockAt(early), "it left the queue, and is tried again in a minute")
	require.Len(t, f.machine(n.id).OpenChallenges, 2)
	require.EqualValues(t, 990*dbc, f.balance(account("second")))
}

// One that failed and is gone since is forgotten.
func TestAFailedChallengeThatIsGone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	c := f.challenged(n)
	f.hooks.fail = errors.New("hook")
	require.Len(t, f.blockAt(c.Deadline), 1)
	require.NoError(t, f.k.Challenges.Remove(f.ctx, c.Id))
	require.NoError(t, f.k.Asked.Clear(f.ctx, nil))
	m, err := f.k.Bonds.Get(f.ctx, n.id)
	require.NoError(t, err)
	m.OpenChallenges, m.Stake = nil, m.Stake+c.Deposit // what it held is the machine's
	require.NoError(t, f.k.Bonds.Set(f.ctx, n.id, m))
	require.ErrorContains(t, f.k.CheckInvariants(f.ctx), "does not exist")
	f.ctx = f.ctx.WithBlockTime(c.Deadline.Add(time.Minute))
	require.NoError(t, f.k.EndBlock(f.ctx))
	f.check()
}

// The deadline in the event of a challenge counts halts from before it.
func TestEventOfAChallengeAfterAHalt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	f.next(5 * time.Hour)
	require.Equal(t, []proto.Message{&machine.EventChallenged{
		MachineId: n.id, ChallengeId: 1, Challenger: challenger, Height: f.ctx.BlockHeight(), Deadline: f.ctx.BlockTime().Add(10 * time.Minute),
	}}, f.news(func() error {
		_, err := f.msgs.Challenge(f.ctx, &machine.MsgChallenge{Challenger: challenger, MachineId: n.id})
		return err
	}))
	c, err := f.k.Challenges.Get(f.ctx, 1)
	require.NoError(t, err)
	require.Equal(t, f.ctx.BlockTime().Add(10*time.Minute-5*time.Hour), c.Deadline, "as it is stored")
	require.Equal(t, 5*time.Hour, c.Halted)
}

// Governance takes a GPU from a machine with an open challenge: all that happens is told.
func TestEventsOfAReleaseDuringAChallenge(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 2)
	f.challenged(n)
	f.next(time.Second)
	release := func() error {
		_, err := f.msgs.ReleaseGPU(f.ctx, &machine.MsgReleaseGPU{Authority: f.k.Authority(), GpuId: "gpu-1-1"})
		return err
	}
	require.Equal(t, []proto.Message{
		&machine.EventGpuReleased{GpuId: "gpu-1-1", MachineId: n.id, Owner: owner},
		&machine.EventStateChanged{MachineId: n.id, From: machine.MACHINE_STATE_ONLINE, To: machine.MACHINE_STATE_OFFLINE, Since: f.ctx.BlockTime()},
	}, f.news(release))
	f.check()

	g := newFixture(t)
	reserved := g.online(1, 2)
	require.NoError(t, g.retire(owner, reserved))
	g.next(time.Hour)
	require.Equal(t, []proto.Message{&machine.EventGpuReleased{GpuId: "gpu-1-1", Owner: owner}}, g.news(func() error {
		_, err := g.msgs.ReleaseGPU(g.ctx, &machine.MsgReleaseGPU{Authority: g.k.Authority(), GpuId: "gpu-1-1"})
		return err
	}))
	g.check() // the reservation's entry is gone
	c, err := g.k.Cooldowns.Get(g.ctx, "gpu-1-1")
	require.NoError(t, err)
	require.Equal(t, machine.GpuCooldown{GpuId: "gpu-1-1", Owner: owner, Barred: true, Until: g.ctx.BlockTime().Add(machine.DefaultParams().GpuCooldown)}, c)
}

// The last end counts, whatever the order in which ends are recorded.
func TestLastRentalEnd(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	for _, c := range []struct{ end, want time.Duration }{{time.Hour, time.Hour}, {time.Hour - 1, time.Hour}, {time.Hour + 1, time.Hour + 1}, {0, time.Hour + 1}} {
		require.NoError(t, f.k.RecordRentalEnd(f.ctx, n.id, genesisTime.Add(c.end)))
		require.Equal(t, genesisTime.Add(c.want), *f.machine(n.id).LastRentalEnd)
	}
}

// A keeper that nobody listens to works: without rentals, machines come and go.
func TestKeeperAlone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.k = f.another()
	f.msgs = keeper.NewMsgServer(f.k)
	n := f.online(1, 1)
	f.challenged(n)
	f.pass(11 * time.Minute)
	_, err := f.msgs.SetOnline(f.ctx, n.online(f, 1))
	require.NoError(t, err)
	_, err = f.k.ReserveSlots(f.ctx, n.id, 1, 7)
	require.NoError(t, err)
	require.ErrorIs(t, f.retire(owner, n), machine.ErrRentalsOpen)
	require.NoError(t, f.k.ReleaseSlots(f.ctx, n.id, 7))
	require.NoError(t, f.retire(owner, n))
	f.check()
}

// Only where slots are rented is what is due settled.
func TestOnlyWhatIsRentedIsSettled(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 2)
	facts := n.facts(2)
	facts.CpuCores++
	require.NoError(t, f.update(n, 2, facts))
	require.Empty(t, f.hooks.settled)
	slots, err := f.k.ReserveSlots(f.ctx, n.id, 1, 7)
	require.NoError(t, err)
	require.Equal(t, []uint32{0}, slots)
	require.ErrorIs(t, f.update(n, 3, n.facts(2)), machine.ErrRentalsOpen)
	require.Equal(t, []string{n.id}, f.hooks.settled)
	unrented, err := f.k.UnrentedSlots(f.ctx, n.id)
	require.NoError(t, err)
	require.Equal(t, []uint32{1}, unrented)
}

// A machine is free once what is due on it is settled.
func TestWhatIsDueMakesAMachineFree(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 2)
	_, err := f.k.ReserveSlots(f.ctx, n.id, 1, 7)
	require.NoError(t, err)
	f.hooks.settle = func(ctx context.Context, id string) error { return f.k.ReleaseSlots(ctx, id, 7) }
	require.NoError(t, f.retire(owner, n))
	f.check()
}

// The stake unbonds for as long as the parameters say.
func TestUnbondingTime(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	unbonding, err := f.k.UnbondingTime(f.ctx)
	require.NoError(t, err)
	require.Equal(t, machine.DefaultParams().UnbondingTime, unbonding)
}

// Rentals are listed in their order, whichever slots they have.
func TestRentalsAscend(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 3)
	for i, rental := range []uint64{9, 3, 9} {
		require.NoError(t, f.k.RestoreSlots(f.ctx, n.id, []uint32{uint32(i)}, rental))
	}
	rentals, err := f.k.Rentals(f.ctx, n.id)
	require.NoError(t, err)
	require.Equal(t, []uint64{3, 9}, rentals)
	f.check()
}

// Online machines are offered by their present GPU type.
func TestOffersFollowTheType(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 2)
	facts := n.facts(2)
	for i := range facts.Slots {
		facts.Slots[i].GpuType = "H200"
	}
	require.NoError(t, f.update(n, 2, facts)) // and checks
	require.Equal(t, []string{n.id}, f.list(machine.QueryMachinesRequest{State: machine.MACHINE_STATE_ONLINE, FreeSlotsMin: 2, GpuType: "H200"}))
}

// A message writes what changes and nothing else: indexes are not written anew.
func TestMessagesWriteLittle(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 64)
	writes := func(send func() error) uint64 {
		before := f.ctx
		defer func() { f.ctx = before }()
		f.ctx, _ = before.CacheContext()
		f.ctx = f.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter()).WithKVGasConfig(storetypes.GasConfig{WriteCostFlat: 1, DeleteCost: 1})
		require.NoError(t, send())
		return f.ctx.GasMeter().GasConsumed()
	}
	require.EqualValues(t, 1, writes(func() error { f.price(n, 5); return nil }), "a price: the machine")
	moved := n.facts(64)
	moved.PublicIp = "192.0.2.9"
	require.EqualValues(t, 1, writes(func() error {
		_, err := f.msgs.UpdateFacts(f.ctx, n.update(f, 2, moved))
		return err
	}), "an address: the machine")
	require.EqualValues(t, 3, writes(func() error { _, err := f.k.ReserveSlots(f.ctx, n.id, 1, 7); return err }), "a rental: its slots, and the offer before and after")
	require.EqualValues(t, 0, writes(func() error { return f.k.ReleaseSlots(f.ctx, n.id, 7) }), "a rental without slots: nothing")
	require.EqualValues(t, 4, writes(func() error { return f.offline(operator, n) }), "offline: the machine, its state before and after, and the offer")
}
