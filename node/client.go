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

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/api"
	"github.com/dbc-network/dbc/node/faucet"
	"github.com/dbc-network/dbc/node/gateway"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/node/local"
	"github.com/dbc-network/dbc/node/operator"
	"github.com/dbc-network/dbc/node/p2p"
	"github.com/dbc-network/dbc/web"
	"github.com/dbc-network/dbc/x/machine"
)

const (
	// statusLimit bounds the first question to the chain.
	statusLimit = 2 * time.Second
	// maxKnown bounds the list of machines without an index, and knownPage a
	// page of it.
	maxKnown  = 1000
	knownPage = 100
)

// client is a running client node.
type client struct {
	cfg   Config
	log   *slog.Logger
	key   key.Key
	chain *chain.Client
	pulse *chain.Pulse
	peers *p2p.Host
	local *local.Routes
}

// runClient is the life of a client node. All that it keeps, its key and the
// index of machines, is in its home, so many run on one computer.
func runClient(ctx context.Context, cfg Config) (err error) {
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
	listener, err := cfg.listen(ctx)
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
	if err := cfg.claim(ctx); err != nil {
		return err
	}
	if c.local, err = c.openLocal(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.local.Close()) }()
	c.peers, err = p2p.New(p2p.Config{
		Key: c.key, ChainID: cfg.ChainID, Listen: cfg.NetListen, Public: cfg.PublicIP, Peers: cfg.Peers,
		Relay: cfg.Relay, RelayDataMiB: cfg.RelayDataMiB, PublicOnly: mainNetwork(cfg.ChainID),
		Finder: onChain{c.chain}, Machines: c.local.Register, Log: c.log,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.peers.Close()) }()
	return c.serve(ctx, listener)
}

// sameChain refuses a dbcd of another chain. One that is silent may come later.
func (c *client) sameChain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, statusLimit)
	defer cancel()
	head, err := c.chain.Newest(ctx)
	if err != nil || head.ChainID == c.cfg.ChainID {
		return nil
	}
	return c.cfg.otherChain(head.ChainID)
}

func (c *client) openLocal(ctx context.Context) (*local.Routes, error) {
	cfg := local.Config{
		ChainID: c.cfg.ChainID, Dir: filepath.Join(c.cfg.Home, "dat"), RPC: c.cfg.ChainRPC, REST: c.cfg.ChainREST, Log: c.log,
	}
	if c.cfg.FaucetKey != "" {
		dir, err := c.cfg.keyringDir()
		if err != nil {
			return nil, err
		}
		k, err := operator.Open(operator.Config{Name: c.cfg.FaucetKey, Dir: dir, Test: devNetwork(c.cfg.ChainID)})
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
	server := c.gateway(pages).HTTP()
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel()
	c.pulse.Look(ctx)
	watching.Go(func() { c.pulse.Run(ctx) })
	ended, followed := make(chan error, 1), make(chan error, 1)
	go func() { ended <- serveHTTP(server, listener, c.cfg, c.log) }()
	go func() { followed <- c.local.Run(ctx) }()
	c.log.Info("the client node runs", "chain_id", c.cfg.ChainID, "api", c.cfg.apiURL(),
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

func (c *client) gateway(pages http.Handler) *gateway.Gateway {
	_, gives := c.local.Handlers[faucet.Path]
	return gateway.New(gateway.Config{
		Version: version(), ChainID: c.cfg.ChainID, Faucet: gives,
		Guard: api.Guard{Listen: c.cfg.HTTPListen, Hosts: c.cfg.HTTPHosts, Origins: c.cfg.HTTPCORSOrigins},
	}, gateway.Deps{
		Machines: c.peers.Transport(), Streams: c.peers.Streams(), Bonded: c.local.Register.Bonded, Known: c.known,
		Status: c.status, Mounts: c.mounts(), Web: pages, Log: c.log,
	})
}

// mounts are what this node answers itself.
func (c *client) mounts() []gateway.Mount {
	mounts := []gateway.Mount{{Pattern: "GET " + api.PathOpenAPI, Handler: api.OpenAPI()}}
	for pattern, handler := range c.local.Handlers {
		mounts = append(mounts, gateway.Mount{Pattern: pattern, Handler: handler})
	}
	return mounts
}

func (c *client) status(context.Context) gateway.Status {
	s := gateway.Status{PeerID: c.peers.ID(), Peers: c.peers.Peers()}
	s.Height = c.pulse.Height()
	if s.Problem = c.pulse.Problem(); s.Problem != nil {
		s.Doubt = s.Problem.String()
	}
	return s
}

// known are the machines that the chain lists as online.
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

// serveHTTP answers until the server is shut down.
func serveHTTP(server *http.Server, listener net.Listener, cfg Config, log *slog.Logger) error {
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

// shutdown lets requests end for a while.
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
