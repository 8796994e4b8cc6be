package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/address"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"

	"github.com/dbc-network/dbc/app"
	"github.com/dbc-network/dbc/test/crowd"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

const (
	chainID = "dbc-testnet-1"
	dbc     = uint64(1_000_000)
	// each is the number of transactions that a renter sends at a time; by
	// default a renter may have five open trials.
	each = 3
	// rounds of sends, rents and confirms. A round is long compared with a
	// merge of the store's tables, so that each includes the merges that it
	// causes.
	rounds = 5
	// wave is the number of transactions sent to the mempool at once: the
	// ordinary lane's 3,000.
	wave = 3_000
)

var begin = time.Now().UTC().Truncate(time.Second)

// world is a chain in its own folder.
type world struct {
	dir      string
	app      *app.App
	db       dbm.DB
	height   int64
	now      time.Time
	due      []int
	renters  []*secp256k1.PrivKey
	numbers  []uint64
	sequence uint64
	machines []string
	imported time.Duration
}

func newWorld(machines int, due []int, begun func(*world, []byte) error) (_ *world, err error) {
	w := &world{now: begin, due: due}
	// Each rent of the load uses a separate machine that belongs to no stage.
	for i := range max(1, min(4_000, (machines-sum(due))/(rounds*each))) {
		w.renters = append(w.renters, secp256k1.GenPrivKeyFromSecret(fmt.Appendf(nil, "renter %d", i)))
	}
	if w.dir, err = os.MkdirTemp("", "benchchain"); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if err := w.open(); err != nil {
		return nil, err
	}
	state, err := w.genesis(machines)
	if err != nil {
		return nil, fmt.Errorf("make genesis: %w", err)
	}
	return w, begun(w, state)
}

// open opens the store at its newest state, like dbcd.
func (w *world) open() (err error) {
	if err := app.CollectLess(); err != nil {
		return err
	}
	if w.db, err = app.OpenStore(w.dir, dbm.GoLevelDBBackend); err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	w.app, err = app.New(log.NewNopLogger(), w.db, true, simtestutil.EmptyAppOptions{}, baseapp.SetChainID(chainID),
		baseapp.SetIAVLCacheSize(int(serverconfig.DefaultConfig().IAVLCacheSize)))
	return err
}

// reopen restarts the application: what import and load left in memory, and
// merges still pending in the store, must not be part of the next measurement.
func (w *world) reopen() error {
	if err := w.compact(); err != nil {
		return err
	}
	closing := w.app
	w.app = nil
	if err := closing.Close(); err != nil {
		return fmt.Errorf("close application: %w", err)
	}
	err := w.open()
	runtime.GC()
	return err
}

func (w *world) compact() error {
	if err := w.db.(*dbm.GoLevelDB).ForceCompact(nil, nil); err != nil {
		return fmt.Errorf("compact store: %w", err)
	}
	return nil
}

// alone starts the chain without a node: the caller makes the blocks.
func (w *world) alone(state []byte) error {
	if _, err := w.app.InitChain(&abci.RequestInitChain{
		ChainId: chainID, Time: w.now, InitialHeight: 1, AppStateBytes: state, ConsensusParams: consensusParams(),
	}); err != nil {
		return fmt.Errorf("import genesis: %w", err)
	}
	_, err := w.block(0, nil)
	return err
}

// among starts it with a node, lets that execute the load and stops it.
func (w *world) among(ctx context.Context, state []byte, load func(*running) error) (err error) {
	started := time.Now()
	n, err := w.run(ctx, state)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, n.stop())
		w.height, w.now = w.app.LastBlockHeight(), time.Now().UTC()
	}()
	w.imported = time.Since(started)
	// What the import left behind is not part of a node's normal operation.
	if err := w.compact(); err != nil {
		return err
	}
	runtime.GC()
	for _, key := range w.renters {
		w.numbers = append(w.numbers, w.app.Accounts.GetAccount(w.context(), addressOf(key)).GetAccountNumber())
	}
	return load(n)
}

func (w *world) close() error {
	var failed error
	if w.app != nil {
		failed = w.app.Close() // closes the store too
	}
	return errors.Join(failed, os.RemoveAll(w.dir))
}

// holder returns an account with some money. There are as many as machines.
func holder(i int) sdk.AccAddress {
	return address.Module("holder", sdk.Uint64ToBigEndian(uint64(i)))[:20]
}

// context returns one for reading the newest state.
func (w *world) context() sdk.Context {
	return w.app.NewContextLegacy(true, cmtproto.Header{ChainID: chainID, Height: w.height, Time: w.now})
}

func addressOf(key *secp256k1.PrivKey) sdk.AccAddress { return sdk.AccAddress(key.PubKey().Address()) }

// genesis generates a state, with the balances that the bank must hold for it.
func (w *world) genesis(machines int) ([]byte, error) {
	bonded, err := w.bonds(machines)
	if err != nil {
		return nil, err
	}
	rented := w.rentals(bonded.Machines)
	stakes, escrow := crowd.Sums(bonded.Machines, rented.Rentals)
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
	for i := range machines {
		accounts = append(accounts, authtypes.NewBaseAccountWithAddress(holder(i)))
		hold(holder(i), dbc)
	}
	hold(authtypes.NewModuleAddress(machine.ModuleName), stakes)
	hold(authtypes.NewModuleAddress(rental.ModuleName), escrow)
	key, err := cryptocodec.ToCmtPubKeyInterface(validatorKey.PubKey())
	if err != nil {
		return nil, err
	}
	validators := cmttypes.NewValidatorSet([]*cmttypes.Validator{cmttypes.NewValidator(key, 1)})
	state, err := simtestutil.GenesisStateWithValSet(w.app.Codec, w.app.DefaultGenesis(), validators, accounts, balances...)
	if err != nil {
		return nil, err
	}
	validator := sdk.ConsAddress(key.Address())
	signing := slashingtypes.DefaultGenesisState()
	signing.SigningInfos = []slashingtypes.SigningInfo{{
		Address: validator.String(), ValidatorSigningInfo: slashingtypes.NewValidatorSigningInfo(validator, 0, 0, time.Unix(0, 0).UTC(), false, 0),
	}}
	state[slashingtypes.ModuleName] = w.app.Codec.MustMarshalJSON(signing)
	state[machine.ModuleName] = w.app.Codec.MustMarshalJSON(bonded)
	state[rental.ModuleName] = w.app.Codec.MustMarshalJSON(rented)
	return json.Marshal(state)
}

// block makes a block some time after the last one, and returns how long that
// took.
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

// sign signs some transactions of each renter, in turn.
func (w *world) sign(msg func(i int) sdk.Msg) ([][]byte, error) {
	var txs [][]byte
	fee := sdk.NewCoins(sdk.NewInt64Coin(machine.Denom, 5_000))
	for i := range each * len(w.renters) {
		from := i % len(w.renters)
		tx, err := simtestutil.GenSignedMockTx(rand.New(rand.NewSource(int64(i))), w.app.TxConfig, []sdk.Msg{msg(i)}, fee, 500_000, //nolint:gosec // a memo
			chainID, w.numbers[from:from+1], []uint64{w.sequence + uint64(i/len(w.renters))}, w.renters[from])
		if err != nil {
			return nil, fmt.Errorf("sign: %w", err)
		}
		bz, err := w.app.TxConfig.TxEncoder()(tx)
		if err != nil {
			return nil, fmt.Errorf("encode: %w", err)
		}
		txs = append(txs, bz)
	}
	w.sequence += each
	return txs, nil
}
