package main

import (
	cmtcfg "github.com/cometbft/cometbft/config"

	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
)

const (
	// minGasPrices keeps a node from taking transactions for nothing; operators can ask for more.
	minGasPrices = "0.01udbc"
	// queryGasLimit lets the widest page of machines through and stops queries
	// that read a store from end to end.
	queryGasLimit = 50_000_000
	// maxTxBytes lets a hundred bonds into one transaction.
	maxTxBytes = 1 << 20
	// mempoolBytes bounds what strangers can make a node remember.
	mempoolBytes = 64 << 20
	mempoolTxs   = 5_000
	// maxConnections to REST; each RPC port has its own bound.
	maxConnections = 500
)

func appTemplate() string { return serverconfig.DefaultConfigTemplate }

// appConfig is the app.toml of a new node. REST listens on loopback, where the
// web app's node reaches it; no page of another origin may call it.
func appConfig() *serverconfig.Config {
	c := serverconfig.DefaultConfig()
	c.MinGasPrices = minGasPrices
	c.QueryGasLimit = queryGasLimit
	c.API.Enable = true
	c.API.Address = "tcp://127.0.0.1:1317"
	c.API.EnableUnsafeCORS = false
	c.API.MaxOpenConnections = maxConnections
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
	c.Mempool.Size = mempoolTxs
	c.Mempool.MaxTxBytes = maxTxBytes
	c.Mempool.MaxTxsBytes = mempoolBytes
	return c
}
