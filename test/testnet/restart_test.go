package testnet_test

import (
	"crypto/ed25519"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/test/testnet"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// TestExportStartsFourValidators ends a chain of four while a rental is active
// and claimed, one in its trial, one broken and unsettled, and a challenge open.
// Four validators go on from its export: every balance is what it was, nothing
// is paid in the first blocks that was not earned, and everything can end.
func TestExportStartsFourValidators(t *testing.T) {
	m := newMarket(t, testnet.Config{Params: map[string]map[string]any{"machine": {"max_block_gap": maxGap.String()}}})
	active, broken := m.rent(0), m.rent(0)
	m.confirm(0, active)
	m.confirm(0, broken)
	trial := m.rent(0)
	m.moreBlocks(0, 3)
	m.send(0, m.host, &rental.MsgClaimRent{Signer: chain.Address(m.host.PubKey()), RentIds: []uint64{active}})
	require.NotZero(t, m.rental(0, active).Claimed)
	challenger := m.Validators[1]
	asked, err := challenger.Client.Broadcast(m.ctx(), challenger.Signer, &machine.MsgChallenge{Challenger: challenger.Address, MachineId: m.machine})
	require.NoError(t, err)
	var challenge machine.MsgChallengeResponse
	require.NoError(t, asked.Response(0, &challenge))
	m.sent = asked.Height
	m.send(0, m.host, &rental.MsgBreakRental{Signer: chain.Address(m.host.PubKey()), RentId: broken})

	last := m.moreBlocks(0, 2)
	m.agree(last)
	before, money := m.rentals(active, broken, trial), m.money()
	m.restart()

	m.agree(m.moreBlocks(0, 2))
	require.Equal(t, money, m.money(), "nothing is paid by the restart")
	for i, after := range m.rentals(active, broken, trial) {
		after.Deadline = before[i].Deadline // the halt moves it
		require.Equal(t, before[i], after)
	}
	listing, err := m.Validators[2].Client.Machine(m.ctx(), m.machine)
	require.NoError(t, err)
	require.Equal(t, machine.MACHINE_STATE_ONLINE, listing.Machine.State, "the challenge has the halt's time back")

	host := chain.Address(m.host.PubKey())
	key := machineKey(7)
	m.send(1, m.host, &machine.MsgAnswerChallenge{
		Operator: host, MachineId: m.machine, ChallengeId: challenge.ChallengeId, Height: asked.Height,
		Signature: ed25519.Sign(key, machine.AnswerText(testnet.ChainID, m.machine, challenge.ChallengeId, asked.Height)),
	})
	m.confirm(2, trial)
	fresh := m.rent(3)
	paid := m.rental(3, fresh).Paid
	m.agree(m.moreBlocks(0, 2))
	require.Equal(t, rental.RENTAL_STATE_TRIAL, m.rental(0, fresh).State)
	require.GreaterOrEqual(t, m.balance(chain.AddressOf(authtypes.NewModuleAddress(rental.ModuleName))), paid, "a rental of the first blocks is not paid out")
}

// restart ends all validators and starts them from an export of the first.
func (m *market) restart() {
	m.t.Helper()
	first := m.Validators[0]
	for _, v := range m.Validators {
		require.NoError(m.t, v.Stop())
	}
	stopped := time.Now()
	_, err := first.Query(m.ctx(), "export", "--output-document", first.Genesis())
	require.NoError(m.t, err)
	_, err = first.Query(m.ctx(), "genesis", "validate")
	require.NoError(m.t, err)
	genesis, err := os.ReadFile(first.Genesis())
	require.NoError(m.t, err)
	for _, v := range m.Validators {
		require.NoError(m.t, os.WriteFile(v.Genesis(), genesis, 0o644))
		_, err := v.Query(m.ctx(), "comet", "unsafe-reset-all")
		require.NoError(m.t, err)
	}
	<-time.After(time.Until(stopped.Add(maxGap))) // the time between the chains is to count as a halt
	for _, v := range m.Validators {
		require.NoError(m.t, v.Start(m.ctx()))
	}
	require.NoError(m.t, first.WaitHeight(m.ctx(), m.sent+3))
}

func (m *market) rentals(ids ...uint64) (all []rental.Rental) {
	m.t.Helper()
	for _, id := range ids {
		all = append(all, m.rental(0, id))
	}
	return all
}

// money is what everybody holds whom the market concerns.
func (m *market) money() map[string]uint64 {
	m.t.Helper()
	held := make(map[string]uint64)
	for _, address := range []string{
		chain.Address(m.host.PubKey()), chain.Address(m.renter.PubKey()), m.Validators[1].Address,
		chain.AddressOf(authtypes.NewModuleAddress(machine.ModuleName)), chain.AddressOf(authtypes.NewModuleAddress(rental.ModuleName)),
	} {
		held[address] = m.balance(address)
	}
	return held
}

func (m *market) balance(address string) uint64 {
	m.t.Helper()
	held, err := m.Validators[0].Client.Balance(m.ctx(), address)
	require.NoError(m.t, err)
	return held
}
