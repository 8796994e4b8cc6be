package keeper_test

import (
	"slices"
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

// A slot that its operator took out of service takes no new rental; its renter
// keeps it, across an import too, and repeating the message changes nothing.
func TestOutOfService(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 4)
	set := func(signer string, slots ...uint32) error {
		in := f.machine(n.id).OutOfService
		in = slices.DeleteFunc(slices.Clone(in), func(slot uint32) bool { return slices.Contains(slots, slot) })
		_, err := f.msgs.SetSlots(f.ctx, &machine.MsgSetSlots{Operator: signer, MachineId: n.id, OutOfService: slots, InService: in})
		f.check()
		return err
	}
	free := func() []uint32 {
		slots, err := f.k.FreeSlots(f.ctx, n.id)
		require.NoError(t, err)
		return slots
	}
	version := f.machine(n.id).ListingVersion
	require.NoError(t, set(operator, 0, 2))
	require.Equal(t, []uint32{1, 3}, free())
	require.Equal(t, version+1, f.machine(n.id).ListingVersion)
	require.NoError(t, set(operator, 0, 2))
	require.Equal(t, version+1, f.machine(n.id).ListingVersion, "nothing changed")

	whole, err := f.k.ReserveSlots(f.ctx, n.id, 0, 1)
	require.NoError(t, err)
	require.Equal(t, []uint32{1, 3}, whole, "the whole machine are its slots in service")
	f.check()
	require.NoError(t, set(operator, 1, 2), "one of them is rented")
	require.Equal(t, []uint32{0}, free())
	rented, err := f.k.Rentals(f.ctx, n.id)
	require.NoError(t, err)
	require.Equal(t, []uint64{1}, rented)
	require.NoError(t, f.k.ReleaseSlots(f.ctx, n.id, 1))
	f.check()
	require.Equal(t, []uint32{0, 3}, free())
	require.NoError(t, f.k.RestoreSlots(f.ctx, n.id, []uint32{1}, 2), "an import restores what was rented")
	f.check()
	require.NoError(t, f.k.ReleaseSlots(f.ctx, n.id, 2))

	require.NoError(t, set(operator, 0, 1, 2, 3))
	require.Empty(t, free())
	for _, count := range []uint32{0, 1} {
		_, err = f.k.ReserveSlots(f.ctx, n.id, count, 3)
		require.ErrorIs(t, err, machine.ErrNoSlots)
	}
	require.ErrorIs(t, set(owner, 1), machine.ErrUnauthorized)
	for _, wrong := range [][]uint32{{4}, {1, 1}, {2, 1}} {
		require.ErrorIs(t, set(operator, wrong...), machine.ErrInvalidFacts)
	}
	require.Equal(t, []uint32{0, 1, 2, 3}, f.machine(n.id).OutOfService)
	require.NoError(t, set(operator))
	require.Len(t, free(), 4)

	broken := f.machine(n.id)
	broken.OutOfService = []uint32{7}
	require.ErrorContains(t, machine.GenesisState{Params: machine.DefaultParams(), NextChallengeId: 1, Machines: []machine.Machine{broken}}.Validate(), "out_of_service")
}

// A message changes the slots that it names, so that the node and its operator
// do not undo each other's changes.
func TestSlotsOfTwoWriters(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 4)
	set := func(out, in []uint32) error {
		_, err := f.msgs.SetSlots(f.ctx, &machine.MsgSetSlots{Operator: operator, MachineId: n.id, OutOfService: out, InService: in})
		f.check()
		return err
	}
	out := func() []uint32 { return f.machine(n.id).OutOfService }
	require.NoError(t, set([]uint32{2}, nil))
	require.NoError(t, set([]uint32{1}, nil), "by another, who saw none out")
	require.Equal(t, []uint32{1, 2}, out())
	version := f.machine(n.id).ListingVersion
	require.NoError(t, set([]uint32{1}, []uint32{0, 3}))
	require.Equal(t, version, f.machine(n.id).ListingVersion, "nothing changed")
	require.NoError(t, set([]uint32{3}, []uint32{2}))
	require.Equal(t, []uint32{1, 3}, out())
	for name, wrong := range map[string][2][]uint32{
		"none":          {nil, nil},
		"both":          {{0, 1}, {1}},
		"no such slot":  {nil, {4}},
		"not ascending": {nil, {1, 0}},
		"twice":         {nil, {1, 1}},
	} {
		require.ErrorIs(t, set(wrong[0], wrong[1]), machine.ErrInvalidFacts, name)
	}
	require.Equal(t, []uint32{1, 3}, out())
	require.NoError(t, set(nil, []uint32{1, 3}))
	require.Empty(t, out())
}

// Other cards start in service; changing only the address does not affect service.
func TestOutOfServiceAfterFacts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 2)
	_, err := f.msgs.SetSlots(f.ctx, &machine.MsgSetSlots{Operator: operator, MachineId: n.id, OutOfService: []uint32{1}})
	require.NoError(t, err)
	update := func(seq uint64, change func(*machine.Facts)) {
		facts := f.machine(n.id).Facts
		facts.Slots = append([]machine.Slot(nil), facts.Slots...)
		change(&facts)
		_, err := f.msgs.UpdateFacts(f.ctx, n.update(f, seq, facts))
		require.NoError(t, err)
		f.check()
	}
	update(2, func(facts *machine.Facts) { facts.PublicIp, facts.InventoryHash = "192.0.2.77", make([]byte, 32) })
	require.Equal(t, []uint32{1}, f.machine(n.id).OutOfService)
	update(3, func(facts *machine.Facts) { facts.Slots = facts.Slots[:1] })
	require.Empty(t, f.machine(n.id).OutOfService)
	free, err := f.k.FreeSlots(f.ctx, n.id)
	require.NoError(t, err)
	require.Equal(t, []uint32{0}, free)
}
