package main

import (
	"fmt"
	"strings"
	"time"

	cmtcfg "github.com/cometbft/cometbft/config"

	serverconfig "github.com/cosmos/cosmos-sdk/server/config"

	"github.com/dbc-network/dbc/app"
	"github.com/dbc-network/dbc/x/guard"
	"github.com/dbc-network/dbc/x/machine"
)

const (
	// queryGasLimit lets the widest page of machines through and stops queries
	// that read a store from end to end.
	queryGasLimit = 50_000_000
	// bodyBytes lets the largest transaction through RPC and REST, in base64 and
	// with the JSON around it.
	bodyBytes = 2 * app.MaxTxBytes
	// maxConnections to REST; each RPC port has its own bound.
	maxConnections = 500
	// snapshotBlocks between snapshots, from which new nodes start without all blocks.
	snapshotBlocks = 1_000
	// proposeTimeout lets a full block be made, sent and received before others
	// give up on its proposer, also on a busy computer.
	proposeTimeout = 8 * time.Second
	// peerRate in bytes a second lets a full block pass while transactions do.
	peerRate = 20_000_000
)

// minGasPrices is the floor that a network begins with, below which no block
// takes a transaction; operators can ask for more.
func minGasPrices() string { return gasPrice(guard.DefaultMinGasPrice) }

// gasPrice writes the guard's price as flags take it.
func gasPrice(price uint64) string {
	text := fmt.Sprintf("%d.%06d", price/guard.PriceUnit, price%guard.PriceUnit)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + machine.Denom
}

func appTemplate() string { return serverconfig.DefaultConfigTemplate }

// appConfig is the app.toml of a new node. REST listens on loopback, where the
// web app's node reaches it; no page of another origin may call it.
func appConfig() *serverconfig.Config {
	c := serverconfig.DefaultConfig()
	c.MinGasPrices = minGasPrices()
	c.QueryGasLimit = queryGasLimit
	c.API.Enable = true
	c.API.Address = "tcp://127.0.0.1:1317"
	c.API.EnableUnsafeCORS = false
	c.API.MaxOpenConnections = maxConnections
	c.API.RPCMaxBodyBytes = bodyBytes
	c.StateSync.SnapshotInterval = snapshotBlocks
	c.API.Swagger = true // a constant document at /openapi.json
	c.GRPC.Address = "127.0.0.1:9090"
	return c
}

// cometConfig is the config.toml of a new node: RPC on loopback, no
// CORS, none of the calls that change the node, a bounded mempool.
func cometConfig() *cmtcfg.Config {
	c := cmtcfg.DefaultConfig()
	c.RPC.ListenAddress = "tcp://127.0.0.1:26657"
	c.RPC.CORSAllowedOrigins = nil
	c.RPC.Unsafe = false
	c.RPC.MaxBodyBytes = bodyBytes
	c.Consensus.TimeoutPropose = proposeTimeout
	c.P2P.SendRate, c.P2P.RecvRate = peerRate, peerRate
	// The application's lanes decide what waits; this mempool holds both of them.
	c.Mempool.Size = app.MempoolTxs
	c.Mempool.MaxTxBytes = app.MaxTxBytes
	c.Mempool.MaxTxsBytes = app.MempoolBytes
	return c
}
