// Package ceremony makes a network's genesis from the transactions of its founding
// validators. The same transactions and terms give the same bytes wherever it runs,
// so that every founder can make the genesis and compare its hash.
package ceremony

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/dbc-network/dbc/app"
	"github.com/dbc-network/dbc/networks"
)

var (
	// ErrFew means that too few founding validators take part yet.
	ErrFew = errors.New("too few founding validators")
	// ErrTwice means that two transactions have something in common that only one
	// validator may have.
	ErrTwice = errors.New("two founding validators have the same")
)

// Result is a genesis and who is in it.
type Result struct {
	Genesis []byte
	// Sum is the genesis' sha256 in hexadecimal.
	Sum string
	// Monikers and Peers are the founding validators', in the genesis' order. Peers
	// are written id@host:port.
	Monikers, Peers []string
}

// Make makes the genesis of a network. It starts the chain in memory from it, so that
// what it returns can be started.
func Make(n *networks.Network) (Result, error) {
	a, err := app.New(log.NewNopLogger(), dbm.NewMemDB(), true, simtestutil.EmptyAppOptions{}, baseapp.SetChainID(n.ChainID))
	if err != nil {
		return Result{}, fmt.Errorf("build application: %w", err)
	}
	defer func() { _ = a.Close() }()
	founders, err := collect(a, n)
	if err != nil {
		return Result{}, err
	}
	genesis, err := build(a, n, founders)
	if err != nil {
		return Result{}, err
	}
	if err := begin(a, genesis, founders); err != nil {
		return Result{}, err
	}
	text, err := json.MarshalIndent(genesis, "", "  ")
	if err != nil {
		return Result{}, fmt.Errorf("write genesis: %w", err)
	}
	r := Result{Genesis: append(text, '\n')}
	r.Sum = networks.Sum(r.Genesis)
	for _, f := range founders {
		r.Monikers, r.Peers = append(r.Monikers, f.moniker), append(r.Peers, f.peer)
	}
	return r, nil
}

// collect returns the founders in the order of their addresses, whatever their files
// are called.
func collect(a *app.App, n *networks.Network) ([]founder, error) {
	files, err := n.Gentxs()
	if err != nil {
		return nil, err
	}
	var staking stakingtypes.GenesisState
	if err := a.Codec.UnmarshalJSON(a.DefaultGenesis()[stakingtypes.ModuleName], &staking); err != nil {
		return nil, fmt.Errorf("read staking defaults: %w", err)
	}
	all := make([]founder, 0, len(files))
	var failed []error
	for _, file := range files {
		f, err := check(a, n, file, staking.Params.MinCommissionRate)
		if err != nil {
			failed = append(failed, err) // all of them, so that one run tells everybody
			continue
		}
		all = append(all, f)
	}
	if err := errors.Join(append(failed, distinct(all))...); err != nil {
		return nil, err
	}
	if len(all) < n.Ceremony.MinValidators {
		return nil, fmt.Errorf("%w: %s has %d; %d or more are wanted", ErrFew, networks.GentxFolder, len(all), n.Ceremony.MinValidators)
	}
	slices.SortFunc(all, func(x, y founder) int { return bytes.Compare(x.operator, y.operator) })
	return all, nil
}

// distinct compares what only one validator may have. Monikers that differ in case
// only would be mistaken for each other.
func distinct(all []founder) error {
	var failed []error
	for what, of := range map[string]func(founder) string{
		"account":       func(f founder) string { return f.operator.String() },
		"consensus key": func(f founder) string { return f.consensus },
		"node key":      func(f founder) string { return f.node },
		"moniker":       func(f founder) string { return strings.ToLower(strings.TrimSpace(f.moniker)) },
	} {
		first := make(map[string]string, len(all))
		for _, f := range all {
			if before, ok := first[of(f)]; ok {
				failed = append(failed, fmt.Errorf("%w %s: %s and %s; one of them has to go", ErrTwice, what, before, f.file))
				continue
			}
			first[of(f)] = f.file
		}
	}
	slices.SortFunc(failed, func(x, y error) int { return cmp.Compare(x.Error(), y.Error()) })
	return errors.Join(failed...)
}

// build makes the genesis with the parameters that dbcd init writes.
func build(a *app.App, n *networks.Network, founders []founder) (*genutiltypes.AppGenesis, error) {
	state := a.DefaultGenesis()
	if err := endow(a, state, n, founders); err != nil {
		return nil, err
	}
	texts := make([]json.RawMessage, 0, len(founders))
	for _, f := range founders {
		texts = append(texts, f.text)
	}
	state = genutiltypes.SetGenesisStateInAppState(a.Codec, state, genutiltypes.NewGenesisState(texts))
	if err := a.Basics.ValidateGenesis(a.Codec, a.TxConfig, state); err != nil {
		return nil, fmt.Errorf("check genesis: %w", err)
	}
	text, err := json.Marshal(state) // sorts the modules
	if err != nil {
		return nil, fmt.Errorf("write application's state: %w", err)
	}
	genesis := &genutiltypes.AppGenesis{
		// Not this program's own version: founders may have built theirs otherwise.
		AppName: app.Name, AppVersion: n.Versions[0].Version,
		GenesisTime: n.Ceremony.Time, ChainID: n.ChainID, InitialHeight: 1, AppState: text,
		Consensus: &genutiltypes.ConsensusGenesis{Params: app.ConsensusParams()},
	}
	if err := genesis.ValidateAndComplete(); err != nil {
		return nil, fmt.Errorf("complete genesis: %w", err)
	}
	return genesis, app.CheckGenesisTime(a.Codec, text, n.Ceremony.Time)
}
