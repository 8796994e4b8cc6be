package testnet_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/networks"
	"github.com/dbc-network/dbc/test/testnet"
)

// TestCeremonyFoundsANetwork: four validators hold the ceremony, take everything from
// the network's folder, find each other by it, and make blocks from the same genesis.
func TestCeremonyFoundsANetwork(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	dir := filepath.Join(t.TempDir(), "net")
	n, err := testnet.Found(ctx, testnet.Config{Dir: t.TempDir(), Dbcd: dbcd, Validators: 4}, dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, n.Stop()) }()
	require.NoError(t, n.Start(ctx))

	described, err := networks.Open(dir)
	require.NoError(t, err)
	genesis, _, err := described.Genesis()
	require.NoError(t, err)
	document, err := chain.HashGenesisFile(genesis)
	require.NoError(t, err)
	var hashes [][]byte
	for _, v := range n.Validators {
		require.NoError(t, v.WaitHeight(ctx, 3))
		text, err := os.ReadFile(v.Genesis())
		require.NoError(t, err)
		require.True(t, bytes.Equal(genesis, text))
		head, err := v.Client.Head(ctx)
		require.NoError(t, err)
		require.Equal(t, document, head.GenesisHash, "what dbc --network compares")
		height := int64(2)
		block, err := v.Comet.Block(ctx, &height)
		require.NoError(t, err)
		hashes = append(hashes, block.BlockID.Hash)
	}
	for _, hash := range hashes[1:] {
		require.Equal(t, hashes[0], hash)
	}
	validators, err := n.Validators[0].Comet.Validators(ctx, nil, nil, nil)
	require.NoError(t, err)
	require.Equal(t, 4, validators.Total)
}
