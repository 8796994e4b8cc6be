package keeper_test

import (
	"context"
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
)

// Cooldowns that are over are forgotten, some in each block: otherwise anybody
// could fill the store by naming new GPUs again and again.
func TestCooldownsAreForgotten(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	params := machine.DefaultParams()
	params.MaxDuePerBlock = 2
	require.NoError(t, f.k.Params.Set(f.ctx, params))
	n := f.bonded(1, 3)
	_, err := f.msgs.Retire(f.ctx, &machine.MsgRetire{Owner: owner, MachineId: n.id})
	require.NoError(t, err)
	stored := func() (count int) {
		require.NoError(t, f.k.Cooldowns.Walk(f.ctx, nil, func(string, machine.GpuCooldown) (bool, error) {
			count++
			return false, nil
		}))
		return count
	}
	f.next(params.GpuCooldown - time.Second)
	require.NoError(t, f.k.EndBlock(f.ctx))
	require.Equal(t, 3, stored())
	f.next(time.Second)
	require.NoError(t, f.k.EndBlock(f.ctx))
	require.Equal(t, 1, stored())
	f.check()
	require.NoError(t, f.k.EndBlock(f.ctx))
	require.Zero(t, stored())
	f.check()
}

// bondAs bonds a machine of an owner, whose slots hold these GPUs.
func (f *fixture) bondAs(who string, n node, seq uint64, gpus ...string) error {
	bond := n.bond(f, seq, len(gpus))
	for i, gpu := range gpus {
		bond.Facts.Slots[i].GpuIds[0] = gpu
	}
	bond.Signature = ed25519.Sign(n.key, machine.BondText(chainID, n.id, who, seq, bond.Expiry, bond.Facts))
	return f.try(func(ctx context.Context) error {
		_, err := f.msgs.BondMachines(ctx, &machine.MsgBondMachines{Owner: who, Bonds: []machine.Bond{bond}})
		return err
	})
}

// try runs a message as a transaction.
func (f *fixture) try(send func(context.Context) error) error {
	cached, write := f.ctx.CacheContext()
	err := send(cached)
	if err == nil {
		write()
	}
	f.check()
	return err
}

func (f *fixture) release(gpu string) error {
	return f.try(func(ctx context.Context) error {
		_, err := f.msgs.ReleaseGPU(ctx, &machine.MsgReleaseGPU{Authority: f.k.Authority(), GpuId: gpu})
		return err
	})
}

func (f *fixture) update(n node, seq uint64, facts machine.Facts) error {
	return f.try(func(ctx context.Context) error {
		_, err := f.msgs.UpdateFacts(ctx, n.update(f, seq, facts))
		return err
	})
}

// What an owner gives up stays reserved for a while, whichever way: nobody else
// can bond it in between, and the owner can at once.
func TestGPUsStayTheirLastOwners(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, second, thief := newNode(1), newNode(2), newNode(3)
	require.NoError(t, f.bondAs(owner, first, 1, "a", "b"))
	require.NoError(t, f.update(first, 2, f.factsWith(first, "b")), "a is given up")
	require.ErrorIs(t, f.bondAs(challenger, thief, 1, "a"), machine.ErrGPUTaken)
	require.NoError(t, f.bondAs(owner, second, 1, "a"), "by another machine of his")
	for _, n := range []node{first, second} {
		require.NoError(t, f.try(func(ctx context.Context) error {
			_, err := f.msgs.Retire(ctx, &machine.MsgRetire{Owner: owner, MachineId: n.id})
			return err
		}))
	}
	f.next(machine.DefaultParams().GpuCooldown - time.Second)
	require.ErrorIs(t, f.bondAs(challenger, thief, 1, "a"), machine.ErrGPUTaken)
	require.ErrorIs(t, f.bondAs(challenger, thief, 1, "b"), machine.ErrGPUTaken)
	require.NoError(t, f.bondAs(owner, newNode(4), 1, "b"))
	f.next(time.Second)
	require.NoError(t, f.bondAs(challenger, thief, 1, "a"))
}

func (f *fixture) factsWith(n node, gpus ...string) machine.Facts {
	facts := n.facts(len(gpus))
	for i, gpu := range gpus {
		facts.Slots[i].GpuIds[0] = gpu
	}
	return facts
}

// Somebody who read the ids in a pending bond bonded them first. Governance releases one;
// he can't have it back, and his machine is offline until its facts are right.
func TestGovernanceReleasesABondedGPU(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	thief, victim := newNode(1), newNode(2)
	require.NoError(t, f.bondAs(owner, thief, 1, "a", "b"))
	_, err := f.msgs.SetOnline(f.ctx, thief.online(f, 1))
	require.NoError(t, err)
	require.ErrorIs(t, f.bondAs(challenger, victim, 1, "a"), machine.ErrGPUTaken)
	_, err = f.k.ReserveSlots(f.ctx, thief.id, 1, 7)
	require.NoError(t, err)
	c, err := f.ask(thief, "tenant", 0)
	require.NoError(t, err)
	f.next(time.Second)

	stranger := &machine.MsgReleaseGPU{Authority: owner, GpuId: "a"}
	_, err = f.msgs.ReleaseGPU(f.ctx, stranger)
	require.ErrorIs(t, err, machine.ErrUnauthorized)
	require.ErrorIs(t, f.release("c"), machine.ErrNotFound)
	require.NoError(t, f.release("a"))
	m := f.machine(thief.id)
	require.Equal(t, machine.MACHINE_STATE_OFFLINE, m.State)
	require.Equal(t, []string{"a"}, m.ReleasedGpus)
	require.Equal(t, []string{"offline since +1s by 0", "challenge 1 answered false"}, f.hooks.take())
	require.NoError(t, f.bondAs(challenger, victim, 1, "a"))

	online := func(seq uint64) error {
		return f.try(func(ctx context.Context) error {
			_, err := f.msgs.SetOnline(ctx, thief.online(f, seq))
			return err
		})
	}
	require.ErrorIs(t, online(1), machine.ErrGPUTaken)
	moved := m.Facts
	moved.PublicIp = "192.0.2.7"
	require.NoError(t, f.update(thief, 2, moved), "renters must reach it: addresses may change")
	require.Equal(t, []string{"a"}, f.machine(thief.id).ReleasedGpus)
	require.ErrorIs(t, f.update(thief, 3, f.factsWith(thief, "b")), machine.ErrRentalsOpen)
	require.NoError(t, f.k.ReleaseSlots(f.ctx, thief.id, 7))
	require.NoError(t, f.update(thief, 3, f.factsWith(thief, "b")))
	require.Empty(t, f.machine(thief.id).ReleasedGpus)
	require.NoError(t, online(3))
	f.pass(c.Deadline.Sub(f.ctx.BlockTime()))
	f.next(time.Second)
	require.EqualValues(t, 1_000*dbc, f.balance(account("tenant")), "the challenge was void")
	require.Equal(t, machine.MACHINE_STATE_ONLINE, f.machine(thief.id).State)
	f.check()
}

// A machine that was never online, or is offline, stays as it is except for its id.
func TestReleaseOfWhatIsNotOnline(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := newNode(1)
	require.NoError(t, f.bondAs(owner, n, 1, "a", "b"))
	require.NoError(t, f.release("b"))
	require.Equal(t, machine.MACHINE_STATE_BONDED, f.machine(n.id).State)
	require.ErrorIs(t, f.update(n, 2, f.factsWith(n, "b", "c")), machine.ErrGPUTaken, "barred, also by other facts")
	require.NoError(t, f.try(func(ctx context.Context) error {
		_, err := f.msgs.Retire(ctx, &machine.MsgRetire{Owner: owner, MachineId: n.id})
		return err
	}))
	require.Empty(t, f.machine(n.id).ReleasedGpus)
	require.ErrorIs(t, f.bondAs(challenger, newNode(2), 1, "a"), machine.ErrGPUTaken, "reserved")
	require.NoError(t, f.bondAs(challenger, newNode(2), 1, "b"))
}

// Governance can also take a reservation, bars the owner for as long, and can lift that.
func TestGovernanceReleasesAReservedGPU(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	require.NoError(t, f.bondAs(owner, newNode(1), 1, "a"))
	require.NoError(t, f.update(newNode(1), 2, f.factsWith(newNode(1), "b")))
	require.NoError(t, f.release("a"))
	require.ErrorIs(t, f.bondAs(owner, newNode(2), 1, "a"), machine.ErrGPUTaken)
	other := f.ctx
	f.ctx, _ = other.CacheContext()
	require.NoError(t, f.bondAs(challenger, newNode(2), 1, "a"))
	f.ctx = other
	require.NoError(t, f.release("a"), "a mistake is undone")
	require.ErrorIs(t, f.release("a"), machine.ErrNotFound)
	require.NoError(t, f.bondAs(owner, newNode(2), 1, "a"))
}

// What nobody else bonded can be the machine's again when the bar is over.
func TestReleasedGPUComesBack(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := newNode(1)
	require.NoError(t, f.bondAs(owner, n, 1, "a"))
	require.NoError(t, f.release("a"))
	require.NoError(t, f.update(n, 2, f.factsWith(n, "a")), "no other facts, and none of them right")
	require.Equal(t, []string{"a"}, f.machine(n.id).ReleasedGpus)
	f.next(machine.DefaultParams().GpuCooldown)
	require.NoError(t, f.update(n, 3, f.factsWith(n, "a")))
	require.Empty(t, f.machine(n.id).ReleasedGpus)
	_, err := f.msgs.SetOnline(f.ctx, n.online(f, 3))
	require.NoError(t, err)
	require.ErrorIs(t, f.bondAs(challenger, newNode(2), 1, "a"), machine.ErrGPUTaken)
}
