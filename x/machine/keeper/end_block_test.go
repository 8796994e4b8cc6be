package keeper_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	collcodec "cosmossdk.io/collections/codec"

	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/dbc-network/dbc/x/machine"
)

// blockAt runs an end block at a time, whatever was between, and returns the calls of
// hooks.
func (f *fixture) blockAt(at time.Time) []string {
	f.ctx = f.ctx.WithBlockTime(at).WithBlockHeight(f.ctx.BlockHeight() + 1)
	require.NoError(f.t, f.k.EndBlock(f.ctx))
	f.check()
	return f.hooks.take()
}

const offlineCall = "offline since +0s by 1"

// A challenge that can't be closed is tried later each time, and never given up: nobody
// else would return its deposit.
func TestClosingIsTriedLaterEachTime(t *testing.T) {
	t.Parallel()
	for _, halt := range []time.Duration{0, 2 * time.Hour} {
		closedLaterEachTime(t, halt)
	}
}

func closedLaterEachTime(t *testing.T, halt time.Duration) {
	t.Helper()
	f := newFixture(t)
	n := f.online(1, 1)
	f.challenged(n)
	f.next(halt)
	c, _, err := f.k.OpenChallenge(f.ctx, n.id)
	require.NoError(t, err)
	at, delay := c.Deadline, time.Minute
	f.hooks.fail = errors.New("hook")
	for attempt := range 13 {
		require.Empty(t, f.blockAt(at.Add(-1)), "attempt %d comes too early", attempt)
		require.Equal(t, []string{offlineCall}, f.blockAt(at), "attempt %d", attempt)
		require.Empty(t, f.blockAt(at))
		require.Equal(t, machine.MACHINE_STATE_OFFLINE, f.machine(n.id).State, "to everybody it is over")
		at = at.Add(delay)
		delay = min(2*delay, 32*time.Minute)
	}
	f.hooks.fail = nil
	require.Equal(t, []string{offlineCall, "challenge 1 answered false"}, f.blockAt(at))
	require.EqualValues(t, wealth+deposit, f.balance(challenger))
	require.Empty(t, f.blockAt(at.Add(1000*time.Hour)))
}

// What failed can be closed by a message of the operator; nothing of it remains.
func TestAMessageClosesWhatFailed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	deadline := f.challenged(n).Deadline
	f.hooks.fail = errors.New("hook")
	require.Len(t, f.blockAt(deadline), 1)
	f.hooks.fail = nil
	_, err := f.msgs.SetOnline(f.ctx, n.online(f, 1))
	require.NoError(t, err)
	require.Equal(t, []string{offlineCall, "challenge 1 answered false", "online after 10m0s"}, f.hooks.take())
	require.Empty(t, f.blockAt(deadline.Add(time.Minute)))
	require.Equal(t, machine.MACHINE_STATE_ONLINE, f.machine(n.id).State)
}

// A retry does not come before what is due for longer, and counts for the bound of a block.
func TestOldestChallengesFirst(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, second, third := f.online(1, 1), f.online(2, 1), f.online(3, 1)
	deadline := f.challenged(first).Deadline
	f.hooks.fail = errors.New("hook")
	require.Len(t, f.blockAt(deadline), 1)
	f.hooks.fail = nil
	params := machine.DefaultParams()
	params.MaxDuePerBlock = 1
	require.NoError(t, f.k.Params.Set(f.ctx, params))
	f.ctx = f.ctx.WithBlockTime(genesisTime.Add(30 * time.Second))
	f.challenged(second)
	f.ctx = f.ctx.WithBlockTime(genesisTime.Add(90 * time.Second))
	f.challenged(third)
	var closed []uint64
	for range 3 {
		for _, call := range f.blockAt(deadline.Add(time.Hour)) {
			for id, words := range map[uint64]string{1: "challenge 1 answered false", 2: "challenge 2 answered false", 3: "challenge 3 answered false"} {
				if call == words {
					closed = append(closed, id)
				}
			}
		}
	}
	require.Equal(t, []uint64{2, 1, 3}, closed, "due at 10:30, tried again at 11:00, due at 11:30")
}

// panicking can't decode what another codec encoded.
type panicking struct {
	collcodec.ValueCodec[machine.GpuCooldown]
}

// Decode panics.
func (panicking) Decode([]byte) (machine.GpuCooldown, error) { panic("in a codec") }

// Forgetting cooldowns is tidying up: whatever happens there, the block goes on.
func TestForgettingCooldownsNeverEndsTheChain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	params := machine.DefaultParams()
	params.GpuCooldown, params.AnswerWindow = 10*time.Minute, 10*time.Minute
	require.NoError(t, f.k.Params.Set(f.ctx, params))
	n, retired := f.online(1, 1), f.bonded(2, 2)
	_, err := f.msgs.Retire(f.ctx, &machine.MsgRetire{Owner: owner, MachineId: retired.id})
	require.NoError(t, err)
	deadline := f.challenged(n).Deadline

	right := f.k.Cooldowns
	store := runtime.NewKVStoreService(f.store.(*storetypes.KVStoreKey))
	f.k.Cooldowns = collections.NewMap(collections.NewSchemaBuilder(store), machine.CooldownsKey, "cooldowns", collections.StringKey, panicking{right.ValueCodec()})
	f.ctx = f.ctx.WithBlockTime(deadline)
	require.NotPanics(t, func() { require.NoError(t, f.k.EndBlock(f.ctx)) })
	f.k.Cooldowns = right
	require.Equal(t, []string{offlineCall, "challenge 1 answered false"}, f.hooks.take(), "what is due was closed")
	f.check()
	require.True(t, f.cools("gpu-2-0"))
	f.blockAt(deadline)
	require.False(t, f.cools("gpu-2-0"))
}

func (f *fixture) cools(gpu string) bool {
	has, err := f.k.Cooldowns.Has(f.ctx, gpu)
	require.NoError(f.t, err)
	return has
}
