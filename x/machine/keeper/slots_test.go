package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
)

func TestSlotsLowestFirst(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 4)
	reserve := func(count uint32, rentID uint64) []uint32 {
		slots, err := f.k.ReserveSlots(f.ctx, n.id, count, rentID)
		require.NoError(t, err)
		f.check()
		return slots
	}
	require.Equal(t, []uint32{0}, reserve(1, 1))
	require.Equal(t, []uint32{1, 2}, reserve(2, 2))
	require.NoError(t, f.k.ReleaseSlots(f.ctx, n.id, 1))
	require.NoError(t, f.k.ReleaseSlots(f.ctx, n.id, 99), "a rental without slots")
	f.check()
	require.Equal(t, []uint32{0, 3}, reserve(2, 3))
	_, err := f.k.ReserveSlots(f.ctx, n.id, 1, 4)
	require.ErrorIs(t, err, machine.ErrNoSlots)
	require.NoError(t, f.k.ReleaseSlots(f.ctx, n.id, 2))
	_, err = f.k.ReserveSlots(f.ctx, n.id, 0, 4)
	require.ErrorIs(t, err, machine.ErrNoSlots, "the whole machine must be free")
	require.NoError(t, f.k.ReleaseSlots(f.ctx, n.id, 3))
	require.Equal(t, []uint32{0, 1, 2, 3}, reserve(0, 4))
}

func TestOfflineMachineTakesNoRental(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.bonded(1, 1)
	_, err := f.k.ReserveSlots(f.ctx, n.id, 1, 1)
	require.ErrorIs(t, err, machine.ErrState)
	_, err = f.msgs.SetOnline(f.ctx, n.online(f, 1))
	require.NoError(t, err)
	f.challenged(n)
	f.pass(10 * time.Minute)
	_, err = f.k.ReserveSlots(f.ctx, n.id, 1, 1)
	require.ErrorIs(t, err, machine.ErrState, "a challenge that ran out counts before its block ends")
}

func TestRestoreSlots(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	require.ErrorIs(t, f.k.RestoreSlots(f.ctx, f.bonded(2, 1).id, []uint32{0}, 1), machine.ErrState, "it never was online")
	n := f.online(1, 3)
	_, err := f.msgs.SetOffline(f.ctx, &machine.MsgSetOffline{Operator: operator, MachineId: n.id})
	require.NoError(t, err, "rentals go on")
	require.NoError(t, f.k.RestoreSlots(f.ctx, n.id, []uint32{2}, 1))
	require.ErrorIs(t, f.k.RestoreSlots(f.ctx, n.id, []uint32{2}, 2), machine.ErrNoSlots)
	require.ErrorIs(t, f.k.RestoreSlots(f.ctx, n.id, []uint32{3}, 2), machine.ErrNoSlots)
	require.ErrorIs(t, f.k.RestoreSlots(f.ctx, n.id, []uint32{0, 0}, 2), machine.ErrNoSlots)
	free, err := f.k.FreeSlots(f.ctx, n.id)
	require.NoError(t, err)
	require.Equal(t, []uint32{0, 1}, free)
}
