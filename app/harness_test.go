package app_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	cosmosed25519 "github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"

	"github.com/dbc-network/dbc/app"
	"github.com/dbc-network/dbc/x/machine"
)

const (
	chainID = "dbc-devnet-9"
	dbc     = uint64(1_000_000)
	wealth  = 1_000_000 * dbc
	gasFee  = uint64(10_000)
	stakeOf = 4_000 * dbc // a machine of three slots
)

var genesisTime = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// chain drives the whole application block by block, without CometBFT.
type chain struct {
	t      testing.TB
	app    *app.App
	height int64
	now    time.Time
	people map[string]*secp256k1.PrivKey
	spent  map[string]uint64 // on gas
}

func newApp(t testing.TB) *app.App {
	t.Helper()
	a, err := app.New(log.NewNopLogger(), dbm.NewMemDB(), true, simtestutil.EmptyAppOptions{}, baseapp.SetChainID(chainID))
	require.NoError(t, err)
	return a
}

func newChain(t testing.TB) *chain {
	t.Helper()
	return newChainWith(t, func(map[string]json.RawMessage, *chain) {})
}

// newChainWith starts from a genesis that edit has changed.
func newChainWith(t testing.TB, edit func(map[string]json.RawMessage, *chain)) *chain {
	t.Helper()
	c := &chain{t: t, app: newApp(t), now: genesisTime, people: make(map[string]*secp256k1.PrivKey), spent: make(map[string]uint64)}
	for _, name := range []string{"owner", "operator", "alice", "bob"} {
		c.people[name] = secp256k1.GenPrivKeyFromSecret([]byte(name))
	}
	var state map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(c.genesis(), &state))
	edit(state, c)
	bz, err := json.Marshal(state)
	require.NoError(t, err)
	c.init(bz, 1)
	return c
}

// genesis has one validator, some wealthy accounts, and no inflation, so that
// the supply is constant.
func (c *chain) genesis() []byte {
	key, err := cryptocodec.ToCmtPubKeyInterface(cosmosed25519.GenPrivKeyFromSecret([]byte("validator")).PubKey())
	require.NoError(c.t, err)
	var accounts []authtypes.GenesisAccount
	var balances []banktypes.Balance
	for _, name := range []string{"owner", "operator", "alice", "bob"} {
		address := sdk.AccAddress(c.people[name].PubKey().Address())
		accounts = append(accounts, authtypes.NewBaseAccountWithAddress(address))
		balances = append(balances, banktypes.Balance{Address: address.String(), Coins: udbc(wealth)})
	}
	state := c.app.DefaultGenesis()
	validators := cmttypes.NewValidatorSet([]*cmttypes.Validator{cmttypes.NewValidator(key, 1)})
	state, err = simtestutil.GenesisStateWithValSet(c.app.Codec, state, validators, accounts, balances...)
	require.NoError(c.t, err)
	var mint minttypes.GenesisState
	c.app.Codec.MustUnmarshalJSON(state[minttypes.ModuleName], &mint)
	mint.Minter.Inflation = math.LegacyZeroDec()
	mint.Params.InflationMin, mint.Params.InflationMax, mint.Params.InflationRateChange = math.LegacyZeroDec(), math.LegacyZeroDec(), math.LegacyZeroDec()
	state[minttypes.ModuleName] = c.app.Codec.MustMarshalJSON(&mint)
	bz, err := json.Marshal(state)
	require.NoError(c.t, err)
	return bz
}

func (c *chain) init(state []byte, height int64) {
	_, err := c.app.InitChain(&abci.RequestInitChain{
		ChainId: chainID, Time: c.now, InitialHeight: height, AppStateBytes: state,
		ConsensusParams: simtestutil.DefaultConsensusParams,
	})
	require.NoError(c.t, err)
	c.height = height - 1
	c.block(0)
}

// block produces one block the given time after the last.
func (c *chain) block(after time.Duration, txs ...[]byte) []*abci.ExecTxResult {
	c.height++
	c.now = c.now.Add(after)
	reply, err := c.app.FinalizeBlock(&abci.RequestFinalizeBlock{Height: c.height, Time: c.now, Txs: txs})
	require.NoError(c.t, err)
	_, err = c.app.Commit()
	require.NoError(c.t, err)
	return reply.TxResults
}

// pass lets time pass in blocks without a halt.
func (c *chain) pass(total time.Duration) {
	for ; total > time.Minute; total -= time.Minute {
		c.block(time.Minute)
	}
	c.block(total)
}

// ctx returns a context with the state after the last block.
func (c *chain) ctx() sdk.Context {
	return c.app.NewContextLegacy(true, cmtproto.Header{ChainID: chainID, Height: c.height, Time: c.now})
}

// send signs a message and puts it into a block one second later.
func (c *chain) send(from string, msg sdk.Msg) *abci.ExecTxResult {
	address := sdk.AccAddress(c.people[from].PubKey().Address())
	account := c.app.Accounts.GetAccount(c.ctx(), address)
	tx, err := simtestutil.GenSignedMockTx(rand.New(rand.NewSource(c.height)), c.app.TxConfig, []sdk.Msg{msg}, udbc(gasFee), 1_000_000,
		chainID, []uint64{account.GetAccountNumber()}, []uint64{account.GetSequence()}, c.people[from])
	require.NoError(c.t, err)
	bz, err := c.app.TxConfig.TxEncoder()(tx)
	require.NoError(c.t, err)
	c.spent[from] += gasFee
	return c.block(time.Second, bz)[0]
}

func (c *chain) ok(from string, msg sdk.Msg) {
	c.t.Helper()
	result := c.send(from, msg)
	require.Zero(c.t, result.Code, result.Log)
	c.check()
}

func (c *chain) refused(from string, msg sdk.Msg, want string) {
	c.t.Helper()
	result := c.send(from, msg)
	require.NotZero(c.t, result.Code)
	require.Contains(c.t, result.Log, want)
	c.check()
}

// check verifies the invariants of both modules on the committed state, and
// that the supply equals that of genesis.
func (c *chain) check() {
	c.t.Helper()
	require.NoError(c.t, c.app.Machine.CheckInvariants(c.ctx()))
	require.NoError(c.t, c.app.Rental.CheckInvariants(c.ctx()))
	supply := c.app.Bank.GetSupply(c.ctx(), machine.Denom).Amount
	require.True(c.t, supply.Equal(math.NewIntFromUint64(4*wealth).Add(sdk.DefaultPowerReduction)), "supply is %s", supply)
}

func (c *chain) address(name string) string {
	if key := c.people[name]; key != nil {
		return sdk.AccAddress(key.PubKey().Address()).String()
	}
	return sdk.AccAddress(fmt.Appendf(nil, "%-20s", name)).String()
}

// holds returns an account's balance with the spent gas added back.
func (c *chain) holds(name string) uint64 {
	address := sdk.MustAccAddressFromBech32(c.address(name))
	return c.app.Bank.GetBalance(c.ctx(), address, machine.Denom).Amount.Uint64() + c.spent[name]
}

func (c *chain) moduleHolds(name string) uint64 {
	return c.app.Bank.GetBalance(c.ctx(), authtypes.NewModuleAddress(name), machine.Denom).Amount.Uint64()
}

func udbc(amount uint64) sdk.Coins {
	return sdk.NewCoins(sdk.NewCoin(machine.Denom, math.NewIntFromUint64(amount)))
}

// node is a compute node with three GPUs.
type node struct {
	key ed25519.PrivateKey
	id  string
}

func newNode(n byte) node {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
	return node{key, hex.EncodeToString(key.Public().(ed25519.PublicKey))}
}

func (n node) bond(c *chain) *machine.MsgBondMachines {
	facts := machine.Facts{
		CpuModel: "EPYC", CpuCores: 24, MemoryMib: 1 << 16, Country: "DE", PortFirst: 5200, PortLast: 32767,
		KeepDiskPolicy: machine.KEEP_DISK_POLICY_FIRM, Delivery: machine.DELIVERY_VM,
	}
	for i := range 3 {
		facts.Slots = append(facts.Slots, machine.Slot{
			Kind: machine.SLOT_KIND_GPU, GpuType: "RTX 4090", GpuIds: []string{fmt.Sprintf("%s-%d", n.id[:8], i)}, GpuCount: 1, VramMib: 24564,
		})
	}
	expiry := c.now.Add(time.Hour).Unix()
	return &machine.MsgBondMachines{Owner: c.address("owner"), Bonds: []machine.Bond{{
		MachineId: n.id, Operator: c.address("operator"), Payout: c.address("payout"), Facts: facts, PricePerDay: 24 * dbc,
		BondSeq: 1, Expiry: expiry,
		Signature: ed25519.Sign(n.key, machine.BondText(chainID, n.id, c.address("owner"), 1, expiry, facts)),
	}}}
}

func (n node) online(c *chain) *machine.MsgSetOnline {
	expiry := c.now.Add(time.Hour).Unix()
	return &machine.MsgSetOnline{
		Operator: c.address("operator"), MachineId: n.id, Expiry: expiry,
		Signature: ed25519.Sign(n.key, machine.OnlineText(chainID, n.id, 1, expiry)),
	}
}
