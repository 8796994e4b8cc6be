package chain

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
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
// falling height or an old block are the caller's to refuse.
func (c *Client) Head(ctx context.Context) (Head, error) {
	status, err := c.rpc.Status(ctx)
	if err != nil {
		c.genesis.forget()
		return Head{}, rpcError(ctx, "ask for the newest block", err)
	}
	hash, err := c.genesis.get(ctx, c, status.SyncInfo)
	if err != nil {
		return Head{}, err
	}
	return Head{
		ChainID:     status.NodeInfo.Network,
		GenesisHash: hash,
		Height:      status.SyncInfo.LatestBlockHeight,
		Time:        status.SyncInfo.LatestBlockTime,
		CatchingUp:  status.SyncInfo.CatchingUp,
	}, nil
}

// genesisCache keeps the hash for as long as the dbcd behind the address is
// surely on the same chain: the connection held, the height did not fall, and
// the earliest block is the same or was pruned forward.
type genesisCache struct {
	mu       sync.Mutex
	known    bool
	hash     [32]byte
	height   int64
	earliest int64
	first    []byte
}

func (g *genesisCache) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.known = false
}

func (g *genesisCache) get(ctx context.Context, c *Client, now coretypes.SyncInfo) ([32]byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.known || !g.follows(now) {
		hash, err := c.genesisHash(ctx)
		if err != nil {
			return [32]byte{}, err
		}
		g.hash, g.known = hash, true
	}
	g.height = now.LatestBlockHeight
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

// genesisHash is sha256 over the genesis document with keys sorted and spaces
// removed, so that it does not depend on who wrote the file.
func (c *Client) genesisHash(ctx context.Context) ([32]byte, error) {
	var doc []byte
	for i, total := uint(0), uint(1); i < total; i++ {
		chunk, err := c.rpc.GenesisChunked(ctx, i)
		if err != nil {
			return [32]byte{}, rpcError(ctx, "read the genesis document", err)
		}
		part, err := base64.StdEncoding.DecodeString(chunk.Data)
		if err != nil {
			return [32]byte{}, fmt.Errorf("read the genesis document: %w", err)
		}
		doc = append(doc, part...)
		total = uint(max(chunk.TotalChunks, 0))
	}
	return HashGenesis(doc)
}

// HashGenesis is the GenesisHash of a genesis document.
func HashGenesis(doc []byte) ([32]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(doc))
	// Numbers stay as written: a float would lose digits of large ones.
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return [32]byte{}, fmt.Errorf("parse the genesis document: %w", err)
	}
	canonical, err := json.Marshal(v)
	if err != nil {
		return [32]byte{}, fmt.Errorf("write the genesis document: %w", err)
	}
	return sha256.Sum256(canonical), nil
}
