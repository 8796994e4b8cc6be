package keeper_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
)

// A missing or extra entry of any index or queue is found.
func TestInvariantsSeeEveryEntry(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 4)
	f.online(2, 1)
	retired := f.bonded(3, 2)
	_, err := f.msgs.Retire(f.ctx, &machine.MsgRetire{Owner: owner, MachineId: retired.id})
	require.NoError(t, err)
	_, err = f.k.ReserveSlots(f.ctx, n.id, 1, 7)
	require.NoError(t, err)
	f.hooks.rents = map[string][]uint32{account("stranger"): {0}}
	f.challenged(n)
	_, err = f.ask(n, "stranger", 0)
	require.NoError(t, err)
	f.check()
	whole := f.ctx
	for name, part := range map[string]struct {
		prefix []byte
		extra  bool // another entry contradicts the rest
	}{
		"machines": {machine.MachinesKey.Bytes(), false}, "terms": {machine.TermsKey.Bytes(), true}, "offers": {machine.OffersKey.Bytes(), true},
		"slots": {machine.SlotsKey.Bytes(), true}, "gpus": {machine.GPUsKey.Bytes(), true},
		"cooldowns": {machine.CooldownsKey.Bytes(), true}, "cooldown queue": {machine.CooldownQueueKey.Bytes(), true},
		"challenges": {machine.ChallengesKey.Bytes(), true}, "challenge queue": {machine.ChallengeQueueKey.Bytes(), true}, "asked": {machine.AskedKey.Bytes(), true},
	} {
		var keys, values [][]byte
		end := bytes.Clone(part.prefix)
		end[len(end)-1]++
		it := f.ctx.KVStore(f.store).Iterator(part.prefix, end)
		for ; it.Valid(); it.Next() {
			keys, values = append(keys, bytes.Clone(it.Key())), append(values, bytes.Clone(it.Value()))
		}
		require.NoError(t, it.Close())
		require.NotEmpty(t, keys, name)
		for i, key := range keys {
			f.ctx, _ = whole.CacheContext()
			f.ctx.KVStore(f.store).Delete(key)
			require.Error(t, f.k.CheckInvariants(f.ctx), "%s: without %q", name, key)
			another := bytes.Clone(key)
			another[len(another)-1] ^= 0x20
			f.ctx, _ = whole.CacheContext()
			f.ctx.KVStore(f.store).Set(another, values[i])
			if part.extra {
				require.Error(t, f.k.CheckInvariants(f.ctx), "%s: also %q", name, another)
			}
			f.ctx = whole
		}
	}
}

// A record that contradicts the rest is found.
func TestInvariantsSeeWhatIsWrong(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 3)
	_, err := f.k.ReserveSlots(f.ctx, n.id, 1, 7)
	require.NoError(t, err)
	f.challenged(n)
	f.check()
	whole := f.ctx
	for name, spoil := range map[string]func(m *machine.Machine){
		"stake":              func(m *machine.Machine) { m.Stake-- },
		"open while offline": func(m *machine.Machine) { m.State, m.OfflineSince = machine.MACHINE_STATE_OFFLINE, &time.Time{} },
		"no such challenge":  func(m *machine.Machine) { m.OpenChallenges = append(m.OpenChallenges, 9) },
		"released, not its":  func(m *machine.Machine) { m.ReleasedGpus = []string{"gpu-9"} },
		"other GPUs":         func(m *machine.Machine) { m.Facts.Slots[2].GpuIds = []string{"gpu-9"} },
	} {
		f.ctx, _ = whole.CacheContext()
		m := f.machine(n.id)
		spoil(&m)
		require.NoError(t, f.k.Bonds.Set(f.ctx, n.id, m))
		require.ErrorIs(t, f.k.CheckInvariants(f.ctx), machine.ErrInvariant, name)
		f.ctx = whole
	}
	for name, rented := range map[string][]uint64{"too few": {7, 0}, "too many": {7, 0, 0, 0}, "none of them": {0, 0, 0}} {
		f.ctx, _ = whole.CacheContext()
		require.NoError(t, f.k.Slots.Set(f.ctx, n.id, rented))
		require.ErrorIs(t, f.k.CheckInvariants(f.ctx), machine.ErrInvariant, name)
		f.ctx = whole
	}
	f.ctx, _ = whole.CacheContext()
	require.NoError(t, f.bank.MintCoins(f.ctx, faucet, udbc(1)))
	require.NoError(t, f.bank.SendCoinsFromModuleToModule(f.ctx, faucet, machine.ModuleName, udbc(1)))
	require.ErrorIs(t, f.k.CheckBalance(f.ctx), machine.ErrInvariant, "more than it stands for")
	f.ctx = whole
}
