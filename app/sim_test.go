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

// The defaults are for a short simulation in every test run; `make sim` runs a
// long one.
var (
	simSeeds  = flag.String("sim-seeds", "1,2", "seeds of simulations, separated by commas")
	simBlocks = flag.Int("sim-blocks", 100, "blocks of a simulation")
	simSize   = flag.Int("sim-size", 60, "operations in a block of a simulation, about")
)

// simAccounts are few, so that the same accounts meet on the same machines.
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

func simConfig(seed int64, blocks int) simtypes.Config {
	simcli.FlagSigverifyTxValue = true
	return simtypes.Config{
		Seed: seed, ChainID: simsx.SimAppChainID, GenesisTime: genesisTime.Unix(), InitialBlockHeight: 1,
		NumBlocks: blocks, BlockSize: *simSize, Lean: true, Commit: true, DBBackend: string(dbm.MemDBBackend),
	}
}

// stateOf starts a simulation with a random genesis.
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

// mostExports bounds how often a simulation is continued for a message that did
// not succeed yet.
const mostExports = 8

// TestSimulation runs random operations on machines and rentals. All invariants
// hold after each block, an export loses nothing, and a chain started from it
// continues until each message has succeeded: with some seeds the simulator's
// blocks are empty for a long time.
func TestSimulation(t *testing.T) {
	for _, seed := range seedsOf(t) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			l := life{t: t, accepted: make(map[string]int)}
			l.live(simConfig(seed, *simBlocks), stateOf)
			for n := range int64(mostExports) {
				l.live(simConfig(seed+1_000_000*(n+1), max(10, *simBlocks/4)), l.goOn)
				if len(l.missing) == 0 {
					break
				}
			}
			fmt.Printf("simulation: seed %d: %d blocks, %d exports, messages that never succeeded: %v\n", seed, l.blocks, l.exports, l.missing)
			require.Empty(t, l.missing, "never succeeded")
		})
	}
}

// life continues from export to export.
type life struct {
	t               *testing.T
	accepted        map[string]int
	missing         []string // messages that never succeeded
	blocks, exports int

	state    json.RawMessage
	accounts []simtypes.Account
	now      time.Time
}

func (l *life) live(cfg simtypes.Config, state func(*simApp) simsx.SimStateFactory) {
	l.t.Helper()
	simulate(l.t, cfg, state, func(run simsx.TestInstance[*simApp], accounts []simtypes.Account) {
		s := run.App
		fmt.Printf("simulation: seed %d, %d blocks after %d exports\n%s", cfg.Seed, s.blocks, l.exports, s.summary())
		l.missing = nil
		for _, message := range s.messages() {
			if l.accepted[message] += s.accepted[message]; l.accepted[message] == 0 {
				l.missing = append(l.missing, message)
			}
		}
		last := lastContext(l.t, s)
		require.NoError(l.t, s.sound(last, 0))
		exported, err := s.Export(false, nil)
		require.NoError(l.t, err)
		sameStores(l.t, s, exported.AppState)
		l.blocks += s.blocks
		l.exports++
		l.state, l.accounts, l.now = exported.AppState, accounts, last.BlockTime()
	})
}

// goOn starts a chain from the last export.
func (l *life) goOn(s *simApp) simsx.SimStateFactory {
	factory := stateOf(s)
	factory.AppStateFn = func(_ *rand.Rand, _ []simtypes.Account, cfg simtypes.Config) (json.RawMessage, []simtypes.Account, string, time.Time) {
		return l.state, l.accounts, cfg.ChainID, l.now
	}
	return factory
}

// TestSimulationIsDeterministic verifies that the same seed gives the same
// state, to the last byte.
func TestSimulationIsDeterministic(t *testing.T) {
	cfg := simConfig(seedsOf(t)[0], min(*simBlocks, 20))
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
		machine.StoreKey: {machine.CooldownsKey, machine.CooldownQueueKey, machine.BeginningKey}, // those that are over are not exported
		rental.StoreKey:  {{12}, {13}},                                                           // what waits for a challenge is retried
	}
	for store, prefixes := range skipped {
		a, b := simtestutil.DiffKVStores(here.KVStore(s.StoreKey(store)), there.KVStore(other.StoreKey(store)), prefixes)
		require.Empty(t, a, "store %s: %s", store, simtestutil.GetSimulationLog(store, s.manager.StoreDecoders, a, b))
		require.Empty(t, b)
	}
	require.NoError(t, other.sound(there, 0))
}

// lastContext returns the committed state at the time of the last block.
func lastContext(t *testing.T, s *simApp) sdk.Context {
	t.Helper()
	header := cmtproto.Header{ChainID: simsx.SimAppChainID, Height: s.LastBlockHeight()}
	halt, err := s.Machine.Halt.Get(s.NewContextLegacy(true, header))
	require.NoError(t, err)
	header.Time = *halt.LastBlockTime
	return s.NewContextLegacy(true, header)
}
