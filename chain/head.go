package chain

import (
	"bytes"
	"context"
	"sync"
	"time"

	coretypes "github.com/cometbft/cometbft/rpc/core/types"
)

// Head is the newest block of a dbcd, and the chain that it belongs to.
type Head struct {
	ChainID string
	// GenesisHash distinguishes chains with the same id, such as a devnet
	// before and after a reset.
	GenesisHash [32]byte
	Height      int64
	Time        time.Time
	// CatchingUp reports that the dbcd knows of newer blocks.
	CatchingUp bool
}

// Head returns the newest block. It does not judge it: the caller has to refuse
// a wrong chain id, a falling height or an old block. The first call reads the
// whole genesis document; use Newest if its hash is not needed.
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

// Newest is like Head, but without GenesisHash.
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

// genesisCache keeps the hash as long as the dbcd at the address is certainly
// on the same chain: either the connection held, or it still has the block that
// was the newest before; in addition the height did not fall, and the earliest
// block is the same or later because of pruning.
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

// source provides a chain's documents and blocks.
type source interface {
	genesisHash(ctx context.Context) ([32]byte, error)
	// blockHash returns an error if the block no longer exists.
	blockHash(ctx context.Context, height int64) ([]byte, error)
}

// doubt notes that another dbcd may answer next time.
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

// has reports whether the dbcd has the block that was the newest when the
// connection last held.
func (g *genesisCache) has(ctx context.Context, from source) bool {
	hash, err := from.blockHash(ctx, g.height)
	return err == nil && len(hash) > 0 && bytes.Equal(hash, g.newest)
}
