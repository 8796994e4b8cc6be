// Package clientnode is the life of a client node: its parts, and how they are started
// and ended.
package clientnode

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/chainid"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/clientnode/gateway"
	"github.com/dbc-network/dbc/node/clientnode/local"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/httpapi"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/node/operator"
	"github.com/dbc-network/dbc/node/p2p"
	"github.com/dbc-network/dbc/node/vitals"
	"github.com/dbc-network/dbc/site"
	"github.com/dbc-network/dbc/web"
	"github.com/dbc-network/dbc/x/machine"
)

const (
	// statusLimit bounds the first query to the chain.
	statusLimit = 2 * time.Second
	// maxKnown bounds the list of machines without an index, and knownPage one page
	// of it.
	maxKnown  = 1000
	knownPage = 100
)

// parts are what a running client node is made of.
type parts struct {
	cfg   conf.Client
	log   *slog.Logger
	key   key.Key
	chain *chain.Client
	pulse *chain.Pulse
	peers *p2p.Host
	local *local.Routes
	// metrics is nil for a node without metrics_listen.
	metrics *metrics
	// wrap is put around the API; nil for none.
	wrap func(http.Handler) http.Handler
}

// Run runs a client node until ctx is done. All that it stores, its key and the index
// of machines, is in its home, so several can run on one computer.
func Run(ctx context.Context, cfg conf.Client) error {
	node.BeLean()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: cfg.LogLevel}))
	return run(ctx, cfg, log, nil)
}

// run is Run, with wrap around the API where it is not nil.
func run(ctx context.Context, cfg conf.Client, log *slog.Logger, wrap func(http.Handler) http.Handler) (err error) {
	defer func() {
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			err = nil // told to end while starting
		}
	}()
	c := &parts{cfg: cfg, log: log, wrap: wrap}
	if c.key, err = key.Load(cfg.KeyPath()); err != nil {
		return err
	}
	release, err := lockHome(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	listener, err := node.Listen(ctx, cfg.Node)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // the server closes it first
	c.chain, err = chain.Dial(ctx, chain.Config{ChainID: cfg.ChainID, GRPC: cfg.ChainGRPC, RPC: cfg.ChainRPC, Logger: c.log})
	if err != nil {
		return fmt.Errorf("connect to the chain: %w", err)
	}
	defer func() { err = errors.Join(err, c.chain.Close()) }()
	c.pulse = c.chain.Pulse(node.LogProblem(c.log))
	if err := c.sameChain(ctx); err != nil {
		return err
	}
	if err := node.Claim(ctx, cfg.Node); err != nil {
		return err
	}
	if err := c.openMetrics(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.metrics.close()) }()
	if c.local, err = c.openLocal(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.local.Close()) }()
	c.peers, err = p2p.New(p2p.Config{
		Key: c.key, ChainID: cfg.ChainID, Listen: cfg.NetListen, Public: cfg.PublicIP, Peers: cfg.Peers,
		Relay: cfg.Relay, RelayDataMiB: cfg.RelayDataMiB, PublicOnly: !chainid.Test(cfg.ChainID),
		Finder: node.Finder(c.chain), Machines: c.local.Register, Log: c.log,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.peers.Close()) }()
	return c.serve(ctx, listener)
}

// lockHome takes a client node's home: two with one key would be one peer.
func lockHome(cfg conf.Client) (release func() error, err error) {
	release, err = node.Lock(filepath.Join(cfg.Home, filepath.Dir(conf.KeyFile), "client.lock"))
	if errors.Is(err, node.ErrHeld) {
		return nil, fmt.Errorf("%w: %w", ErrHome, err)
	}
	return release, err
}

// sameChain refuses a dbcd of another chain. One that does not answer may start later.
func (c *parts) sameChain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, statusLimit)
	defer cancel()
	head, err := c.chain.Newest(ctx)
	if err != nil || head.ChainID == c.cfg.ChainID {
		return nil
	}
	return node.OtherChain(c.cfg.Node, head.ChainID)
}

func (c *parts) openLocal(ctx context.Context) (*local.Routes, error) {
	cfg := local.Config{
		ChainID: c.cfg.ChainID, Dir: filepath.Join(c.cfg.Home, "dat"), RPC: c.cfg.ChainRPC, REST: c.cfg.ChainREST, Log: c.log,
	}
	if c.cfg.FaucetKey != "" {
		dir, err := operator.Dir(c.cfg.KeyringDir)
		if err != nil {
			return nil, err
		}
		k, err := operator.Open(operator.Config{Name: c.cfg.FaucetKey, Dir: dir, Test: chainid.Devnet(c.cfg.ChainID)})
		if err != nil {
			return nil, fmt.Errorf("open faucet_key=%s: %w", c.cfg.FaucetKey, err)
		}
		cfg.Faucet = k
	}
	return local.Open(ctx, cfg, c.chain)
}

func (c *parts) serve(ctx context.Context, listener net.Listener) error {
	pages, err := web.Handler()
	if err != nil {
		return err
	}
	docs, err := site.Handler()
	if err != nil {
		return err
	}
	server := c.gateway(pages, docs).HTTP()
	server.Handler = c.metrics.wrap(server.Handler)
	if c.wrap != nil {
		server.Handler = c.wrap(server.Handler)
	}
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel()
	c.pulse.Look(ctx)
	watching.Go(func() { c.pulse.Run(ctx) })
	watching.Go(func() { c.serveMetrics(ctx) })
	ended, followed := make(chan error, 1), make(chan error, 1)
	go func() { ended <- node.Serve(server, listener, c.cfg.Node, c.log) }()
	go func() { followed <- c.local.Run(ctx) }()
	c.log.Info("the client node runs", "chain_id", c.cfg.ChainID, "api", node.APIURL(c.cfg.Node),
		"peer_id", c.peers.ID())
	var first error
	select {
	case first = <-ended:
		cancel()
		return errors.Join(first, <-followed)
	case first = <-followed:
	case <-ctx.Done():
		first = <-followed
	}
	return errors.Join(first, node.Shutdown(ctx, server), <-ended)
}

func (c *parts) gateway(pages, docs http.Handler) *gateway.Gateway {
	_, gives := c.local.Own["faucet"]
	return gateway.New(gateway.Config{
		Version: node.Version(), ChainID: c.cfg.ChainID, Faucet: gives,
		Guard: httpapi.Guard{Listen: c.cfg.HTTPListen, Hosts: c.cfg.HTTPHosts, Origins: c.cfg.HTTPCORSOrigins},
	}, gateway.Deps{
		Machines: c.peers.Transport(), Streams: c.peers.Streams(), Own: c.local.Own, Bonded: c.local.Register.Bonded, Known: c.known,
		Status: c.status, Health: vitals.New(vitals.Chain(c.pulse.Problem), vitals.Disk("home", c.cfg.Home), vitals.Written("home", c.cfg.Home)).Reasons, Mounts: c.mounts(), Web: pages, Docs: docs, Log: c.log,
	})
}

// mounts returns the interfaces of the chain.
func (c *parts) mounts() []gateway.Mount {
	var mounts []gateway.Mount
	for pattern, handler := range c.local.Chain {
		mounts = append(mounts, gateway.Mount{Pattern: pattern, Handler: handler})
	}
	return mounts
}

func (c *parts) status(context.Context) api.ClientRoot {
	s := api.ClientRoot{PeerID: c.peers.ID(), Peers: c.peers.Peers()}
	s.Height = c.pulse.Height()
	if s.Problem = c.pulse.Problem(); s.Problem != nil {
		s.Doubt = s.Problem.String()
	}
	return s
}

// known returns the machines that the chain lists as online.
func (c *parts) known(ctx context.Context) ([]api.Node, error) {
	nodes, page := []api.Node{}, &query.PageRequest{Limit: knownPage}
	for {
		res, err := c.chain.Machines(ctx, machine.QueryMachinesRequest{
			State: machine.MACHINE_STATE_ONLINE, Pagination: page,
		})
		if err != nil {
			return nil, err
		}
		for _, listed := range res.Listings {
			nodes = append(nodes, api.Node{NodeID: listed.Machine.Id})
		}
		if res.Pagination == nil || len(res.Pagination.NextKey) == 0 || len(nodes) >= maxKnown {
			return nodes, nil
		}
		page = &query.PageRequest{Key: res.Pagination.NextKey, Limit: knownPage}
	}
}
