package testnet_test

import (
	"encoding/json"
	"math/big"
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

// TestExportDuringAnOutage ends a chain of four while one machine with a claimed
// rental is offline, and another has two open trials and a challenge. Four
// validators go on from its export with the balance of every account, and what
// the first machine earns in the end is its time online to the last udbc: the
// time without a chain is part of its outage.
func TestExportDuringAnOutage(t *testing.T) {
	m := newMarket(t, testnet.Config{Params: map[string]map[string]any{"machine": {"max_block_gap": maxGap.String()}}})
	away, host := m.machine, chain.Address(m.host.PubKey())
	id := m.rent(0)
	begun := m.timeOf(m.sent)
	m.confirm(0, id)
	m.moreBlocks(0, 3)
	m.claim(0, id)
	m.send(0, m.host, &machine.MsgSetOffline{Operator: host, MachineId: away})
	left := m.timeOf(m.sent)

	m.machine = m.bond(8)
	trials := []uint64{m.rent(0), m.rent(0)}
	challenger := m.Validators[1]
	asked, err := challenger.Client.Broadcast(m.ctx(), challenger.Signer, &machine.MsgChallenge{Challenger: challenger.Address, MachineId: m.machine})
	require.NoError(t, err)
	m.sent = asked.Height
	m.agree(m.moreBlocks(0, 2))
	open := m.rentals(append(trials, id)...)
	m.restart()

	m.agree(m.moreBlocks(0, 2))
	m.everyBalance()
	for i, after := range m.rentals(append(trials, id)...) {
		after.Deadline = open[i].Deadline // the halt moves it
		require.Equal(t, open[i], after)
	}
	m.online(1, 7)
	back := m.timeOf(m.sent)
	m.moreBlocks(0, 3)
	m.claim(2, id)
	claimed, now := m.rental(3, id), m.timeOf(m.sent)
	online := left.Sub(begun) + now.Sub(back)
	earned := new(big.Int).Mul(new(big.Int).SetUint64(claimed.Paid), big.NewInt(int64(online)))
	earned.Div(earned, big.NewInt(int64(claimed.End.Sub(claimed.Start))))
	require.Equal(t, earned.Uint64(), claimed.Claimed, "online for %s of %s", online, now.Sub(begun))
	for _, trial := range trials {
		require.Equal(t, rental.RENTAL_STATE_TRIAL, m.rental(0, trial).State)
	}
}

func moduleAddress(name string) string { return chain.AddressOf(authtypes.NewModuleAddress(name)) }

func (m *market) claim(through int, id uint64) {
	m.t.Helper()
	m.send(through, m.host, &rental.MsgClaimRent{Signer: chain.Address(m.host.PubKey()), RentIds: []uint64{id}})
}

// timeOf returns the time of a block.
func (m *market) timeOf(height int64) time.Time {
	m.t.Helper()
	require.NoError(m.t, m.Validators[0].WaitHeight(m.ctx(), height))
	header, err := m.Validators[0].Comet.Header(m.ctx(), &height)
	require.NoError(m.t, err)
	return header.Header.Time
}

// everyBalance compares all accounts of the genesis with the running chain.
func (m *market) everyBalance() {
	m.t.Helper()
	text, err := os.ReadFile(m.Validators[0].Genesis())
	require.NoError(m.t, err)
	var genesis struct {
		AppState struct {
			Bank struct {
				Balances []struct {
					Address string
					Coins   []struct {
						Denom  string
						Amount uint64 `json:",string"`
					}
				}
			}
		} `json:"app_state"`
	}
	require.NoError(m.t, json.Unmarshal(text, &genesis))
	require.Greater(m.t, len(genesis.AppState.Bank.Balances), 8)
	for _, b := range genesis.AppState.Bank.Balances {
		require.LessOrEqual(m.t, len(b.Coins), 1, b.Address)
		var was uint64
		for _, coin := range b.Coins {
			was = coin.Amount
		}
		if !m.forValidators(b.Address) {
			require.Equal(m.t, was, m.balance(b.Address), b.Address)
		}
	}
}

// forValidators reports whether fees and new coins pass through an account to
// validators, in every block.
func (m *market) forValidators(address string) bool {
	return address == moduleAddress("fee_collector") || address == moduleAddress("distribution")
}
