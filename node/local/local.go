// Package local is what a client node answers itself, for its gateway to
// mount: the search for machines, rent_orders, the chain and a devnet's faucet.
package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/chainproxy"
	"github.com/dbc-network/dbc/node/faucet"
	"github.com/dbc-network/dbc/node/market"
)

// Config of the routes.
type Config struct {
	ChainID string
	// Dir has the index of machines.
	Dir string
	// RPC and REST are URLs of the node's own dbcd; without REST it is not proxied.
	RPC, REST string
	// Faucet pays the gifts of a devnet; nil gives none.
	Faucet chain.Signer
	Log    *slog.Logger
}

// Routes are open: none of them needs authority.
type Routes struct {
	// Handlers by pattern of http.ServeMux.
	Handlers map[string]http.Handler
	// Register tells machines from other peers.
	Register *market.Register

	store   *market.Store
	sockets *chainproxy.Sockets
	chain   *chain.Client
	log     *slog.Logger
}

// Open opens the index and makes the handlers.
func Open(ctx context.Context, cfg Config, c *chain.Client) (*Routes, error) {
	rpc, err := url.Parse(cfg.RPC)
	if err != nil {
		return nil, fmt.Errorf("open the routes of a client node: %w", err)
	}
	sockets, places := chainproxy.NewSockets(rpc, cfg.Log), chainproxy.NewPlaces()
	handlers := map[string]http.Handler{
		"GET " + chainproxy.PathSocket: sockets,
		chainproxy.PathRPC:             chainproxy.RPC(rpc, places, cfg.Log),
		chainproxy.PathRPC + "/":       chainproxy.RPC(rpc, places, cfg.Log),
		"GET " + chainproxy.PathTypes:  chainproxy.Types(rpc, places, cfg.Log),
		chainproxy.PathOrders:          chainproxy.RentOrders(c, places, cfg.Log),
		chainproxy.PathOrders + "/":    chainproxy.RentOrders(c, places, cfg.Log),
	}
	if cfg.REST != "" {
		rest, err := url.Parse(cfg.REST)
		if err != nil {
			return nil, fmt.Errorf("open the routes of a client node: %w", err)
		}
		handlers[chainproxy.PathREST+"/"] = chainproxy.REST(rest, places, cfg.Log)
	}
	if cfg.Faucet != nil {
		if handlers[faucet.Path], err = faucet.New(cfg.ChainID, c, cfg.Faucet, cfg.Log); err != nil {
			return nil, err
		}
	}
	store, err := market.Open(ctx, cfg.Dir)
	if err != nil {
		return nil, err
	}
	handlers[market.Path] = market.Handler(store, cfg.Log)
	return &Routes{Handlers: handlers, Register: market.NewRegister(store, c), store: store, sockets: sockets, chain: c, log: cfg.Log}, nil
}

// Run keeps the index at the newest block until ctx is done.
func (r *Routes) Run(ctx context.Context) error { return r.store.Follow(ctx, r.chain, r.log) }

// Close closes the index; Run must have ended.
func (r *Routes) Close() error { return errors.Join(r.sockets.Close(), r.store.Close()) }
