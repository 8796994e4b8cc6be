// Package app wires the chain together: the Cosmos SDK's standard modules,
// x/machine and x/rental.
package app

import (
	"fmt"
	"sync"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/spf13/cast"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/server"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
	"github.com/cosmos/cosmos-sdk/version"
	"github.com/cosmos/gogoproto/proto"

	"github.com/dbc-network/dbc/app/lane"
)

// Name is the name of the application and of the daemon.
const Name = "dbcd"

// App is the chain's application.
type App struct {
	*baseapp.BaseApp
	Encoding
	Keepers

	// Modules runs the modules' hooks in order.
	Modules *module.Manager
	// Basics are the modules without state: codecs, genesis defaults, REST routes.
	Basics module.BasicManager

	pool         *lane.Pool
	keys         map[string]*storetypes.KVStoreKey
	configurator module.Configurator
	// closing allows Close to be called again, as the server does at shutdown.
	closing func() error
}

var _ servertypes.Application = (*App)(nil)

// New builds the application and, if load is true, loads its latest version.
func New(logger log.Logger, db dbm.DB, load bool, options servertypes.AppOptions, baseOptions ...func(*baseapp.BaseApp)) (*App, error) {
	encoding, err := NewEncoding()
	if err != nil {
		return nil, err
	}
	base := baseapp.NewBaseApp(Name, logger, db, encoding.TxConfig.TxDecoder(), baseOptions...)
	base.SetVersion(version.Version)
	base.SetInterfaceRegistry(encoding.Registry)
	base.SetTxEncoder(encoding.TxConfig.TxEncoder())

	app := &App{BaseApp: base, Encoding: encoding, keys: storetypes.NewKVStoreKeys(storeNames()...)}
	app.closing = sync.OnceValue(base.Close)
	app.Keepers, err = newKeepers(keeperConfig{
		Encoding: encoding, base: base, keys: app.keys, logger: logger,
		home:        cast.ToString(options.Get(flags.FlagHome)),
		skipHeights: skippedUpgrades(options),
	})
	if err != nil {
		return nil, fmt.Errorf("build keepers: %w", err)
	}
	app.Modules = newModules(app)
	app.Basics = newBasics(app.Modules)
	if err := app.register(cast.ToString(options.Get(flags.FlagHome))); err != nil {
		return nil, err
	}
	app.handle()
	if load {
		if err := app.LoadLatestVersion(); err != nil {
			return nil, fmt.Errorf("load newest version: %w", err)
		}
	}
	return app, nil
}

// register registers messages, queries and stores.
func (app *App) register(home string) error {
	app.Basics.RegisterLegacyAminoCodec(app.Amino)
	app.Basics.RegisterInterfaces(app.Registry)
	app.configurator = module.NewConfigurator(app.Codec, app.MsgServiceRouter(), app.GRPCQueryRouter())
	if err := app.Modules.RegisterServices(app.configurator); err != nil {
		return fmt.Errorf("register services: %w", err)
	}
	if err := app.registerReflection(); err != nil {
		return fmt.Errorf("register reflection: %w", err)
	}
	if err := app.registerUpgrades(home); err != nil {
		return err
	}
	app.MountKVStores(app.keys)
	files, err := proto.MergedRegistry()
	if err != nil {
		return fmt.Errorf("merge protobuf files: %w", err)
	}
	return msgservice.ValidateProtoAnnotations(files)
}

// handle sets the handlers that run for each block and transaction.
func (app *App) handle() {
	app.pool = lane.NewPool(lane.Config{Judge: app.due, Ordinary: ordinaryLane, Urgent: urgentLane})
	app.SetMempool(app.pool)
	app.SetPrepareProposal(app.pool.Prepare(app))
	app.SetProcessProposal(baseapp.NewDefaultProposalHandler(app.pool, app).ProcessProposalHandler())
	app.SetAnteHandler(detailed(app, newAnteHandler(app)))
	app.SetInitChainer(app.initChain)
	app.SetPreBlocker(func(ctx sdk.Context, _ *abci.RequestFinalizeBlock) (*sdk.ResponsePreBlock, error) {
		return app.Modules.PreBlock(ctx)
	})
	app.SetBeginBlocker(app.Modules.BeginBlock)
	app.SetEndBlocker(app.Modules.EndBlock)
	app.SetPrecommiter(func(ctx sdk.Context) {
		// Precommit cannot return an error, and no module of ours has one.
		if err := app.Modules.Precommit(ctx); err != nil {
			panic(err)
		}
	})
	app.SetPrepareCheckStater(func(ctx sdk.Context) {
		if err := app.Modules.PrepareCheckState(ctx); err != nil {
			panic(err)
		}
	})
}

func (app *App) initChain(ctx sdk.Context, req *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	genesis, err := parseGenesis(req.AppStateBytes)
	if err != nil {
		return nil, err
	}
	if err := app.Upgrade.SetModuleVersionMap(ctx, app.Modules.GetVersionMap()); err != nil {
		return nil, fmt.Errorf("set module versions: %w", err)
	}
	return app.Modules.InitGenesis(ctx, app.Codec, genesis)
}

// Close closes the databases, once.
func (app *App) Close() error { return app.closing() }

// LoadHeight loads the state at a height, for an export.
func (app *App) LoadHeight(height int64) error { return app.LoadVersion(height) }

// ClientContext returns a context with the chain's codecs, for commands and
// tests.
func (app *App) ClientContext() client.Context {
	return client.Context{}.WithCodec(app.Codec).WithInterfaceRegistry(app.Registry).
		WithLegacyAmino(app.Amino).WithTxConfig(app.TxConfig)
}

func skippedUpgrades(options servertypes.AppOptions) map[int64]bool {
	heights := make(map[int64]bool)
	for _, height := range cast.ToIntSlice(options.Get(server.FlagUnsafeSkipUpgrades)) {
		heights[int64(height)] = true
	}
	return heights
}
