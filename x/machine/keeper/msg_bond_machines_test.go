package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/dbc-network/dbc/x/machine"
)

func TestBondMovesTheStake(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.bonded(1, 2)
	m := f.machine(n.id)
	require.Equal(t, machine.MACHINE_STATE_BONDED, m.State)
	require.EqualValues(t, 3_000_000_000, m.Stake)
	require.EqualValues(t, 1, m.ListingVersion)
	require.EqualValues(t, wealth-3_000_000_000, f.balance(owner))
	f.check()
}

func TestBondRefusals(t *testing.T) {
	t.Parallel()
	n := newNode(1)
	for _, c := range []struct {
		name string
		edit func(f *fixture, msg *machine.MsgBondMachines)
		want error
	}{
		{"no bonds", func(_ *fixture, msg *machine.MsgBondMachines) { msg.Bonds = nil }, machine.ErrInvalidBatch},
		{"too many", func(_ *fixture, msg *machine.MsgBondMachines) { msg.Bonds = make([]machine.Bond, 101) }, machine.ErrInvalidBatch},
		{"the same machine twice", func(_ *fixture, msg *machine.MsgBondMachines) { msg.Bonds = append(msg.Bonds, msg.Bonds[0]) }, machine.ErrBonded},
		{"key of low order", func(_ *fixture, msg *machine.MsgBondMachines) {
			msg.Bonds[0].MachineId = "0100000000000000000000000000000000000000000000000000000000000000"
		}, machine.ErrInvalidID},
		{"operator is no address", func(_ *fixture, msg *machine.MsgBondMachines) { msg.Bonds[0].Operator = "x" }, machine.ErrInvalidAddress},
		{"payout is a module", func(_ *fixture, msg *machine.MsgBondMachines) {
			msg.Bonds[0].Payout = authtypes.NewModuleAddress(machine.ModuleName).String()
		}, machine.ErrInvalidAddress},
		{"facts", func(_ *fixture, msg *machine.MsgBondMachines) { msg.Bonds[0].Facts.CpuCores = 0 }, machine.ErrInvalidFacts},
		{"made-up GPUs on a main network", func(f *fixture, msg *machine.MsgBondMachines) {
			f.ctx = f.ctx.WithChainID("dbc-1")
			for i := range msg.Bonds[0].Facts.Slots {
				msg.Bonds[0].Facts.Slots[i].Kind = machine.SLOT_KIND_TEST
			}
		}, machine.ErrInvalidFacts},
		{"price zero", func(_ *fixture, msg *machine.MsgBondMachines) { msg.Bonds[0].PricePerDay = 0 }, machine.ErrInvalidPrice},
		{"price above the limit", func(_ *fixture, msg *machine.MsgBondMachines) { msg.Bonds[0].PricePerDay = machine.MaxPrice + 1 }, machine.ErrInvalidPrice},
		{"facts changed after signing", func(_ *fixture, msg *machine.MsgBondMachines) { msg.Bonds[0].Facts.CpuCores++ }, machine.ErrSignature},
		{"sent by another owner", func(_ *fixture, msg *machine.MsgBondMachines) { msg.Owner = challenger }, machine.ErrSignature},
		{"signed for another number", func(_ *fixture, msg *machine.MsgBondMachines) { msg.Bonds[0].BondSeq++ }, machine.ErrSignature},
		{"expires now", func(f *fixture, msg *machine.MsgBondMachines) {
			msg.Bonds[0].Expiry = f.ctx.BlockTime().Unix()
			msg.Bonds[0] = n.sign(msg.Bonds[0])
		}, machine.ErrExpired},
		{"number zero", func(_ *fixture, msg *machine.MsgBondMachines) {
			msg.Bonds[0].BondSeq = 0
			msg.Bonds[0] = n.sign(msg.Bonds[0])
		}, machine.ErrBondSeq},
		{"GPU of another machine", func(f *fixture, msg *machine.MsgBondMachines) {
			f.bonded(2, 1)
			msg.Bonds[0].Facts.Slots[0].GpuIds[0] = "gpu-2-0"
			msg.Bonds[0] = n.sign(msg.Bonds[0])
		}, machine.ErrGPUTaken},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			msg := &machine.MsgBondMachines{Owner: owner, Bonds: []machine.Bond{n.bond(f, 1, 2)}}
			c.edit(f, msg)
			cached, _ := f.ctx.CacheContext()
			_, err := f.msgs.BondMachines(cached, msg)
			require.ErrorIs(t, err, c.want)
			f.check()
		})
	}
}

func TestBondAgainAfterRetirement(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.bonded(1, 1)
	again := func(seq uint64) error {
		cached, write := f.ctx.CacheContext()
		_, err := f.msgs.BondMachines(cached, &machine.MsgBondMachines{Owner: owner, Bonds: []machine.Bond{n.bond(f, seq, 1)}})
		if err == nil {
			write()
		}
		return err
	}
	require.ErrorIs(t, again(2), machine.ErrBonded)
	_, err := f.msgs.Retire(f.ctx, &machine.MsgRetire{Owner: owner, MachineId: n.id})
	require.NoError(t, err)
	require.ErrorIs(t, again(2), machine.ErrUnbonding)
	withdraw := &machine.MsgWithdrawStake{Owner: owner, MachineId: n.id}
	_, err = f.msgs.WithdrawStake(f.ctx, withdraw)
	require.ErrorIs(t, err, machine.ErrUnbonding)
	f.next(machine.DefaultParams().UnbondingTime - time.Second)
	_, err = f.msgs.WithdrawStake(f.ctx, withdraw)
	require.ErrorIs(t, err, machine.ErrUnbonding)
	f.next(time.Second)
	reply, err := f.msgs.WithdrawStake(f.ctx, withdraw)
	require.NoError(t, err)
	require.EqualValues(t, 2_000_000_000, reply.Amount)
	require.EqualValues(t, wealth, f.balance(owner))
	_, err = f.msgs.WithdrawStake(f.ctx, withdraw)
	require.ErrorIs(t, err, machine.ErrInvalidAmount)
	require.ErrorIs(t, again(1), machine.ErrBondSeq, "a used signature stays used")
	require.NoError(t, again(2))
	require.EqualValues(t, 2, f.machine(n.id).ListingVersion)
	f.check()
}

// A hundred machines fit one transaction; with one bad bond none is bonded.
func TestHundredBonds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	msg := &machine.MsgBondMachines{Owner: owner}
	for n := range byte(machine.MaxBatch) {
		msg.Bonds = append(msg.Bonds, newNode(n+1).bond(f, 1, 8))
	}
	require.Less(t, msg.Size(), 256<<10, "within a transaction of a public network")
	f.ctx = f.ctx.WithGasMeter(storetypes.NewGasMeter(100_000_000))
	_, err := f.msgs.BondMachines(f.ctx, msg)
	require.NoError(t, err)
	t.Logf("%d bytes, %d gas", msg.Size(), f.ctx.GasMeter().GasConsumed())
	require.Equal(t, wealth-100*9_000*dbc, f.balance(owner))
	f.check()
	msg.Bonds = append(msg.Bonds[:1], msg.Bonds...)
	_, err = f.msgs.BondMachines(f.ctx, msg)
	require.ErrorIs(t, err, machine.ErrInvalidBatch)
	twice := newNode(200).bond(f, 1, 1)
	_, err = f.msgs.BondMachines(f.ctx, &machine.MsgBondMachines{Owner: owner, Bonds: []machine.Bond{twice, twice}})
	require.ErrorIs(t, err, machine.ErrBonded)
}
