package app_test

import (
	"context"
	"encoding/json"
	"slices"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"

	"github.com/dbc-network/dbc/app"
)

// governance submits proposals with our modules' messages and votes for them.
// The SDK's own simulation of x/gov votes at random, so that hardly any
// proposal passes.
type governance struct{ app *app.App }

// GenerateGenesisState keeps the default; inHurry changes it.
func (governance) GenerateGenesisState(*module.SimulationState) {}

// RegisterStoreDecoder does nothing.
func (governance) RegisterStoreDecoder(simtypes.StoreDecoderRegistry) {}

// WeightedOperations is the SDK's older form of WeightedOperationsX.
func (governance) WeightedOperations(module.SimulationState) []simtypes.WeightedOperation { return nil }

// mostProposals is the maximum number of open proposals.
const mostProposals = 10

// WeightedOperationsX submits proposals and votes.
func (g governance) WeightedOperationsX(weights simsx.WeightSource, registry simsx.Registry,
	proposals simsx.WeightedProposalMsgIter, _ []simtypes.WeightedProposalContent, //nolint:staticcheck // the SDK's interface
) {
	for weight, payload := range proposals {
		registry.Add(weight, g.propose(payload))
	}
	registry.Add(weights.Get("vote", 100), g.vote())
}

// undecided returns the number of proposals in their voting period, and the
// first of them without a vote.
func (g governance) undecided(ctx context.Context) (open int, first uint64) {
	err := g.app.Gov.Proposals.Walk(ctx, nil, func(id uint64, p govv1.Proposal) (bool, error) {
		if p.Status != govv1.StatusVotingPeriod {
			return false, nil
		}
		open++
		votes, err := g.app.Gov.Votes.Iterate(ctx, collections.NewPrefixedPairRange[uint64, sdk.AccAddress](id))
		if err != nil {
			return true, err
		}
		if !votes.Valid() && first == 0 {
			first = id
		}
		return false, votes.Close()
	})
	if err != nil {
		panic(err)
	}
	return open, first
}

func (g governance) propose(payload simsx.FactoryMethod) simsx.SimMsgFactoryX {
	return simsx.SimMsgFactoryFn[*govv1.MsgSubmitProposal](
		func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *govv1.MsgSubmitProposal) {
			if open, _ := g.undecided(ctx); open >= mostProposals {
				reporter.Skip("enough is proposed")
				return nil, nil
			}
			_, msg := payload(ctx, data, reporter)
			if reporter.IsSkipped() {
				return nil, nil
			}
			proposer := data.AccountAt(reporter, data.Rand().Intn(data.AccountsCount()))
			proposer.LiquidBalance().Coins = nil // pays the deposit, and nothing for gas
			proposal, err := govv1.NewMsgSubmitProposal([]sdk.Msg{msg}, udbc(10), proposer.AddressBech32, "", "t", "s", false)
			if err != nil {
				reporter.Skip(err.Error())
			}
			return []simsx.SimAccount{proposer}, proposal
		})
}

// vote votes yes, or no once in eight times, as one of the validators.
func (g governance) vote() simsx.SimMsgFactoryX {
	return simsx.SimMsgFactoryFn[*govv1.MsgVote](
		func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *govv1.MsgVote) {
			_, id := g.undecided(ctx)
			if id == 0 {
				reporter.Skip("all is voted on")
				return nil, nil
			}
			option := govv1.OptionYes
			if data.Rand().Intn(8) == 0 {
				option = govv1.OptionNo
			}
			voter := data.AccountAt(reporter, g.validator(ctx, data))
			voter.LiquidBalance().Coins = nil
			return []simsx.SimAccount{voter}, govv1.NewMsgVote(voter.Address, id, option, "")
		})
}

// validator returns an account that has voting power.
func (g governance) validator(ctx context.Context, data *simsx.ChainDataSource) int {
	return slices.IndexFunc(data.AllAccounts(), func(a simtypes.Account) bool {
		v, err := g.app.Staking.GetValidator(ctx, sdk.ValAddress(a.Address))
		return err == nil && v.IsBonded()
	})
}

// patient prevents validators from being jailed for not signing, which the
// simulator's validators rarely do.
func patient(cdc codec.Codec, raw json.RawMessage) json.RawMessage {
	var slashing slashingtypes.GenesisState
	cdc.MustUnmarshalJSON(raw, &slashing)
	slashing.Params.SignedBlocksWindow = 1_000_000
	return cdc.MustMarshalJSON(&slashing)
}
