package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"

	"github.com/dbc-network/dbc/x/detail"
)

// snapshot is everything that a refused message must not change.
type snapshot struct {
	market    map[string]json.RawMessage
	balances  map[string]uint64
	sequences map[string]uint64
}

func (c *chain) snapshot() snapshot {
	c.t.Helper()
	exported, err := c.app.Export(false, []string{"machine", "rental"})
	require.NoError(c.t, err)
	s := snapshot{marketOf(c.t, exported.AppState), make(map[string]uint64), make(map[string]uint64)}
	c.app.Bank.IterateAllBalances(c.ctx(), func(address sdk.AccAddress, coin sdk.Coin) bool {
		s.balances[address.String()] = coin.Amount.Uint64()
		return false
	})
	// Gas moves from one of these accounts to the other.
	for _, pool := range []string{authtypes.FeeCollectorName, distrtypes.ModuleName} {
		delete(s.balances, authtypes.NewModuleAddress(pool).String())
	}
	c.app.Accounts.IterateAccounts(c.ctx(), func(account sdk.AccountI) bool {
		s.sequences[account.GetAddress().String()] = account.GetSequence()
		return false
	})
	return s
}

// changesNothing sends a message that must be refused with all of the given
// words, and compares everything: only the signer's gas and sequence may
// differ.
func (c *chain) changesNothing(from string, msg sdk.Msg, words ...string) {
	c.t.Helper()
	want := c.snapshot()
	result := c.send(from, msg)
	c.requireRefused(result, words...)
	want.balances[c.address(from)] -= gasFee
	want.sequences[c.address(from)]++
	require.Equal(c.t, want, c.snapshot())
	require.Empty(c.t, typed(result.Events), "a refused message has no events of ours")
	c.check()
}

func (c *chain) requireRefused(result *abci.ExecTxResult, words ...string) {
	c.t.Helper()
	require.NotZero(c.t, result.Code, "accepted")
	require.NotEqual(c.t, "undefined", result.Codespace)
	for _, word := range words {
		require.Contains(c.t, result.Log, word)
	}
	said, _ := detail.Read(result.Log)
	sentinel := said[strings.LastIndex(said, ": ")+2:]
	require.Equal(c.t, 1, strings.Count(said, sentinel), "says it twice: %s", said)
	c.t.Log(result.Log)
}

// typed returns the events of our modules.
func typed(events []abci.Event) []string {
	var names []string
	for _, event := range events {
		if len(event.Type) > 4 && event.Type[:4] == "dbc." {
			names = append(names, event.Type)
		}
	}
	return names
}

// welcome creates a new account with some money.
func (c *chain) welcome(name string, amount uint64) {
	c.t.Helper()
	c.people[name] = newKey(name)
	c.ok("alice", &banktypes.MsgSend{FromAddress: c.address("alice"), ToAddress: c.address(name), Amount: udbc(amount)})
}

func TestRefusalsChangeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, group := range []struct {
		name  string
		cases []refusal
	}{
		{"rent", w.rents()},
		{"trial", w.trials()},
		{"relet", w.relets()},
		{"break and claim", w.breaks()},
		{"bond", w.bonds()},
		{"listing", w.listings()},
		{"presence", w.presences()},
		{"stake", w.stakes()},
		{"parameters", w.parameters()},
	} {
		for _, r := range group.cases {
			// One after the other on the same chain, because none of them
			// changes it.
			t.Run(group.name+"/"+r.name, func(t *testing.T) {
				w.t = t
				w.changesNothing(r.from, r.msg, r.words...)
			})
		}
	}
}
