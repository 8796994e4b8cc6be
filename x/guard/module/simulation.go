package module

import (
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	"github.com/cosmos/cosmos-sdk/types/module"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/dbc-network/dbc/x/guard"
	"github.com/dbc-network/dbc/x/guard/simulation"
)

var (
	_ module.AppModuleSimulation   = AppModule{}
	_ simsx.HasWeightedOperationsX = AppModule{}
	_ simsx.HasProposalMsgsX       = AppModule{}
)

// GenerateGenesisState makes a random genesis.
func (AppModule) GenerateGenesisState(state *module.SimulationState) { simulation.RandomGenesis(state) }

// RegisterStoreDecoder lets the simulator print what differs between two stores.
func (am AppModule) RegisterStoreDecoder(registry simtypes.StoreDecoderRegistry) {
	registry[guard.StoreKey] = simtypes.NewStoreDecoderFuncFromCollectionsSchema(am.keeper.Schema)
}

// WeightedOperations is the SDK's older form of WeightedOperationsX.
func (AppModule) WeightedOperations(module.SimulationState) []simtypes.WeightedOperation { return nil }

// ProposalMsgsX are the messages of governance.
func (am AppModule) ProposalMsgsX(weights simsx.WeightSource, registry simsx.Registry) {
	registry.Add(weights.Get("guard_update_params", 50), simulation.UpdateParams(am.keeper))
}

// WeightedOperationsX are the guardian's messages.
func (am AppModule) WeightedOperationsX(weights simsx.WeightSource, registry simsx.Registry) {
	registry.Add(weights.Get("pause_rentals", 10), simulation.PauseRentals(am.keeper))
	registry.Add(weights.Get("resume_rentals", 10), simulation.ResumeRentals(am.keeper))
}
