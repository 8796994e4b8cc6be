// Package local has the routes that a client node answers itself, for its
// gateway to mount: the search for machines, rent_orders, the chain and a
// devnet's faucet.
package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/clientnode/chainproxy"
	"github.com/dbc-network/dbc/node/clientnode/faucet"
	"github.com/dbc-network/dbc/node/clientnode/market"
	"github.com/dbc-network/dbc/node/register"
)

// Config of the routes.
type Config struct {
	ChainID string
	// Dir is the folder with the index of machines.
	Dir string
	// RPC and REST are URLs of the node's own dbcd. If REST is empty, it is not
	// proxied.
	RPC, REST string
	// Faucet pays for the gifts of a devnet. Nil means no faucet.
	Faucet chain.Signer
	Log    *slog.Logger
}

// Routes need no authorization.
type Routes struct {
	// Own are the handlers of the routes of package api, by name; Chain those of
	// the chain's interfaces, by pattern of http.ServeMux.
	Own, Chain map[string]http.Handler
	// Register distinguishes machines from other peers.
	Register *register.Register

	store   *market.Store
	sockets *chainproxy.Sockets
	chain   *chain.Client
	log     *slog.Logger
}

// Open opens the index and creates the handlers.
func Open(ctx context.Context, cfg Config, c *chain.Client) (*Routes, error) {
	rpc, err := url.Parse(cfg.RPC)
	if err != nil {
		return nil, fmt.Errorf("open the routes of a client node: %w", err)
	}
	sockets, places := chainproxy.NewSockets(rpc, cfg.Log), chainproxy.NewPlaces()
	own := map[string]http.Handler{}
	proxies := map[string]http.Handler{
		"GET " + chainproxy.PathSocket: sockets,
		chainproxy.PathRPC:             chainproxy.RPC(rpc, places, cfg.Log),
		chainproxy.PathRPC + "/":       chainproxy.RPC(rpc, places, cfg.Log),
		"GET " + chainproxy.PathTypes:  chainproxy.Types(rpc, places, cfg.Log),
	}
	if cfg.REST != "" {
		rest, err := url.Parse(cfg.REST)
		if err != nil {
			return nil, fmt.Errorf("open the routes of a client node: %w", err)
		}
		proxies[chainproxy.PathREST+"/"] = chainproxy.REST(rest, places, cfg.Log)
	}
	if cfg.Faucet != nil {
		if own["faucet"], err = faucet.New(cfg.ChainID, c, cfg.Faucet, cfg.Log); err != nil {
			return nil, err
		}
	}
	store, err := market.Open(ctx, cfg.Dir)
	if err != nil {
		return nil, err
	}
	own["search_machines"] = market.Handler(store, cfg.Log)
	orders := chainproxy.RentOrders(c, places, store.Changed, cfg.Log)
	own["rent_orders"], own["rent_order"] = orders, orders
	return &Routes{Own: own, Chain: proxies, Register: register.New(store, c), store: store, sockets: sockets, chain: c, log: cfg.Log}, nil
}

// Run keeps the index at the newest block until ctx is done.
func (r *Routes) Run(ctx context.Context) error { return r.store.Follow(ctx, r.chain, r.log) }

// Close closes the index. Run must have returned.
func (r *Routes) Close() error { return errors.Join(r.sockets.Close(), r.store.Close()) }
