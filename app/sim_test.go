package app_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"strconv"
	"strings"
	"testing"
	"time"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"
	simcli "github.com/cosmos/cosmos-sdk/x/simulation/client/cli"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// The defaults are a short simulation for every test run; `make sim` is a long one.
var (
	simSeeds  = flag.String("sim-seeds", "1,2", "seeds of simulations, separated by commas")
	simBlocks = flag.Int("sim-blocks", 100, "blocks of a simulation")
	simSize   = flag.Int("sim-size", 60, "operations in a block of a simulation, about")
)

// simAccounts are few, so that the same people meet on the same machines.
const simAccounts = 30

func seedsOf(t *testing.T) []int64 {
	t.Helper()
	var seeds []int64
	for _, s := range strings.Split(*simSeeds, ",") {
		seed, err := strconv.ParseInt(s, 10, 64)
		require.NoError(t, err, "-sim-seeds %q", *simSeeds)
		seeds = append(seeds, seed)
	}
	return seeds
}

func simConfig(blocks int) simtypes.Config {
	simcli.FlagSigverifyTxValue = true
	return simtypes.Config{
		ChainID: simsx.SimAppChainID, GenesisTime: genesisTime.Unix(), InitialBlockHeight: 1,
		NumBlocks: blocks, BlockSize: *simSize, Lean: true, Commit: true, DBBackend: string(dbm.MemDBBackend),
	}
}

// stateOf begins a simulation with a random genesis.
func stateOf(s *simApp) simsx.SimStateFactory {
	return simsx.SimStateFactory{
		Codec: s.Codec, BlockedAddr: map[string]bool{}, AccountSource: s.Accounts, BalanceSource: s.Bank,
		AppStateFn: simtestutil.AppStateFnWithExtendedCb(s.Codec, s.manager, s.DefaultGenesis(), inHurry(s.Codec)),
	}
}

func simulate(t testing.TB, cfg simtypes.Config, state func(*simApp) simsx.SimStateFactory, after func(simsx.TestInstance[*simApp], []simtypes.Account)) {
	t.Helper()
	people := func(r *rand.Rand, _ int) []simtypes.Account { return simtypes.RandomAccounts(r, simAccounts) }
	simsx.RunWithSeedAndRandAcc(t, cfg, newSimApp, state, cfg.Seed, nil, people,
		func(_ testing.TB, run simsx.TestInstance[*simApp], accounts []simtypes.Account) { after(run, accounts) })
}

// TestSimulation leads random lives of machines and rentals. All invariants
// hold after each block, each message succeeds, an export loses nothing, and a
// chain that begins with it lives on.
func TestSimulation(t *testing.T) {
	for _, seed := range seedsOf(t) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			cfg := simConfig(*simBlocks)
			cfg.Seed = seed
			simulate(t, cfg, stateOf, func(run simsx.TestInstance[*simApp], accounts []simtypes.Account) {
				s := run.App
				fmt.Printf("simulation: seed %d, %d blocks\n%s", seed, s.blocks, s.summary())
				for _, message := range s.messages() {
					require.Positive(t, s.accepted[message], "%s never succeeded: more -sim-blocks?", message)
				}
				require.NoError(t, s.sound(lastContext(t, s), 0))
				exported, err := s.Export(false, nil)
				require.NoError(t, err)
				sameStores(t, s, exported.AppState)
				liveOn(t, cfg, s, exported.AppState, accounts)
			})
		})
	}
}

// TestSimulationIsDeterministic: the same seed gives the same state, to the last byte.
func TestSimulationIsDeterministic(t *testing.T) {
	cfg := simConfig(min(*simBlocks, 20))
	cfg.Seed = seedsOf(t)[0]
	var first string
	for range 2 {
		simulate(t, cfg, stateOf, func(run simsx.TestInstance[*simApp], _ []simtypes.Account) {
			hash := fmt.Sprintf("%X", run.App.LastCommitID().Hash)
			fmt.Printf("simulation: seed %d, %d blocks, app hash %s\n", cfg.Seed, run.App.blocks, hash)
			if first == "" {
				first = hash
			}
			require.Equal(t, first, hash)
		})
	}
}

// sameStores imports an export and compares the modules' stores, key by key,
// indexes and queues included.
func sameStores(t *testing.T, s *simApp, state []byte) {
	t.Helper()
	other := newSimApp(log.NewNopLogger(), dbm.NewMemDB(), true, simtestutil.EmptyAppOptions{}, baseapp.SetChainID(simsx.SimAppChainID))
	here := lastContext(t, s)
	there := other.NewContextLegacy(true, here.BlockHeader())
	var genesis map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(state, &genesis))
	_, err := other.Modules.InitGenesis(there, other.Codec, genesis)
	require.NoError(t, err)
	skipped := map[string][][]byte{
		machine.StoreKey: {machine.CooldownsKey}, // those that are over are not exported
		rental.StoreKey:  {{12}, {13}},           // what waits for a challenge is tried anew
	}
	for store, prefixes := range skipped {
		a, b := simtestutil.DiffKVStores(here.KVStore(s.StoreKey(store)), there.KVStore(other.StoreKey(store)), prefixes)
		require.Empty(t, a, "store %s: %s", store, simtestutil.GetSimulationLog(store, s.manager.StoreDecoders, a, b))
		require.Empty(t, b)
	}
	require.NoError(t, other.sound(there, 0))
}

// lastContext reads what was committed, at the time of the last block.
func lastContext(t *testing.T, s *simApp) sdk.Context {
	t.Helper()
	header := cmtproto.Header{ChainID: simsx.SimAppChainID, Height: s.LastBlockHeight()}
	halt, err := s.Machine.Halt.Get(s.NewContextLegacy(true, header))
	require.NoError(t, err)
	header.Time = *halt.LastBlockTime
	return s.NewContextLegacy(true, header)
}

// liveOn simulates a chain whose genesis is an export.
func liveOn(t *testing.T, cfg simtypes.Config, s *simApp, state []byte, accounts []simtypes.Account) {
	t.Helper()
	now := lastContext(t, s).BlockTime()
	cfg.NumBlocks = max(10, cfg.NumBlocks/4)
	from := func(next *simApp) simsx.SimStateFactory {
		factory := stateOf(next)
		factory.AppStateFn = func(*rand.Rand, []simtypes.Account, simtypes.Config) (json.RawMessage, []simtypes.Account, string, time.Time) {
			return state, accounts, cfg.ChainID, now
		}
		return factory
	}
	simulate(t, cfg, from, func(run simsx.TestInstance[*simApp], _ []simtypes.Account) {
		fmt.Printf("simulation: seed %d, %d blocks after an export\n%s", cfg.Seed, run.App.blocks, run.App.summary())
	})
}
