package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/spf13/viper"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"
	dbm "github.com/cosmos/cosmos-db"

	cmtcfg "github.com/cometbft/cometbft/config"
	cmttypes "github.com/cometbft/cometbft/types"

	"cosmossdk.io/log/v2"
	svrcmd "github.com/cosmos/cosmos-sdk/server/cmd"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/dbc-network/dbc/app"
	"github.com/dbc-network/dbc/x/guard"
)

// network is what dbcd init wrote.
type network struct {
	params *cmttypes.ConsensusParams
	state  map[string]json.RawMessage
	comet  cmtcfg.Config
	app    serverconfig.Config
}

func initialize(t *testing.T) network {
	t.Helper()
	home := t.TempDir()
	root, err := newRootCommand()
	require.NoError(t, err)
	root.SetArgs([]string{"init", "val", "--chain-id", "dbc-9", "--home", home})
	require.NoError(t, svrcmd.Execute(root, envPrefix, home))

	genesis, err := genutiltypes.AppGenesisFromFile(filepath.Join(home, "config", "genesis.json"))
	require.NoError(t, err)
	n := network{params: genesis.Consensus.Params}
	require.NoError(t, json.Unmarshal(genesis.AppState, &n.state))
	read := func(name string) *viper.Viper {
		v := viper.New()
		v.SetConfigFile(filepath.Join(home, "config", name))
		require.NoError(t, v.ReadInConfig())
		return v
	}
	require.NoError(t, read("config.toml").Unmarshal(&n.comet))
	n.app, err = serverconfig.GetConfig(read("app.toml"))
	require.NoError(t, err)
	require.NoError(t, n.comet.ValidateBasic())
	return n
}

// TestNetworkIsSafeAsInitialized compares what dbcd init writes with what a
// public network needs.
func TestNetworkIsSafeAsInitialized(t *testing.T) {
	n := initialize(t)
	blueprint, err := app.New(log.NewNopLogger(), dbm.NewMemDB(), false, simtestutil.EmptyAppOptions{})
	require.NoError(t, err)
	cdc := blueprint.Codec

	// Blocks, and transactions in them.
	require.EqualValues(t, 4_000_000, n.params.Block.MaxBytes)
	require.EqualValues(t, 100_000_000, n.params.Block.MaxGas)
	var auth authtypes.GenesisState
	cdc.MustUnmarshalJSON(n.state["auth"], &auth)
	require.GreaterOrEqual(t, int64(auth.Params.TxSizeCostPerByte)*n.params.Block.MaxBytes, n.params.Block.MaxGas,
		"a block full of bytes costs as much as one full of gas")
	require.EqualValues(t, 10_000, auth.Params.SigVerifyCostSecp256k1)
	require.EqualValues(t, 256<<10, n.comet.Mempool.MaxTxBytes)

	// The largest transaction is accepted by RPC and by REST.
	body := int64(len(fmt.Sprintf(`{"jsonrpc":"2.0","id":-1,"method":"broadcast_tx_sync","params":{"tx":%q}}`,
		base64.StdEncoding.EncodeToString(make([]byte, n.comet.Mempool.MaxTxBytes)))))
	require.GreaterOrEqual(t, n.comet.RPC.MaxBodyBytes, body)
	require.GreaterOrEqual(t, int64(n.app.API.RPCMaxBodyBytes), body)
	require.LessOrEqual(t, n.comet.RPC.MaxBodyBytes, 2*body, "and strangers send no more than that")

	// The mempool has the capacity of both lanes, and little more.
	require.Equal(t, app.MempoolTxs, n.comet.Mempool.Size)
	require.Equal(t, app.MempoolBytes, n.comet.Mempool.MaxTxsBytes)
	require.LessOrEqual(t, n.comet.Mempool.MaxTxsBytes, 4*n.params.Block.MaxBytes)
	require.EqualValues(t, -1, n.app.Mempool.MaxTxs, "the application brings its own mempool")

	// The minimum gas price is set by consensus; the node requires the same.
	var floor guard.GenesisState
	cdc.MustUnmarshalJSON(n.state["guard"], &floor)
	require.EqualValues(t, 10_000, floor.Params.MinGasPrice)
	require.Equal(t, "0.01udbc", n.app.MinGasPrices)

	// A stake can be slashed for what its validator signed until the stake is
	// withdrawn.
	var staking stakingtypes.GenesisState
	cdc.MustUnmarshalJSON(n.state["staking"], &staking)
	require.Equal(t, 21*24*time.Hour, staking.Params.UnbondingTime)
	require.Equal(t, staking.Params.UnbondingTime, n.params.Evidence.MaxAgeDuration)
	require.GreaterOrEqual(t, time.Duration(n.params.Evidence.MaxAgeNumBlocks)*time.Second, staking.Params.UnbondingTime)
	require.True(t, staking.Params.MinCommissionRate.Equal(math.LegacyMustNewDecFromStr("0.05")))

	var slashing slashingtypes.GenesisState
	cdc.MustUnmarshalJSON(n.state["slashing"], &slashing)
	require.GreaterOrEqual(t, time.Duration(slashing.Params.SignedBlocksWindow)*time.Second, 2*time.Hour)

	var gov govv1.GenesisState
	cdc.MustUnmarshalJSON(n.state["gov"], &gov)
	require.Equal(t, "10000000000udbc", gov.Params.MinDeposit[0].String())
	require.Equal(t, "50000000000udbc", gov.Params.ExpeditedMinDeposit[0].String())
	require.Equal(t, math.LegacyMustNewDecFromStr("0.25"), math.LegacyMustNewDecFromStr(gov.Params.MinInitialDepositRatio))
	require.True(t, gov.Params.BurnVoteVeto)

	require.EqualValues(t, 1_000, n.app.StateSync.SnapshotInterval)
	require.EqualValues(t, 2, n.app.StateSync.SnapshotKeepRecent)
}
