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
	// queryGasLimit permits the largest page of machines, and stops queries
	// that read a store from end to end.
	queryGasLimit = 50_000_000
	// bodyBytes permits the largest transaction through RPC and REST, in base64
	// and with the JSON around it.
	bodyBytes = 2 * app.MaxTxBytes
	// maxConnections to REST; each RPC port has its own limit.
	maxConnections = 500
	// snapshotBlocks is the interval of snapshots, from which new nodes start
	// without all blocks.
	snapshotBlocks = 1_000
	// proposeTimeout is enough time to build, send and receive a full block
	// before others give up on its proposer, also on a busy computer.
	proposeTimeout = 8 * time.Second
	// peerRate, in bytes per second, is enough for a full block in addition to
	// transactions.
	peerRate = 20_000_000
)

// minGasPrices returns the initial minimum gas price of a network, below which
// no block includes a transaction; operators can require more.
func minGasPrices() string { return gasPrice(guard.DefaultMinGasPrice) }

// gasPrice formats the guard's price for flags.
func gasPrice(price uint64) string {
	text := fmt.Sprintf("%d.%06d", price/guard.PriceUnit, price%guard.PriceUnit)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + machine.Denom
}

func appTemplate() string { return serverconfig.DefaultConfigTemplate }

// appConfig returns the app.toml of a new node. REST listens on loopback, where
// the web app's node reaches it; no page of another origin may call it.
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

// cometConfig returns the config.toml of a new node: RPC and metrics on loopback, no
// CORS, no calls that change the node, a bounded mempool.
func cometConfig() *cmtcfg.Config {
	c := cmtcfg.DefaultConfig()
	c.RPC.ListenAddress = "tcp://127.0.0.1:26657"
	c.RPC.CORSAllowedOrigins = nil
	c.RPC.Unsafe = false
	c.RPC.MaxBodyBytes = bodyBytes
	c.Consensus.TimeoutPropose = proposeTimeout
	c.P2P.SendRate, c.P2P.RecvRate = peerRate, peerRate
	c.Instrumentation.PrometheusListenAddr = "127.0.0.1:26660" // CometBFT's default is every address
	// The application's lanes decide what waits; this mempool has the capacity
	// of both.
	c.Mempool.Size = app.MempoolTxs
	c.Mempool.MaxTxBytes = app.MaxTxBytes
	c.Mempool.MaxTxsBytes = app.MempoolBytes
	return c
}
