package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"
	gogoproto "github.com/cosmos/gogoproto/proto"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/dbc-network/dbc/app"
	"github.com/dbc-network/dbc/x/guard"
	"github.com/dbc-network/dbc/x/machine"
	machinesim "github.com/dbc-network/dbc/x/machine/simulation"
	"github.com/dbc-network/dbc/x/rental"
)

// simApp is the application as the SDK's simulator runs it. It checks all
// invariants in each end block and counts the outcomes of our messages.
type simApp struct {
	*app.App
	manager           *module.SimulationManager
	accepted, refused map[string]int
	blocks            int
}

func newSimApp(logger log.Logger, db dbm.DB, _ bool, options servertypes.AppOptions, base ...func(*baseapp.BaseApp)) *simApp {
	a, err := app.New(logger, db, false, options, base...)
	if err != nil {
		panic(err) // the simulator's factory cannot return an error
	}
	s := &simApp{App: a, accepted: make(map[string]int), refused: make(map[string]int)}
	modules := a.Modules.Modules
	s.manager = module.NewSimulationManager(
		rich{},
		quiet{modules[authtypes.ModuleName].(module.AppModuleSimulation)},
		quiet{modules[banktypes.ModuleName].(module.AppModuleSimulation)},
		quiet{modules[stakingtypes.ModuleName].(module.AppModuleSimulation)},
		governance{a},
		modules[guard.ModuleName].(module.AppModuleSimulation),
		modules[machine.ModuleName].(module.AppModuleSimulation),
		modules[rental.ModuleName].(module.AppModuleSimulation),
	)
	s.manager.RegisterStoreDecoders()
	a.SetBeginBlocker(s.BeginBlocker)
	a.SetEndBlocker(s.EndBlocker)
	a.SetPostHandler(s.count)
	if err := a.LoadLatestVersion(); err != nil {
		panic(err)
	}
	return s
}

// rich gives every account what a machine or a rental costs, mostly.
type rich struct{ module.AppModuleSimulation }

// GenerateGenesisState generates none; the modules after it give each account
// its stake.
func (rich) GenerateGenesisState(state *module.SimulationState) {
	state.InitialStake = state.InitialStake.AddRaw(state.Rand.Int63n(100_000_000_000))
}

// RegisterStoreDecoder does nothing.
func (rich) RegisterStoreDecoder(simtypes.StoreDecoderRegistry) {}

// WeightedOperations returns none.
func (rich) WeightedOperations(module.SimulationState) []simtypes.WeightedOperation { return nil }

// quiet generates a genesis for others and sends nothing.
type quiet struct{ module.AppModuleSimulation }

// WeightedOperations returns none.
func (quiet) WeightedOperations(module.SimulationState) []simtypes.WeightedOperation { return nil }

// BeginBlocker hides evidence against validators: a chain without validators
// would end a long simulation early.
func (s *simApp) BeginBlocker(ctx sdk.Context) (sdk.BeginBlock, error) {
	info := ctx.CometInfo()
	return s.Modules.BeginBlock(ctx.WithCometInfo(baseapp.NewBlockInfo(nil, info.GetValidatorsHash(), info.GetProposerAddress(), abci.CommitInfo{})))
}

// EndBlocker fails if an invariant is broken.
func (s *simApp) EndBlocker(ctx sdk.Context) (sdk.EndBlock, error) {
	before, err := s.Rental.Params.Get(ctx)
	if err != nil {
		return sdk.EndBlock{}, err
	}
	end, err := s.Modules.EndBlock(ctx)
	if err != nil {
		return end, err
	}
	s.blocks++
	for _, event := range end.Events {
		switch event.Type {
		case govtypes.EventTypeActiveProposal:
			if err := s.countProposal(ctx, event); err != nil {
				return end, err
			}
		case gogoproto.MessageName(&rental.EventDueFailed{}):
			return end, fmt.Errorf("a due rental failed: %v", event)
		}
	}
	return end, s.sound(ctx, before.MaxDuePerBlock)
}

// sound checks all invariants. A block settles what is due up to a limit, and
// carries the rest over.
func (s *simApp) sound(ctx sdk.Context, limit uint32) error {
	if err := s.Machine.CheckInvariants(ctx); err != nil {
		return err
	}
	if err := s.Rental.CheckInvariants(ctx); err != nil {
		return err
	}
	carryOver := time.Duration(0)
	if limit < machinesim.Nodes*machinesim.MaxSlots { // at most this many can be due at once
		carryOver = 7 * 24 * time.Hour
	}
	return s.Rental.CheckOverdue(ctx, carryOver)
}

func (s *simApp) count(ctx sdk.Context, tx sdk.Tx, _, success bool) (sdk.Context, error) {
	for _, msg := range tx.GetMsgs() {
		if success {
			s.accepted[sdk.MsgTypeURL(msg)]++
		} else {
			s.refused[sdk.MsgTypeURL(msg)]++
		}
	}
	return ctx, nil
}

const byGovernance = " by governance"

func (s *simApp) countProposal(ctx sdk.Context, event abci.Event) error {
	var id uint64
	counts := s.refused
	for _, a := range event.Attributes {
		switch {
		case a.Key == govtypes.AttributeKeyProposalID:
			if _, err := fmt.Sscan(a.Value, &id); err != nil {
				return fmt.Errorf("read id of proposal %q: %w", a.Value, err)
			}
		case a.Key == govtypes.AttributeKeyProposalResult && a.Value == govtypes.AttributeValueProposalPassed:
			counts = s.accepted
		}
	}
	proposal, err := s.Gov.Proposals.Get(ctx, id)
	if err != nil {
		return err
	}
	for _, msg := range proposal.Messages {
		counts[msg.TypeUrl+byGovernance]++
	}
	return nil
}

// messages returns all messages of the chain's own modules.
func (s *simApp) messages() []string {
	all := []string{"/dbc.rental.v1.MsgBreakRental" + byGovernance}
	for _, url := range s.Registry.ListImplementations(sdk.MsgInterfaceProtoName) {
		if strings.HasPrefix(url, "/dbc.") && (strings.HasSuffix(url, "UpdateParams") || strings.HasSuffix(url, "ReleaseGPU")) {
			all = append(all, url+byGovernance)
		} else if strings.HasPrefix(url, "/dbc.") {
			all = append(all, url)
		}
	}
	slices.Sort(all)
	return all
}

// summary returns a line for each message: how often it was accepted and
// refused.
func (s *simApp) summary() string {
	var b strings.Builder
	names := s.messages()
	for name := range maps.Keys(s.accepted) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%6d accepted %5d refused  %s\n", s.accepted[name], s.refused[name], name)
	}
	return b.String()
}

// LegacyAmino returns the codec of old clients.
func (s *simApp) LegacyAmino() *codec.LegacyAmino { return s.Amino }

// InitChainer is never called by the simulator.
func (s *simApp) InitChainer(sdk.Context, *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	return nil, fmt.Errorf("not of the simulator's business")
}

// ExportAppStateAndValidators calls App.Export.
func (s *simApp) ExportAppStateAndValidators(forZeroHeight bool, _, modules []string) (servertypes.ExportedApp, error) {
	return s.Export(forZeroHeight, modules)
}

// SimulationManager returns the modules that take part.
func (s *simApp) SimulationManager() *module.SimulationManager { return s.manager }

// GetBaseApp returns what the simulator drives.
func (s *simApp) GetBaseApp() *baseapp.BaseApp { return s.BaseApp }

// TxConfig returns the encoding of transactions.
func (s *simApp) TxConfig() client.TxConfig { return s.Encoding.TxConfig }

// inHurry lets proposals pass within a few blocks and with few votes, and keeps
// validators that sign nothing.
func inHurry(cdc codec.Codec) func(map[string]json.RawMessage) {
	return func(state map[string]json.RawMessage) {
		var gov govv1.GenesisState
		cdc.MustUnmarshalJSON(state[govtypes.ModuleName], &gov)
		voting, expedited := 4*time.Hour, time.Hour
		gov.Params.VotingPeriod, gov.Params.ExpeditedVotingPeriod = &voting, &expedited
		gov.Params.MinDeposit, gov.Params.ExpeditedMinDeposit = udbc(10), udbc(20)
		gov.Params.Quorum = "0.001"
		state[govtypes.ModuleName] = cdc.MustMarshalJSON(&gov)
		state["slashing"] = patient(cdc, state["slashing"])
	}
}
