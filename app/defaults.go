package app

import (
	"encoding/json"
	"time"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/bank"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	"github.com/cosmos/cosmos-sdk/x/gov"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	"github.com/cosmos/cosmos-sdk/x/slashing"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/dbc-network/dbc/x/machine"
)

const (
	dbc = 1_000_000 // udbc

	// proposalDeposit is a proposal's full deposit. A quarter of it is due with
	// the proposal.
	proposalDeposit  = 10_000 * dbc
	expeditedDeposit = 5 * proposalDeposit
	// signedWindow is about three hours of blocks at the shortest interval.
	signedWindow = 10_000
)

// newBasics returns the modules with the genesis of a public network. It sets
// what the SDK's defaults leave to the founders.
func newBasics(m *module.Manager) module.BasicManager {
	return module.NewBasicManagerFromManager(m, map[string]module.AppModuleBasic{
		genutiltypes.ModuleName:  genutil.NewAppModuleBasic(genutiltypes.DefaultMessageValidator),
		banktypes.ModuleName:     bankBasic{m.Modules[banktypes.ModuleName].(bankModule).AppModuleBasic},
		authtypes.ModuleName:     authBasic{m.Modules[authtypes.ModuleName].(auth.AppModule).AppModuleBasic},
		govtypes.ModuleName:      govBasic{m.Modules[govtypes.ModuleName].(gov.AppModule).AppModuleBasic},
		slashingtypes.ModuleName: slashingBasic{m.Modules[slashingtypes.ModuleName].(slashing.AppModule).AppModuleBasic},
		stakingtypes.ModuleName:  stakingBasic{m.Modules[stakingtypes.ModuleName].(staking.AppModule).AppModuleBasic},
	})
}

// bankBasic is x/bank with this chain's coin in its default genesis.
type bankBasic struct{ bank.AppModuleBasic }

// DefaultGenesis describes udbc, so that wallets display DBC.
func (bankBasic) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	genesis := banktypes.DefaultGenesisState()
	genesis.DenomMetadata = []banktypes.Metadata{{
		Description: "The coin of the DBC network: rent, stakes and fees are paid in it.",
		DenomUnits:  []*banktypes.DenomUnit{{Denom: machine.Denom, Exponent: 0}, {Denom: "DBC", Exponent: 6}},
		Base:        machine.Denom, Display: "DBC", Name: "DBC", Symbol: "DBC",
	}}
	return cdc.MustMarshalJSON(genesis)
}

// authBasic is x/auth with prices for bytes and signatures.
type authBasic struct{ auth.AppModuleBasic }

// DefaultGenesis sets what a transaction costs before it executes anything.
func (authBasic) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	genesis := authtypes.DefaultGenesisState()
	genesis.Params.TxSizeCostPerByte = byteGas
	genesis.Params.SigVerifyCostSecp256k1 = signatureGas
	genesis.Params.SigVerifyCostED25519 = signatureGas
	genesis.Params.SigVerifyCostMlDsa65 = signatureGas
	return cdc.MustMarshalJSON(genesis)
}

// govBasic is x/gov with deposits that deter spam.
type govBasic struct{ gov.AppModuleBasic }

// DefaultGenesis sets a deposit that is expensive to lose to a veto.
func (govBasic) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	genesis := govv1.DefaultGenesisState()
	genesis.Params.MinDeposit = sdk.NewCoins(sdk.NewInt64Coin(sdk.DefaultBondDenom, proposalDeposit))
	genesis.Params.ExpeditedMinDeposit = sdk.NewCoins(sdk.NewInt64Coin(sdk.DefaultBondDenom, expeditedDeposit))
	genesis.Params.MinInitialDepositRatio = math.LegacyNewDecWithPrec(25, 2).String()
	genesis.Params.BurnVoteVeto = true
	return cdc.MustMarshalJSON(genesis)
}

// slashingBasic is x/slashing with a window of hours.
type slashingBasic struct{ slashing.AppModuleBasic }

// DefaultGenesis gives enough time to restart or move a validator, and slashes
// little for an absence.
func (slashingBasic) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	genesis := slashingtypes.DefaultGenesisState()
	genesis.Params.SignedBlocksWindow = signedWindow
	genesis.Params.DowntimeJailDuration = time.Hour
	genesis.Params.SlashFractionDowntime = math.LegacyNewDecWithPrec(1, 4)
	return cdc.MustMarshalJSON(genesis)
}

// stakingBasic is x/staking with a minimum commission.
type stakingBasic struct{ staking.AppModuleBasic }

// DefaultGenesis prevents large validators from underbidding the others down to
// zero.
func (stakingBasic) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	genesis := stakingtypes.DefaultGenesisState()
	genesis.Params.UnbondingTime = unbonding
	genesis.Params.MinCommissionRate = math.LegacyNewDecWithPrec(5, 2)
	return cdc.MustMarshalJSON(genesis)
}
