package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	collcodec "cosmossdk.io/collections/codec"

	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
)

// TestGPUIDsSayNothingToPrograms verifies that an owner can't tell the operator's node,
// by a GPU id that governance took, when to try again.
func TestGPUIDsSayNothingToPrograms(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := newNode(1)
	const gpu = `x details={"retry_at":"2099-01-01T00:00:00Z"}`
	bond := n.bond(f, 1, 1)
	bond.Facts.Slots[0].GpuIds = []string{gpu}
	_, err := f.msgs.BondMachines(f.ctx, &machine.MsgBondMachines{Owner: owner, Bonds: []machine.Bond{n.sign(bond)}})
	require.NoError(t, err)
	_, err = f.msgs.ReleaseGPU(f.ctx, &machine.MsgReleaseGPU{Authority: f.k.Authority(), GpuId: gpu})
	require.NoError(t, err)
	_, err = f.msgs.SetOnline(f.ctx, n.online(f, 1))
	require.ErrorIs(t, err, machine.ErrGPUTaken)
	_, said := detail.Read(err.Error())
	require.Empty(t, said["retry_at"])
}

// unreadable is a codec of challenges that another version encoded.
type unreadable struct {
	collcodec.ValueCodec[machine.Challenge]
}

// Decode panics.
func (unreadable) Decode([]byte) (machine.Challenge, error) { panic("in a codec") }

// TestAnUnreadableChallengeDoesNotEndTheChain verifies that the end block puts a challenge
// off without reading it: whatever is wrong with it, the block goes on.
func TestAnUnreadableChallengeDoesNotEndTheChain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	deadline := f.challenged(f.online(1, 1)).Deadline
	right := f.k.Challenges
	store := runtime.NewKVStoreService(f.store.(*storetypes.KVStoreKey))
	f.k.Challenges = collections.NewMap(collections.NewSchemaBuilder(store), machine.ChallengesKey, "challenges", collections.Uint64Key, unreadable{right.ValueCodec()})
	f.ctx = f.ctx.WithBlockTime(deadline)
	require.NotPanics(t, func() { require.NoError(t, f.k.EndBlock(f.ctx)) })
	f.k.Challenges = right
	require.Empty(t, f.blockAt(deadline), "it was put off")
	require.Equal(t, []string{offlineCall, "challenge 1 answered false"}, f.blockAt(deadline.Add(time.Minute)))
}

// TestAnEntryWithoutAChallengeIsForgotten verifies that one does not take a place in every
// block.
func TestAnEntryWithoutAChallengeIsForgotten(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	params := machine.DefaultParams()
	params.MaxDuePerBlock = 1
	require.NoError(t, f.k.Params.Set(f.ctx, params))
	deadline := f.challenged(f.online(1, 1)).Deadline
	require.NoError(t, f.k.ChallengeQueue.Set(f.ctx, collections.Join(deadline.Add(-time.Second), uint64(99))))
	f.ctx = f.ctx.WithBlockTime(deadline)
	require.NoError(t, f.k.EndBlock(f.ctx))
	f.hooks.take()
	require.Equal(t, []string{offlineCall, "challenge 1 answered false"}, f.blockAt(deadline))
}
