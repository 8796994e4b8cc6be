package node

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
	"github.com/dbc-network/dbc/node/clientnode/gateway"
	"github.com/dbc-network/dbc/node/clientnode/local"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/httpapi"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/node/operator"
	"github.com/dbc-network/dbc/node/p2p"
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

// client is a running client node.
type client struct {
	cfg   conf.Config
	log   *slog.Logger
	key   key.Key
	chain *chain.Client
	pulse *chain.Pulse
	peers *p2p.Host
	local *local.Routes
}

// runClient runs a client node until it ends. All that it stores, its key and
// the index of machines, is in its home, so several can run on one computer.
func runClient(ctx context.Context, cfg conf.Config) (err error) {
	defer func() {
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			err = nil // told to end while starting
		}
	}()
	c := &client{cfg: cfg, log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: cfg.LogLevel}))}
	if c.key, err = key.Load(cfg.KeyPath()); err != nil {
		return err
	}
	release, err := lockHome(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	listener, err := listen(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // the server closes it first
	c.chain, err = chain.Dial(ctx, chain.Config{ChainID: cfg.ChainID, GRPC: cfg.ChainGRPC, RPC: cfg.ChainRPC, Logger: c.log})
	if err != nil {
		return fmt.Errorf("connect to the chain: %w", err)
	}
	defer func() { err = errors.Join(err, c.chain.Close()) }()
	c.pulse = c.chain.Pulse(tellProblem(c.log))
	if err := c.sameChain(ctx); err != nil {
		return err
	}
	if err := claim(ctx, cfg); err != nil {
		return err
	}
	if c.local, err = c.openLocal(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.local.Close()) }()
	c.peers, err = p2p.New(p2p.Config{
		Key: c.key, ChainID: cfg.ChainID, Listen: cfg.NetListen, Public: cfg.PublicIP, Peers: cfg.Peers,
		Relay: cfg.Relay, RelayDataMiB: cfg.RelayDataMiB, PublicOnly: !chainid.Test(cfg.ChainID),
		Finder: onChain{c.chain}, Machines: c.local.Register, Log: c.log,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.peers.Close()) }()
	return c.serve(ctx, listener)
}

// sameChain refuses a dbcd of another chain. One that does not answer may start later.
func (c *client) sameChain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, statusLimit)
	defer cancel()
	head, err := c.chain.Newest(ctx)
	if err != nil || head.ChainID == c.cfg.ChainID {
		return nil
	}
	return otherChain(c.cfg, head.ChainID)
}

func (c *client) openLocal(ctx context.Context) (*local.Routes, error) {
	cfg := local.Config{
		ChainID: c.cfg.ChainID, Dir: filepath.Join(c.cfg.Home, "dat"), RPC: c.cfg.ChainRPC, REST: c.cfg.ChainREST, Log: c.log,
	}
	if c.cfg.FaucetKey != "" {
		dir, err := keyringDir(c.cfg)
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

func (c *client) serve(ctx context.Context, listener net.Listener) error {
	pages, err := web.Handler()
	if err != nil {
		return err
	}
	docs, err := site.Handler()
	if err != nil {
		return err
	}
	server := c.gateway(pages, docs).HTTP()
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel()
	c.pulse.Look(ctx)
	watching.Go(func() { c.pulse.Run(ctx) })
	ended, followed := make(chan error, 1), make(chan error, 1)
	go func() { ended <- serveHTTP(server, listener, c.cfg, c.log) }()
	go func() { followed <- c.local.Run(ctx) }()
	c.log.Info("the client node runs", "chain_id", c.cfg.ChainID, "api", apiURL(c.cfg),
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
	return errors.Join(first, shutdown(ctx, server), <-ended)
}

func (c *client) gateway(pages, docs http.Handler) *gateway.Gateway {
	_, gives := c.local.Own["faucet"]
	return gateway.New(gateway.Config{
		Version: version(), ChainID: c.cfg.ChainID, Faucet: gives,
		Guard: httpapi.Guard{Listen: c.cfg.HTTPListen, Hosts: c.cfg.HTTPHosts, Origins: c.cfg.HTTPCORSOrigins},
	}, gateway.Deps{
		Machines: c.peers.Transport(), Streams: c.peers.Streams(), Own: c.local.Own, Bonded: c.local.Register.Bonded, Known: c.known,
		Status: c.status, Mounts: c.mounts(), Web: pages, Docs: docs, Log: c.log,
	})
}

// mounts returns the interfaces of the chain.
func (c *client) mounts() []gateway.Mount {
	var mounts []gateway.Mount
	for pattern, handler := range c.local.Chain {
		mounts = append(mounts, gateway.Mount{Pattern: pattern, Handler: handler})
	}
	return mounts
}

func (c *client) status(context.Context) api.ClientRoot {
	s := api.ClientRoot{PeerID: c.peers.ID(), Peers: c.peers.Peers()}
	s.Height = c.pulse.Height()
	if s.Problem = c.pulse.Problem(); s.Problem != nil {
		s.Doubt = s.Problem.String()
	}
	return s
}

// known returns the machines that the chain lists as online.
func (c *client) known(ctx context.Context) ([]api.Node, error) {
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

// serveHTTP serves until the server is shut down.
func serveHTTP(server *http.Server, listener net.Listener, cfg conf.Config, log *slog.Logger) error {
	var err error
	if cfg.HTTPTLSCert != "" {
		c, wrong := openCertificate(cfg.HTTPTLSCert, cfg.HTTPTLSKey, log)
		if wrong != nil {
			return wrong
		}
		server.TLSConfig = c.config()
		err = server.ServeTLS(listener, "", "")
	} else {
		err = server.Serve(listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve the API: %w", err)
}

// shutdown gives requests some time to end.
func shutdown(ctx context.Context, server interface {
	Shutdown(ctx context.Context) error
	Close() error
},
) error {
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer stop()
	err := server.Shutdown(end)
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return err
}
