package testnet_test

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/test/testnet"
)

// TestCommandsPayForThemselves: dbcd tx as the documents print it, without a
// word of gas or fees, is taken and paid for; one that the node refuses fails.
func TestCommandsPayForThemselves(t *testing.T) {
	m := newMarket(t, testnet.Config{Validators: 1})
	v := m.Validators[0]
	to := chain.Address(m.host.PubKey())
	send := func(more ...string) (string, error) {
		args := append([]string{
			"tx", "bank", "send", v.Address, to, "7udbc", "--home", v.Home, "--keyring-backend", "test",
			"--node", v.RPC, "--chain-id", testnet.ChainID, "--yes",
		}, more...)
		out, err := exec.CommandContext(m.ctx(), dbcd, args...).CombinedOutput()
		return string(out), err
	}
	before, err := v.Client.Balance(m.ctx(), to)
	require.NoError(t, err)
	said, err := send()
	require.NoError(t, err, said)
	m.moreBlocks(0, 2)
	after, err := v.Client.Balance(m.ctx(), to)
	require.NoError(t, err)
	require.Equal(t, before+7, after)

	for name, flags := range map[string][]string{"too small a fee": {"--fees", "1udbc"}, "too little gas": {"--gas", "1000", "--gas-prices", "1udbc"}} {
		said, err := send(flags...)
		require.Error(t, err, name)
		require.Contains(t, said, "the node refused the transaction", name)
	}
}

// TestARaisedFloorIsPaid: governance asked for five times the usual gas price; the
// client, which made this market, and dbcd tx read that from the chain and pay it.
func TestARaisedFloorIsPaid(t *testing.T) {
	m := newMarket(t, testnet.Config{Validators: 1, Params: map[string]map[string]any{"guard": {"min_gas_price": "50000"}}})
	params, err := m.Validators[0].Client.GuardParams(m.ctx())
	require.NoError(t, err)
	require.EqualValues(t, 50_000, params.MinGasPrice)
	m.confirm(0, m.rent(0))
	v := m.Validators[0]
	to := chain.Address(m.host.PubKey())
	before, err := v.Client.Balance(m.ctx(), to)
	require.NoError(t, err)
	out, err := exec.CommandContext(m.ctx(), dbcd, "tx", "bank", "send", v.Address, to, "7udbc", "--home", v.Home, "--keyring-backend", "test",
		"--node", v.RPC, "--chain-id", testnet.ChainID, "--yes").CombinedOutput()
	require.NoError(t, err, string(out))
	m.moreBlocks(0, 2)
	after, err := v.Client.Balance(m.ctx(), to)
	require.NoError(t, err)
	require.Equal(t, before+7, after)
}
