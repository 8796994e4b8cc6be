package keeper_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
)

// whole is a chain with two of everything that an export holds, and its export.
func whole(t *testing.T) (*fixture, machine.GenesisState) {
	t.Helper()
	f := newFixture(t)
	f.pass(time.Minute)
	f.next(time.Hour)
	f.pass(time.Minute)
	a, b := f.online(1, 2), f.online(2, 1)
	for n, gpus := range map[byte]int{3: 2, 4: 1} {
		require.NoError(t, f.retire(owner, f.bonded(n, gpus)))
	}
	f.next(2 * time.Hour)
	f.challenged(a)
	_, err := f.ask(a, "tenant", 1)
	require.NoError(t, err)
	f.pass(time.Minute)
	f.challenged(b)
	f.check()
	gs, err := f.k.ExportGenesis(f.ctx)
	require.NoError(t, err)
	require.Len(t, gs.Machines, 4)
	require.Len(t, gs.Challenges, 3)
	require.Len(t, gs.GpuCooldowns, 3)
	require.Len(t, gs.Halts, 2)
	require.Equal(t, 3*time.Hour, gs.Halt.Total)
	require.Equal(t, f.ctx.BlockTime(), *gs.Halt.LastBlockTime)
	return f, *gs
}

// heir is a chain at a time that has the money for this one's export.
func (f *fixture) heir(t *testing.T, at time.Time) *fixture {
	t.Helper()
	other := newFixture(t)
	held := f.bank.GetBalance(f.ctx, moduleAddress, machine.Denom).Amount.Int64()
	require.NoError(t, other.bank.MintCoins(other.ctx, faucet, udbc(held)))
	require.NoError(t, other.bank.SendCoinsFromModuleToModule(other.ctx, faucet, machine.ModuleName, udbc(held)))
	other.ctx = other.ctx.WithBlockTime(at).WithBlockHeight(0)
	return other
}

// An export that is read back is the same state, and the chain goes on from it.
func TestGenesisRoundTrip(t *testing.T) {
	t.Parallel()
	f, gs := whole(t)
	at := f.ctx.BlockTime()
	g := f.heir(t, at)
	loud := gs
	loud.GpuCooldowns = append([]machine.GpuCooldown(nil), gs.GpuCooldowns...)
	loud.GpuCooldowns[1].Owner = strings.ToUpper(owner) // the same address
	require.NoError(t, g.k.InitGenesis(g.ctx, loud))
	g.check()
	again, err := g.k.ExportGenesis(g.ctx)
	require.NoError(t, err)
	require.Equal(t, gs, *again)
	begun, err := g.k.Beginning.Get(g.ctx)
	require.NoError(t, err)
	require.Equal(t, machine.Beginning{Resumed: true}, begun, "the time until its first block is a halt")
	g.next(4 * time.Hour)
	g.next(0)
	halted, err := g.k.Halted(g.ctx)
	require.NoError(t, err)
	require.Equal(t, 7*time.Hour, halted)
	between, err := g.k.HaltedBetween(g.ctx, genesisTime, at)
	require.NoError(t, err)
	require.Equal(t, 3*time.Hour, between)
	g.next(10 * time.Minute)
	g.check()

	fresh := newFixture(t)
	require.NoError(t, fresh.k.InitGenesis(fresh.ctx, *machine.DefaultGenesis()))
	begun, err = fresh.k.Beginning.Get(fresh.ctx)
	require.NoError(t, err)
	require.Equal(t, machine.Beginning{}, begun, "a new chain was not halted")
}

// A reservation that is over is not exported, one that lasts a nanosecond longer is.
func TestCooldownsThatAreOverAreNotExported(t *testing.T) {
	t.Parallel()
	f, gs := whole(t)
	until := gs.GpuCooldowns[0].Until
	for at, want := range map[time.Time]int{until.Add(-1): 3, until: 0} {
		gs, err := f.k.ExportGenesis(f.ctx.WithBlockTime(at))
		require.NoError(t, err)
		require.Len(t, gs.GpuCooldowns, want)
	}
}

// What an import refuses, with the field.
func TestImportRefuses(t *testing.T) {
	t.Parallel()
	f, gs := whole(t)
	at := f.ctx.BlockTime()
	nobody := moduleAddress.String()
	for name, c := range map[string]struct {
		at   time.Time
		edit func(gs *machine.GenesisState, g *fixture)
		want error
		says string
	}{
		"a time that has passed":   {at.Add(-1), func(*machine.GenesisState, *fixture) {}, machine.ErrInvalidGenesis, "genesis_time"},
		"parameters":               {at, func(gs *machine.GenesisState, _ *fixture) { gs.Params.StakeBase = 0 }, machine.ErrInvalidParams, "stake_base"},
		"halts that do not add up": {at, func(gs *machine.GenesisState, _ *fixture) { gs.Halt.Total++ }, machine.ErrInvalidGenesis, "halt.total"},
		"more stake than money":    {at, func(gs *machine.GenesisState, _ *fixture) { gs.Machines[0].Stake++ }, machine.ErrInvariant, "stakes and deposits"},
		"less stake than money":    {at, func(gs *machine.GenesisState, _ *fixture) { gs.Machines[0].Stake-- }, machine.ErrInvariant, "stakes and deposits"},
		"a module that owns":       {at, func(gs *machine.GenesisState, _ *fixture) { gs.Machines[0].Owner = nobody }, machine.ErrInvalidAddress, "machines.owner"},
		"a module that asked":      {at, func(gs *machine.GenesisState, _ *fixture) { gs.Challenges[0].Challenger = nobody }, machine.ErrInvalidAddress, "challenges.challenger"},
		"a module with a GPU":      {at, func(gs *machine.GenesisState, _ *fixture) { gs.GpuCooldowns[0].Owner = nobody }, machine.ErrInvalidAddress, "gpu_cooldowns.owner"},
		"made-up GPUs": {at, func(gs *machine.GenesisState, g *fixture) {
			g.ctx = g.ctx.WithChainID("dbc-1")
			facts := gs.Machines[0].Facts
			facts.Slots = append([]machine.Slot(nil), facts.Slots...)
			for i := range facts.Slots {
				facts.Slots[i].Kind = machine.SLOT_KIND_TEST
			}
			gs.Machines[0].Facts = facts
		}, machine.ErrInvalidFacts, "kind"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			edited := gs
			edited.Machines = append([]machine.Machine(nil), gs.Machines...)
			edited.Challenges = append([]machine.Challenge(nil), gs.Challenges...)
			edited.GpuCooldowns = append([]machine.GpuCooldown(nil), gs.GpuCooldowns...)
			other := f.heir(t, c.at)
			c.edit(&edited, other)
			err := other.k.InitGenesis(other.ctx, edited)
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.says)
		})
	}
}
