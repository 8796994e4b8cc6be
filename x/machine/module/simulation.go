package module

import (
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	"github.com/cosmos/cosmos-sdk/types/module"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/machine/simulation"
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
	registry[machine.StoreKey] = simtypes.NewStoreDecoderFuncFromCollectionsSchema(am.keeper.Schema)
}

// WeightedOperations is the SDK's older form of WeightedOperationsX.
func (AppModule) WeightedOperations(module.SimulationState) []simtypes.WeightedOperation { return nil }

// ProposalMsgsX are the messages of governance.
func (am AppModule) ProposalMsgsX(weights simsx.WeightSource, registry simsx.Registry) {
	registry.Add(weights.Get("machine_update_params", 50), simulation.UpdateParams())
	registry.Add(weights.Get("machine_release_gpu", 50), simulation.ReleaseGPU(am.keeper))
}

// WeightedOperationsX are the messages of everybody else. Machines return more
// often than they leave, so that there is something to rent.
func (am AppModule) WeightedOperationsX(weights simsx.WeightSource, registry simsx.Registry) {
	registry.Add(weights.Get("bond_machines", 60), simulation.BondMachines(am.keeper))
	registry.Add(weights.Get("update_facts", 20), simulation.UpdateFacts(am.keeper))
	registry.Add(weights.Get("set_price", 30), simulation.SetPrice(am.keeper))
	registry.Add(weights.Get("set_slots", 20), simulation.SetSlots(am.keeper))
	registry.Add(weights.Get("set_online", 120), simulation.SetOnline(am.keeper))
	registry.Add(weights.Get("set_offline", 20), simulation.SetOffline(am.keeper))
	registry.Add(weights.Get("drain", 10), simulation.Drain(am.keeper))
	registry.Add(weights.Get("challenge", 40), simulation.Challenge(am.keeper))
	registry.Add(weights.Get("answer_challenge", 40), simulation.AnswerChallenge(am.keeper))
	registry.Add(weights.Get("add_stake", 40), simulation.AddStake(am.keeper))
	registry.Add(weights.Get("retire", 20), simulation.Retire(am.keeper))
	registry.Add(weights.Get("withdraw_stake", 40), simulation.WithdrawStake(am.keeper))
}
