package module

import (
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	"github.com/cosmos/cosmos-sdk/types/module"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/dbc-network/dbc/x/rental"
	"github.com/dbc-network/dbc/x/rental/simulation"
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
	registry[rental.StoreKey] = simtypes.NewStoreDecoderFuncFromCollectionsSchema(am.keeper.Schema)
}

// WeightedOperations is the SDK's older form of WeightedOperationsX.
func (AppModule) WeightedOperations(module.SimulationState) []simtypes.WeightedOperation { return nil }

// ProposalMsgsX are the messages of governance.
func (am AppModule) ProposalMsgsX(weights simsx.WeightSource, registry simsx.Registry) {
	registry.Add(weights.Get("rental_update_params", 50), simulation.UpdateParams())
	registry.Add(weights.Get("break_by_governance", 100), simulation.BreakByGovernance(am.keeper))
}

// WeightedOperationsX are the messages of everybody else.
func (am AppModule) WeightedOperationsX(weights simsx.WeightSource, registry simsx.Registry) {
	registry.Add(weights.Get("rent_machine", 150), simulation.RentMachine(am.keeper))
	registry.Add(weights.Get("confirm_rent", 120), simulation.ConfirmRent(am.keeper))
	registry.Add(weights.Get("cancel_rent", 20), simulation.CancelRent(am.keeper))
	registry.Add(weights.Get("relet_machine", 50), simulation.ReletMachine(am.keeper))
	registry.Add(weights.Get("leave_rental", 40), simulation.LeaveRental(am.keeper))
	registry.Add(weights.Get("break_rental", 20), simulation.BreakRental(am.keeper))
	registry.Add(weights.Get("claim_rent", 50), simulation.ClaimRent(am.keeper))
}
