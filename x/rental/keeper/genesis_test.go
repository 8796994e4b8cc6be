package keeper_test

import (
	"errors"
	"testing"
	"time"

	"cosmossdk.io/collections"
	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// busy is a chain with a rental in every state, one of them waiting for a challenge.
func busy(t *testing.T) (*chain, string) {
	t.Helper()
	c := newChain(t)
	id, alice, bob := c.bond(1, 6), c.renters[0], c.renters[1]
	c.mustActive(alice, id, hour, 1)
	c.mustActive(alice, id, 2*hour, 1)
	c.mustActive(bob, id, 10*hour, 1)
	c.mustRent(bob, id, hour, 1)
	c.at(40 * time.Minute)
	c.end()
	c.mustRent(c.renters[2], id, hour, 2)
	require.NoError(t, c.challenge(bob, id))
	c.at(45 * time.Minute)
	require.NoError(t, c.breakRental(c.owner.String(), 2))
	c.end()
	return c, id
}

// restart imports an export into empty stores, with the same machines and escrow.
func (c *chain) restart() (*chain, xrental.GenesisState) {
	c.Helper()
	gs, err := c.keeper.ExportGenesis(c.ctx)
	require.NoError(c, err)
	n := bareChain(c.TB)
	n.ctx = n.ctx.WithBlockTime(c.ctx.BlockTime())
	require.NoError(c, n.machines.Params.Set(n.ctx, machine.DefaultParams()))
	halt, err := c.machines.Halt.Get(c.ctx)
	require.NoError(c, err)
	require.NoError(c, n.machines.Halt.Set(n.ctx, halt))
	require.NoError(c, c.machines.Bonds.Walk(c.ctx, nil, func(id string, m machine.Machine) (bool, error) {
		return false, n.machines.Bonds.Set(n.ctx, id, m)
	}))
	require.NoError(c, c.machines.Challenges.Walk(c.ctx, nil, func(id uint64, open machine.Challenge) (bool, error) {
		return false, errors.Join(n.machines.Challenges.Set(n.ctx, id, open), n.machines.ChallengeQueue.Set(n.ctx, collections.Join(open.Deadline, id)))
	}))
	for _, name := range []string{xrental.ModuleName, machine.ModuleName} {
		n.fundModule(name, c.module(name))
	}
	for key, value := range c.keys {
		n.keys[key] = value
	}
	return n, *gs
}

func TestExportAndImport(t *testing.T) {
	t.Parallel()
	c, id := busy(t)
	earlier := c.balance(c.payout)
	n, gs := c.restart()
	require.Equal(t, []uint64{2}, gs.Unsettled)
	require.Len(t, gs.Cooldowns, 1)
	require.NoError(t, gs.Validate())
	require.NoError(t, n.keeper.InitGenesis(n.ctx, gs))
	again, err := n.keeper.ExportGenesis(n.ctx)
	require.NoError(t, err)
	require.Equal(t, &gs, again)

	// Both continue alike: queues and indexes were restored.
	for _, chain := range []*chain{c, n} {
		chain.at(46 * time.Minute)
		require.NoError(t, chain.answer(id))
		chain.end()
		chain.at(12 * time.Hour)
		chain.end()
		require.Zero(t, chain.module(xrental.ModuleName))
		_, err = chain.rent(chain.renters[1], id, hour, 0)
		require.ErrorIs(t, err, xrental.ErrCooldown)
	}
	require.EqualValues(t, c.balance(c.payout), n.balance(n.payout)+earlier)
}

// putMachine changes a stored machine's state and nothing else.
func (c *chain) putMachine(id string, state machine.MachineState) {
	c.Helper()
	m, err := c.machines.Bonds.Get(c.ctx, id)
	require.NoError(c, err)
	m.State = state
	require.NoError(c, c.machines.Bonds.Set(c.ctx, id, m))
}

func TestImportChecks(t *testing.T) {
	t.Parallel()
	c, id := busy(t)
	tests := map[string]struct {
		edit func(n *chain, gs *xrental.GenesisState)
		want error
	}{
		"escrow short":    {func(_ *chain, gs *xrental.GenesisState) { gs.Rentals[2].Paid++ }, xrental.ErrInvariant},
		"escrow too full": {func(n *chain, _ *xrental.GenesisState) { n.fundModule(xrental.ModuleName, 1) }, xrental.ErrInvariant},
		"slot rented twice": {func(_ *chain, gs *xrental.GenesisState) {
			gs.Rentals[4].Slots = []uint32{2, 4}
		}, machine.ErrNoSlots},
		"slot unknown":     {func(_ *chain, gs *xrental.GenesisState) { gs.Rentals[2].Slots = []uint32{6} }, machine.ErrNoSlots},
		"machine unknown":  {func(_ *chain, gs *xrental.GenesisState) { gs.Rentals[2].MachineId = "ff" }, machine.ErrInvalidID},
		"id twice":         {func(_ *chain, gs *xrental.GenesisState) { gs.Rentals[1].Id = 1 }, xrental.ErrInvalid},
		"next id too low":  {func(_ *chain, gs *xrental.GenesisState) { gs.NextRentId = 5 }, xrental.ErrInvalid},
		"unsettled denied": {func(_ *chain, gs *xrental.GenesisState) { gs.Unsettled = nil }, xrental.ErrInvalid},
		"verdict twice": {func(_ *chain, gs *xrental.GenesisState) {
			v := xrental.Verdict{MachineId: id, Until: gs.Rentals[1].Transitions[2].Time}
			gs.Verdicts = []xrental.Verdict{v, v}
		}, xrental.ErrInvalid},
		"verdict on nothing": {func(_ *chain, gs *xrental.GenesisState) {
			gs.Verdicts = []xrental.Verdict{{MachineId: id, Until: genesisTime}}
		}, xrental.ErrInvariant},
		"verdict on no machine": {func(_ *chain, gs *xrental.GenesisState) {
			gs.Verdicts = []xrental.Verdict{{MachineId: "ff", Until: genesisTime}}
		}, machine.ErrInvalidID},
		"verdict to come": {func(n *chain, gs *xrental.GenesisState) {
			gs.Verdicts = []xrental.Verdict{{MachineId: id, Until: n.ctx.BlockTime().Add(1)}}
		}, xrental.ErrInvalid},
		"waits for nothing": {func(n *chain, _ *xrental.GenesisState) {
			m, err := n.machines.Bonds.Get(n.ctx, id)
			require.NoError(n, err)
			m.OpenChallenges = nil
			require.NoError(n, n.machines.Bonds.Set(n.ctx, id, m))
		}, xrental.ErrInvariant},
		"claimed too much": {func(_ *chain, gs *xrental.GenesisState) { gs.Rentals[2].Claimed = gs.Rentals[2].Paid + 1 }, xrental.ErrInvalid},
		"gap in segments": {func(_ *chain, gs *xrental.GenesisState) {
			gs.Rentals[2].Segments[0].End = gs.Rentals[2].End.Add(-1)
		}, xrental.ErrInvalid},
		"history elsewhere": {func(_ *chain, gs *xrental.GenesisState) { gs.Rentals[2].State = xrental.RENTAL_STATE_TRIAL }, xrental.ErrInvalid},
		"cooldown twice": {func(_ *chain, gs *xrental.GenesisState) {
			gs.Cooldowns = append(gs.Cooldowns, gs.Cooldowns[0])
		}, xrental.ErrInvalid},
		"trial that was claimed":    {func(_ *chain, gs *xrental.GenesisState) { gs.Rentals[4].Claimed = 1 }, xrental.ErrInvalid},
		"trial that earned":         {func(_ *chain, gs *xrental.GenesisState) { gs.Rentals[4].FoldedEarned = 1 }, xrental.ErrInvalid},
		"stake paid for nothing":    {func(_ *chain, gs *xrental.GenesisState) { gs.Rentals[4].FromStake = 1 }, xrental.ErrInvalid},
		"negative outage":           {func(_ *chain, gs *xrental.GenesisState) { gs.Rentals[2].OutageNs = -1 }, xrental.ErrInvalid},
		"transition that can't be":  {func(_ *chain, gs *xrental.GenesisState) { gs.Rentals[2].Transitions[1].Reason = xrental.REASON_RENEWED }, xrental.ErrInvalid},
		"transitions out of order":  {func(_ *chain, gs *xrental.GenesisState) { gs.Rentals[2].Transitions[1].Time = genesisTime.Add(-1) }, xrental.ErrInvalid},
		"cooldown of no machine":    {func(_ *chain, gs *xrental.GenesisState) { gs.Cooldowns[0].MachineId = "ff" }, machine.ErrInvalidID},
		"open on a retired machine": {func(n *chain, _ *xrental.GenesisState) { n.putMachine(id, machine.MACHINE_STATE_RETIRED) }, machine.ErrState},
		"open on a bonded machine":  {func(n *chain, _ *xrental.GenesisState) { n.putMachine(id, machine.MACHINE_STATE_BONDED) }, machine.ErrState},
		"parameters":                {func(_ *chain, gs *xrental.GenesisState) { gs.Params.MaxSegments = 0 }, xrental.ErrParams},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			n, gs := c.restart()
			test.edit(n, &gs)
			require.ErrorIs(t, n.keeper.InitGenesis(n.ctx, gs), test.want)
		})
	}
}
