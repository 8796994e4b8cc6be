package keeper_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
)

// An address in capitals is the same one (BIP-173): a machine bonded with it
// can be operated and found, and its own accounts can't challenge it.
func TestAddressesInCapitals(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := newNode(1)
	loud := strings.ToUpper
	bond := n.bond(f, 1, 2)
	bond.Operator, bond.Payout = loud(operator), loud(payout)
	_, err := f.msgs.BondMachines(f.ctx, &machine.MsgBondMachines{Owner: loud(owner), Bonds: []machine.Bond{bond}})
	require.NoError(t, err)
	m := f.machine(n.id)
	require.Equal(t, []string{owner, operator, payout}, []string{m.Owner, m.Operator, m.Payout})
	require.Equal(t, wealth-3_000*dbc, f.balance(owner))

	online := n.online(f, 1)
	online.Operator = loud(operator)
	_, err = f.msgs.SetOnline(f.ctx, online)
	require.NoError(t, err)
	_, err = f.msgs.SetPrice(f.ctx, &machine.MsgSetPrice{Operator: loud(operator), Prices: []machine.PriceChange{{MachineId: n.id, PricePerDay: 5}}})
	require.NoError(t, err)
	facts := n.update(f, 2, n.facts(1))
	facts.Operator = loud(operator)
	_, err = f.msgs.UpdateFacts(f.ctx, facts)
	require.NoError(t, err)
	for _, party := range []string{owner, operator} {
		_, err = f.msgs.Challenge(f.ctx, &machine.MsgChallenge{Challenger: loud(party), MachineId: n.id})
		require.ErrorIs(t, err, machine.ErrUnauthorized)
	}
	_, err = f.msgs.Challenge(f.ctx, &machine.MsgChallenge{Challenger: loud(challenger), MachineId: n.id})
	require.NoError(t, err)
	c, _, err := f.k.OpenChallenge(f.ctx, n.id)
	require.NoError(t, err)
	require.Equal(t, challenger, c.Challenger)
	answer := n.answer(c)
	answer.Operator = loud(operator)
	_, err = f.msgs.AnswerChallenge(f.ctx, answer)
	require.NoError(t, err)

	for name, ask := range map[string]*machine.QueryMachinesRequest{"owner": {Owner: loud(owner)}, "operator": {Operator: loud(operator)}} {
		found, err := f.queries.Machines(f.ctx, ask)
		require.NoError(t, err)
		require.Len(t, found.Listings, 1, name)
	}
	_, err = f.msgs.AddStake(f.ctx, &machine.MsgAddStake{Sender: loud(owner), MachineId: n.id, Amount: 1})
	require.NoError(t, err)
	_, err = f.msgs.Retire(f.ctx, &machine.MsgRetire{Owner: loud(owner), MachineId: n.id})
	require.NoError(t, err)
	f.next(machine.DefaultParams().UnbondingTime)
	_, err = f.msgs.WithdrawStake(f.ctx, &machine.MsgWithdrawStake{Owner: loud(owner), MachineId: n.id})
	require.NoError(t, err)
	_, err = f.msgs.UpdateParams(f.ctx, &machine.MsgUpdateParams{Authority: loud(f.k.Authority()), Params: machine.DefaultParams()})
	require.NoError(t, err)
	f.check()
}

// A module can't be a party, however it is spelled: nobody could act for it.
func TestModulesAreNoParties(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := newNode(1)
	for _, module := range []string{moduleAddress.String(), strings.ToUpper(moduleAddress.String())} {
		for field, edit := range map[string]func(*machine.MsgBondMachines){
			"owner":    func(m *machine.MsgBondMachines) { m.Owner = module },
			"operator": func(m *machine.MsgBondMachines) { m.Bonds[0].Operator = module },
			"payout":   func(m *machine.MsgBondMachines) { m.Bonds[0].Payout = module },
		} {
			msg := &machine.MsgBondMachines{Owner: owner, Bonds: []machine.Bond{n.bond(f, 1, 1)}}
			edit(msg)
			_, err := f.msgs.BondMachines(f.ctx, msg)
			require.ErrorIs(t, err, machine.ErrInvalidAddress, field)
			require.ErrorContains(t, err, field+` "`, "a refusal names the field")
		}
	}
	asked := f.online(2, 1)
	_, err := f.msgs.Challenge(f.ctx, &machine.MsgChallenge{Challenger: moduleAddress.String(), MachineId: asked.id})
	require.ErrorIs(t, err, machine.ErrInvalidAddress)
	f.check()
}

// Genesis accepts each spelling and stores one; it accepts no module.
func TestGenesisSpellsAddresses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	f.challenged(n)
	f.next(time.Second)
	exported, err := f.k.ExportGenesis(f.ctx)
	require.NoError(t, err)
	imported := func(edit func(*machine.GenesisState)) (*machine.GenesisState, error) {
		gs := *exported
		gs.Machines = append([]machine.Machine(nil), exported.Machines...)
		gs.Challenges = append([]machine.Challenge(nil), exported.Challenges...)
		edit(&gs)
		other := newFixture(t)
		held := f.bank.GetBalance(f.ctx, moduleAddress, machine.Denom)
		require.NoError(t, other.bank.MintCoins(other.ctx, faucet, udbc(held.Amount.Int64())))
		require.NoError(t, other.bank.SendCoinsFromModuleToModule(other.ctx, faucet, machine.ModuleName, udbc(held.Amount.Int64())))
		if err := other.k.InitGenesis(other.ctx.WithBlockTime(f.ctx.BlockTime()), gs); err != nil {
			return nil, err
		}
		return other.k.ExportGenesis(other.ctx.WithBlockTime(f.ctx.BlockTime()))
	}
	again, err := imported(func(gs *machine.GenesisState) {
		m := &gs.Machines[0]
		m.Owner, m.Operator, m.Payout = strings.ToUpper(m.Owner), strings.ToUpper(m.Operator), strings.ToUpper(m.Payout)
		gs.Challenges[0].Challenger = strings.ToUpper(gs.Challenges[0].Challenger)
	})
	require.NoError(t, err)
	require.Equal(t, exported, again)
	for name, edit := range map[string]func(*machine.GenesisState){
		"owner":      func(gs *machine.GenesisState) { gs.Machines[0].Owner = moduleAddress.String() },
		"operator":   func(gs *machine.GenesisState) { gs.Machines[0].Operator = moduleAddress.String() },
		"payout":     func(gs *machine.GenesisState) { gs.Machines[0].Payout = moduleAddress.String() },
		"challenger": func(gs *machine.GenesisState) { gs.Challenges[0].Challenger = moduleAddress.String() },
	} {
		_, err := imported(edit)
		require.ErrorIs(t, err, machine.ErrInvalidAddress, name)
	}
}
