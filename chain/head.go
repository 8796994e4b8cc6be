package chain

import (
	"bytes"
	"context"
	"sync"
	"time"

	coretypes "github.com/cometbft/cometbft/rpc/core/types"
)

// Head is the newest block of a dbcd, and which chain it belongs to.
type Head struct {
	ChainID string
	// GenesisHash tells chains of the same id apart, a reset devnet for one.
	GenesisHash [32]byte
	Height      int64
	Time        time.Time
	// CatchingUp: the dbcd knows that others have newer blocks.
	CatchingUp bool
}

// Head asks for the newest block. It does not judge: a wrong chain id, a
// falling height or an old block are the caller's to refuse. The first one reads
// the whole genesis document; who doesn't need its hash asks Newest.
func (c *Client) Head(ctx context.Context) (Head, error) {
	status, err := c.status(ctx)
	if err != nil {
		return Head{}, err
	}
	hash, err := c.genesis.get(ctx, c, status.SyncInfo)
	if err != nil {
		return Head{}, err
	}
	head := headOf(status)
	head.GenesisHash = hash
	return head, nil
}

// Newest is Head without GenesisHash.
func (c *Client) Newest(ctx context.Context) (Head, error) {
	status, err := c.status(ctx)
	if err != nil {
		return Head{}, err
	}
	return headOf(status), nil
}

func (c *Client) status(ctx context.Context) (*coretypes.ResultStatus, error) {
	status, err := c.rpc.Status(ctx)
	if err != nil {
		c.genesis.doubt()
		return nil, rpcError(ctx, "ask for the newest block", err)
	}
	return status, nil
}

func headOf(status *coretypes.ResultStatus) Head {
	return Head{
		ChainID:    status.NodeInfo.Network,
		Height:     status.SyncInfo.LatestBlockHeight,
		Time:       status.SyncInfo.LatestBlockTime,
		CatchingUp: status.SyncInfo.CatchingUp,
	}
}

// genesisCache keeps the hash for as long as the dbcd behind the address is
// surely on the same chain: the connection held, or it still has the block that
// was the newest before; the height did not fall, and the earliest block is the
// same or was pruned forward.
type genesisCache struct {
	mu       sync.Mutex
	known    bool
	doubted  bool
	hash     [32]byte
	height   int64
	newest   []byte
	earliest int64
	first    []byte
}

// source of a chain's documents and blocks.
type source interface {
	genesisHash(ctx context.Context) ([32]byte, error)
	// blockHash is an error where the block is not there any more.
	blockHash(ctx context.Context, height int64) ([]byte, error)
}

// doubt: another dbcd may answer next time.
func (g *genesisCache) doubt() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.doubted = true
}

func (g *genesisCache) get(ctx context.Context, from source, now coretypes.SyncInfo) ([32]byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.known || !g.follows(now) || g.doubted && !g.has(ctx, from) {
		g.known = false
		hash, err := from.genesisHash(ctx)
		if err != nil {
			return [32]byte{}, err
		}
		g.hash, g.known = hash, true
	}
	g.doubted = false
	g.height, g.newest = now.LatestBlockHeight, now.LatestBlockHash
	g.earliest, g.first = now.EarliestBlockHeight, now.EarliestBlockHash
	return g.hash, nil
}

func (g *genesisCache) follows(now coretypes.SyncInfo) bool {
	switch {
	case now.LatestBlockHeight < g.height, now.EarliestBlockHeight < g.earliest:
		return false
	case now.EarliestBlockHeight == g.earliest:
		return bytes.Equal(now.EarliestBlockHash, g.first)
	}
	return true
}

// has the block that was the newest when the connection last held.
func (g *genesisCache) has(ctx context.Context, from source) bool {
	hash, err := from.blockHash(ctx, g.height)
	return err == nil && len(hash) > 0 && bytes.Equal(hash, g.newest)
}
