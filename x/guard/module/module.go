// Package module makes x/guard a module of the chain's application.
package module

import (
	"context"
	"encoding/json"
	"fmt"

	"cosmossdk.io/core/appmodule"
	gwruntime "github.com/grpc-ecosystem/grpc-gateway/runtime"
	"google.golang.org/grpc"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/dbc-network/dbc/x/guard"
	"github.com/dbc-network/dbc/x/guard/keeper"
)

var (
	_ appmodule.AppModule   = AppModule{}
	_ module.AppModuleBasic = AppModule{}
	_ module.HasGenesis     = AppModule{}
)

// consensusVersion is raised with each change of the store that needs a migration.
const consensusVersion = 1

// AppModule is the AppModule of x/guard.
type AppModule struct{ keeper keeper.Keeper }

// New returns the module; the zero value suffices where only codecs and genesis
// defaults are needed.
func New(k keeper.Keeper) AppModule { return AppModule{keeper: k} }

// IsAppModule marks the type.
func (AppModule) IsAppModule() {}

// IsOnePerModuleType marks the type.
func (AppModule) IsOnePerModuleType() {}

// Name is the module's name.
func (AppModule) Name() string { return guard.ModuleName }

// ConsensusVersion is the version of the module's store.
func (AppModule) ConsensusVersion() uint64 { return consensusVersion }

// RegisterLegacyAminoCodec names the messages for amino-JSON signing.
func (AppModule) RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	guard.RegisterLegacyAminoCodec(cdc)
}

// RegisterInterfaces registers the messages for use in transactions.
func (AppModule) RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	guard.RegisterInterfaces(registry)
}

// RegisterGRPCGatewayRoutes serves the queries over REST.
func (AppModule) RegisterGRPCGatewayRoutes(clientCtx client.Context, mux *gwruntime.ServeMux) {
	// The generated function fails for no client and mux.
	if err := guard.RegisterQueryHandlerClient(context.Background(), mux, guard.NewQueryClient(clientCtx)); err != nil {
		panic(err)
	}
}

// RegisterServices serves messages and queries.
func (am AppModule) RegisterServices(registrar grpc.ServiceRegistrar) error {
	guard.RegisterMsgServer(registrar, keeper.NewMsgServer(am.keeper))
	guard.RegisterQueryServer(registrar, keeper.NewQueryServer(am.keeper))
	return nil
}

// DefaultGenesis has no guardian and no pause.
func (AppModule) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	return cdc.MustMarshalJSON(guard.DefaultGenesis())
}

// ValidateGenesis checks what can be checked without a store.
func (AppModule) ValidateGenesis(cdc codec.JSONCodec, _ client.TxEncodingConfig, bz json.RawMessage) error {
	var gs guard.GenesisState
	if err := cdc.UnmarshalJSON(bz, &gs); err != nil {
		return fmt.Errorf("read genesis of %s: %w", guard.ModuleName, err)
	}
	return gs.Validate()
}

// InitGenesis panics on a wrong genesis, as the SDK's interface requires: there is no
// chain yet.
func (am AppModule) InitGenesis(ctx sdk.Context, cdc codec.JSONCodec, bz json.RawMessage) {
	var gs guard.GenesisState
	cdc.MustUnmarshalJSON(bz, &gs)
	if err := am.keeper.InitGenesis(ctx, gs); err != nil {
		panic(err)
	}
}

// ExportGenesis panics on an unreadable store, as the SDK's interface requires.
func (am AppModule) ExportGenesis(ctx sdk.Context, cdc codec.JSONCodec) json.RawMessage {
	gs, err := am.keeper.ExportGenesis(ctx)
	if err != nil {
		panic(err)
	}
	return cdc.MustMarshalJSON(gs)
}
