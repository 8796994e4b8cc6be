package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	cmtcfg "github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/proxy"
	"github.com/cometbft/cometbft/rpc/client/local"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/server/api"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	servercmtlog "github.com/cosmos/cosmos-sdk/server/log"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/dbc-network/dbc/app"
)

var (
	// errConsensusFailed ends a daemon whose consensus stopped, as on a full
	// disk: the rest would keep answering queries at a height that never
	// changes.
	errConsensusFailed = errors.New("consensus failed, see the log above; usually the disk is full")
	errNotInProcess    = errors.New("dbcd runs CometBFT only in its own process")
)

// closeGrace is how long the parts of a daemon have to end after consensus
// failed.
const closeGrace = 10 * time.Second

// start is the SDK's start with one difference: when consensus ends by itself,
// so does the daemon, with an error, so that its supervisor restarts it.
// CometBFT catches the panic, logs it, and leaves everything else running.
func start(svrCtx *server.Context, clientCtx client.Context, create servertypes.AppCreator, inProcess bool, opts server.StartCmdOptions) error {
	if !inProcess || svrCtx.Viper.GetBool("grpc-only") {
		return errNotInProcess
	}
	if err := app.CollectLess(); err != nil {
		return err
	}
	cfg, err := serverconfig.GetConfig(svrCtx.Viper)
	if err != nil {
		return fmt.Errorf("read app.toml: %w", err)
	}
	if err := cfg.ValidateBasic(); err != nil {
		return fmt.Errorf("check app.toml: %w", err)
	}
	db, err := opts.DBOpener(svrCtx.Config.RootDir, server.GetAppDBBackend(svrCtx.Viper))
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	d := daemon{svrCtx: svrCtx, cfg: cfg, app: create(svrCtx.Logger, db, svrCtx.Viper)}
	signals, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return d.run(signals, clientCtx)
}

// daemon is a node with its servers.
type daemon struct {
	svrCtx *server.Context
	cfg    serverconfig.Config
	app    servertypes.Application
}

func (d daemon) run(signals context.Context, clientCtx client.Context) error {
	g, ctx := errgroup.WithContext(signals)
	n, err := d.node(ctx)
	if err != nil {
		return errors.Join(err, d.app.Close())
	}
	g.Go(func() error { return d.awaitSuccessor(ctx, watch(ctx, n)) })
	g.Go(func() error { return d.observe(ctx, n.BlockStore(), prometheus.DefaultRegisterer) })
	if err := d.serve(ctx, g, clientCtx, local.New(n)); err != nil {
		g.Go(func() error { return err }) // ends ctx, and with it the rest
	}
	<-ctx.Done()
	ended := make(chan error, 1)
	go func() { ended <- errors.Join(g.Wait(), d.close(n)) }()
	if signals.Err() != nil {
		return <-ended
	}
	timer := time.NewTimer(closeGrace)
	defer timer.Stop()
	select {
	case err := <-ended:
		return err
	case <-timer.C: // parts may wait for consensus forever
		return context.Cause(ctx)
	}
}

// node starts CometBFT with the application.
func (d daemon) node(ctx context.Context) (*node.Node, error) {
	cfg := d.svrCtx.Config
	key, err := p2p.LoadOrGenNodeKey(cfg.NodeKeyFile())
	if err != nil {
		return nil, fmt.Errorf("load node key: %w", err)
	}
	n, err := node.NewNodeWithContext(ctx, cfg, ownSigner(cfg), key,
		proxy.NewLocalClientCreator(server.NewCometABCIWrapper(d.app)), genesisOf(cfg), cmtcfg.DefaultDBProvider,
		node.DefaultMetricsProvider(cfg.Instrumentation), servercmtlog.CometLoggerWrapper{Logger: d.svrCtx.Logger})
	if err != nil {
		return nil, fmt.Errorf("make node: %w", err)
	}
	if err := n.Start(); err != nil {
		return nil, fmt.Errorf("start node: %w", err)
	}
	return n, nil
}

// ownSigner returns the signer with the key in this home, which is made if there is
// none. With a remote signer there is neither: a second key, which signs nothing,
// would be taken for the validator's.
func ownSigner(cfg *cmtcfg.Config) cmttypes.PrivValidator {
	if cfg.PrivValidatorListenAddr != "" {
		return nil
	}
	return privval.LoadOrGenFilePV(cfg.PrivValidatorKeyFile(), cfg.PrivValidatorStateFile())
}

func genesisOf(cfg *cmtcfg.Config) node.GenesisDocProvider {
	return func() (*cmttypes.GenesisDoc, error) {
		genesis, err := genutiltypes.AppGenesisFromFile(cfg.GenesisFile())
		if err != nil {
			return nil, err
		}
		return genesis.ToGenesisDoc()
	}
}

// watch returns when consensus ended by itself. CometBFT exposes its consensus
// only to its RPC, and there only as the interface that answers queries.
func watch(ctx context.Context, n *node.Node) error {
	rpc, err := n.ConfigureRPC()
	if err != nil {
		return fmt.Errorf("find consensus: %w", err)
	}
	consensus, ok := rpc.ConsensusState.(interface{ Wait() })
	if !ok {
		return fmt.Errorf("find consensus: %T can't be waited for", rpc.ConsensusState)
	}
	ended := make(chan struct{})
	go func() {
		consensus.Wait() // also returns when the node is stopped
		close(ended)
	}()
	select {
	case <-ended:
		if ctx.Err() == nil {
			return errConsensusFailed
		}
	case <-ctx.Done():
	}
	return nil
}

// serve starts gRPC, and REST with the daemon's health.
func (d daemon) serve(ctx context.Context, g *errgroup.Group, clientCtx client.Context, comet *local.Local) error {
	clientCtx = clientCtx.WithClient(comet)
	if d.cfg.API.Enable || d.cfg.GRPC.Enable {
		d.app.RegisterTxService(clientCtx)
		d.app.RegisterTendermintService(clientCtx)
		d.app.RegisterNodeService(clientCtx, d.cfg)
	}
	grpcServer, clientCtx, err := server.StartGrpcServer(ctx, g, d.cfg.GRPC, clientCtx, d.svrCtx, d.app)
	if err != nil {
		return fmt.Errorf("start gRPC: %w", err)
	}
	if !d.cfg.API.Enable {
		return nil
	}
	rest := api.New(clientCtx.WithHomeDir(d.svrCtx.Config.RootDir), d.svrCtx.Logger.With("module", "api-server"), grpcServer)
	d.app.RegisterAPIRoutes(rest, d.cfg.API)
	rest.Router.Handle(healthPath, health(comet, time.Now)).Methods(http.MethodGet, http.MethodHead)
	g.Go(func() error { return rest.Start(ctx, d.cfg) })
	return nil
}

func (d daemon) close(n *node.Node) error {
	var stopped error
	if n.IsRunning() {
		stopped = n.Stop()
		n.Wait()
	}
	return errors.Join(stopped, d.app.Close())
}
