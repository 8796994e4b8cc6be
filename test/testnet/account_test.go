package testnet_test

import (
	"testing"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/test/testnet"
)

// TestOneAccountInTwoPrograms sends with one key from two connections that know
// nothing of each other, as two programs with one wallet do. The account's
// sequence on the chain lags behind the mempool for a block; each waits it out.
func TestOneAccountInTwoPrograms(t *testing.T) {
	const each = 3
	m := newMarket(t, testnet.Config{Validators: 1})
	v := m.Validators[0]
	other, err := chain.Dial(m.ctx(), chain.Config{ChainID: testnet.ChainID, GRPC: v.GRPC, RPC: v.RPC})
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close()) }()
	from, to := chain.Address(m.renter.PubKey()), chain.Address(m.host.PubKey())
	before, err := v.Client.Balance(m.ctx(), to)
	require.NoError(t, err)

	ctx := m.ctx()
	var group errgroup.Group
	for _, client := range []*chain.Client{v.Client, other} {
		group.Go(func() error {
			for range each {
				msg := &banktypes.MsgSend{FromAddress: from, ToAddress: to, Amount: sdk.NewCoins(sdk.NewInt64Coin(chain.Denom, 1))}
				if _, err := client.Broadcast(ctx, chain.NewKeySigner(m.renter), msg); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	after, err := v.Client.Balance(ctx, to)
	require.NoError(t, err)
	require.Equal(t, before+2*each, after)
}
