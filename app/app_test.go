package app_test

import (
	"encoding/json"
	"testing"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"

	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/dbc-network/dbc/app"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

func sendTo(from, module string) *banktypes.MsgSend {
	return &banktypes.MsgSend{FromAddress: from, ToAddress: authtypes.NewModuleAddress(module).String(), Amount: udbc(1)}
}

// marketOf returns the machines and rentals of an export.
func marketOf(t testing.TB, state []byte) map[string]json.RawMessage {
	t.Helper()
	var all map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(state, &all))
	market := make(map[string]json.RawMessage)
	for _, name := range []string{machine.ModuleName, rental.ModuleName} {
		var fields map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(all[name], &fields))
		for field, value := range fields {
			if field != "halt" { // the import's first block has its own time
				market[name+"."+field] = value
			}
		}
	}
	return market
}

func TestDefaultGenesis(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	genesis := a.DefaultGenesis()
	require.NoError(t, a.Basics.ValidateGenesis(a.Codec, a.TxConfig, genesis))
	var bank banktypes.GenesisState
	a.Codec.MustUnmarshalJSON(genesis[banktypes.ModuleName], &bank)
	require.Len(t, bank.DenomMetadata, 1)
	require.NoError(t, bank.DenomMetadata[0].Validate())
	require.Equal(t, "DBC", bank.DenomMetadata[0].Display)
	var staking stakingtypes.GenesisState
	a.Codec.MustUnmarshalJSON(genesis[stakingtypes.ModuleName], &staking)
	require.Equal(t, machine.Denom, staking.Params.BondDenom)
}

func TestCloseTwice(t *testing.T) {
	t.Parallel()
	db, err := dbm.NewGoLevelDB("application", t.TempDir(), nil)
	require.NoError(t, err)
	a, err := app.New(log.NewNopLogger(), db, true, simtestutil.EmptyAppOptions{})
	require.NoError(t, err)
	require.NoError(t, a.Close())
	require.NoError(t, a.Close(), "the server does so on its way down")
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	require.Equal(t, "dbc1", sdk.AccAddress(make([]byte, 20)).String()[:4])
	require.Equal(t, "dbcvaloper1", sdk.ValAddress(make([]byte, 20)).String()[:11])
	require.EqualValues(t, 118, sdk.GetConfig().GetCoinType())
}

func TestZeroHeightIsRefused(t *testing.T) {
	t.Parallel()
	_, err := newApp(t).Export(true, nil)
	require.ErrorIs(t, err, app.ErrZeroHeight)
}

// TestMessagesCanBeSignedByLedgers checks the amino names, which hardware
// wallets see.
func TestMessagesCanBeSignedByLedgers(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	for _, msg := range []sdk.Msg{
		&machine.MsgBondMachines{}, &machine.MsgUpdateFacts{}, &machine.MsgSetPrice{}, &machine.MsgSetSlots{}, &machine.MsgSetOnline{}, &machine.MsgSetOffline{},
		&machine.MsgDrain{}, &machine.MsgChallenge{}, &machine.MsgAnswerChallenge{}, &machine.MsgAddStake{}, &machine.MsgRetire{},
		&machine.MsgWithdrawStake{}, &machine.MsgReleaseGPU{}, &machine.MsgUpdateParams{},
		&rental.MsgRentMachine{}, &rental.MsgConfirmRent{}, &rental.MsgCancelRent{}, &rental.MsgLeaveRental{}, &rental.MsgReletMachine{}, &rental.MsgBreakRental{},
		&rental.MsgClaimRent{}, &rental.MsgUpdateParams{},
	} {
		bz, err := a.Amino.MarshalJSON(msg)
		require.NoError(t, err)
		var named struct{ Type string }
		require.NoError(t, json.Unmarshal(bz, &named))
		require.NotEmpty(t, named.Type)
		require.LessOrEqual(t, len(named.Type), 39)
	}
}
