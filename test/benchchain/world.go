package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/app"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

const (
	chainID = "dbc-testnet-1"
	dbc     = uint64(1_000_000)
	// renters is also the number of transactions in a block.
	renters = 200
)

var begin = time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)

// world is a chain in a folder of its own.
type world struct {
	dir      string
	app      *app.App
	db       dbm.DB
	height   int64
	now      time.Time
	due      int
	renters  []*secp256k1.PrivKey
	numbers  []uint64
	sequence uint64
	machines []machine.Machine
	imported time.Duration
}

func newWorld(machines, due int) (_ *world, err error) {
	w := &world{now: begin, due: due}
	if w.dir, err = os.MkdirTemp("", "benchchain"); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.db, err = dbm.NewGoLevelDB("application", w.dir, nil); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if w.app, err = app.New(log.NewNopLogger(), w.db, true, simtestutil.EmptyAppOptions{}, baseapp.SetChainID(chainID)); err != nil {
		return nil, err
	}
	for i := range renters {
		w.renters = append(w.renters, secp256k1.GenPrivKeyFromSecret(fmt.Appendf(nil, "renter %d", i)))
	}
	state, err := w.genesis(machines, due)
	if err != nil {
		return nil, fmt.Errorf("make genesis: %w", err)
	}
	started := time.Now()
	if _, err = w.app.InitChain(&abci.RequestInitChain{
		ChainId: chainID, Time: w.now, InitialHeight: 1, AppStateBytes: state,
		ConsensusParams: &cmtproto.ConsensusParams{
			Block: &cmtproto.BlockParams{MaxBytes: 22020096, MaxGas: -1}, Evidence: simtestutil.DefaultConsensusParams.Evidence,
			Validator: simtestutil.DefaultConsensusParams.Validator,
		},
	}); err != nil {
		return nil, fmt.Errorf("import genesis: %w", err)
	}
	if _, err = w.block(0, nil); err != nil {
		return nil, err
	}
	w.imported = time.Since(started)
	ctx := w.app.NewContextLegacy(true, cmtproto.Header{ChainID: chainID, Height: w.height, Time: w.now})
	for _, key := range w.renters {
		w.numbers = append(w.numbers, w.app.Accounts.GetAccount(ctx, addressOf(key)).GetAccountNumber())
	}
	return w, nil
}

func (w *world) close() error {
	var failed error
	if w.app != nil {
		failed = w.app.Close() // and the store with it
	}
	return errors.Join(failed, os.RemoveAll(w.dir))
}

func addressOf(key *secp256k1.PrivKey) sdk.AccAddress { return sdk.AccAddress(key.PubKey().Address()) }

// genesis is a state of its own making, with what the bank must hold for it.
func (w *world) genesis(machines, due int) ([]byte, error) {
	bonded, stakes, err := w.bonds(machines)
	if err != nil {
		return nil, err
	}
	rented, escrow := w.rentals(bonded.Machines, due)
	var accounts []authtypes.GenesisAccount
	var balances []banktypes.Balance
	hold := func(address sdk.AccAddress, amount uint64) {
		balances = append(balances, banktypes.Balance{
			Address: address.String(), Coins: sdk.NewCoins(sdk.NewCoin(machine.Denom, math.NewIntFromUint64(amount))),
		})
	}
	for _, key := range w.renters {
		accounts = append(accounts, authtypes.NewBaseAccountWithAddress(addressOf(key)))
		hold(addressOf(key), 1_000_000*dbc)
	}
	hold(authtypes.NewModuleAddress(machine.ModuleName), stakes)
	hold(authtypes.NewModuleAddress(rental.ModuleName), escrow)
	key, err := cryptocodec.ToCmtPubKeyInterface(ed25519.GenPrivKeyFromSecret([]byte("validator")).PubKey())
	if err != nil {
		return nil, err
	}
	validators := cmttypes.NewValidatorSet([]*cmttypes.Validator{cmttypes.NewValidator(key, 1)})
	state, err := simtestutil.GenesisStateWithValSet(w.app.Codec, w.app.DefaultGenesis(), validators, accounts, balances...)
	if err != nil {
		return nil, err
	}
	state[machine.ModuleName] = w.app.Codec.MustMarshalJSON(bonded)
	state[rental.ModuleName] = w.app.Codec.MustMarshalJSON(rented)
	return json.Marshal(state)
}

// block makes a block some time after the last, and returns how long that took.
func (w *world) block(after time.Duration, txs [][]byte) (time.Duration, error) {
	w.height++
	w.now = w.now.Add(after)
	started := time.Now()
	reply, err := w.app.FinalizeBlock(&abci.RequestFinalizeBlock{Height: w.height, Time: w.now, Txs: txs})
	if err != nil {
		return 0, fmt.Errorf("block %d: %w", w.height, err)
	}
	if _, err := w.app.Commit(); err != nil {
		return 0, fmt.Errorf("commit block %d: %w", w.height, err)
	}
	took := time.Since(started)
	for _, result := range reply.TxResults {
		if result.Code != 0 {
			return 0, fmt.Errorf("block %d: a transaction was refused: %s", w.height, result.Log)
		}
	}
	return took, nil
}

// sign makes one transaction of each renter.
func (w *world) sign(msg func(i int) sdk.Msg) ([][]byte, error) {
	var txs [][]byte
	fee := sdk.NewCoins(sdk.NewInt64Coin(machine.Denom, 5_000))
	for i, key := range w.renters {
		tx, err := simtestutil.GenSignedMockTx(rand.New(rand.NewSource(w.height)), w.app.TxConfig, []sdk.Msg{msg(i)}, fee, 500_000, //nolint:gosec // a memo
			chainID, w.numbers[i:i+1], []uint64{w.sequence}, key)
		if err != nil {
			return nil, fmt.Errorf("sign: %w", err)
		}
		bz, err := w.app.TxConfig.TxEncoder()(tx)
		if err != nil {
			return nil, fmt.Errorf("encode: %w", err)
		}
		txs = append(txs, bz)
	}
	w.sequence++
	return txs, nil
}
