package ceremony_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"

	"github.com/dbc-network/dbc/networks"
	"github.com/dbc-network/dbc/networks/ceremony"
)

// variants returns the document with each of its values in turn left out or replaced.
func variants(t *testing.T, text []byte) (all [][]byte) {
	t.Helper()
	hostile := []any{nil, "", "-1", "1e99", "AAAA", float64(7), []any{}, map[string]any{}, []any{nil}, "\u001b[2J"}
	var doc any
	require.NoError(t, json.Unmarshal(text, &doc))
	keep := func() {
		changed, err := json.Marshal(doc)
		require.NoError(t, err)
		all = append(all, changed)
	}
	var walk func(at any)
	walk = func(at any) {
		switch at := at.(type) {
		case map[string]any:
			for key, value := range at {
				walk(value)
				delete(at, key)
				keep()
				for _, other := range hostile {
					at[key] = other
					keep()
				}
				at[key] = value
			}
		case []any:
			for _, value := range at {
				walk(value)
			}
		}
	}
	walk(doc)
	return all
}

// TestAnyPartMayBeMissing: files in which a value is missing or of another form are
// refused by their names, and none ends the program.
func TestAnyPartMayBeMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	terms := filepath.Join(w.dir, networks.TermsFile)
	text, err := os.ReadFile(terms)
	require.NoError(t, err)
	const most = 100
	text = bytes.Replace(text, []byte("max_validators = 50"), []byte(fmt.Sprint("max_validators = ", most)), 1)
	require.NoError(t, os.WriteFile(terms, text, 0o644))
	all := variants(t, w.sign(w.part("anna")))
	require.Greater(t, len(all), 2*most)
	for i, variant := range all {
		w.put(fmt.Sprintf("%02d.json", i%most), variant)
		if (i+1)%most > 0 && i+1 < len(all) {
			continue
		}
		_, err := w.make()
		require.ErrorIs(t, err, ceremony.ErrGentx)
		require.NotContains(t, err.Error(), "\u001b")
	}
}

// TestOneFounderStopsNobodyUnnamed: what the chain refuses at its start is refused with
// the name of the file.
func TestOneFounderStopsNobodyUnnamed(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(p *part){
		"short key": func(p *part) {
			p.message().Pubkey = mustPack(t, &ed25519.PubKey{Key: []byte{1, 2, 3}})
		},
		"commission above one":   func(p *part) { p.message().Commission.MaxRate = math.LegacyNewDec(2) },
		"commission above most":  func(p *part) { p.message().Commission.Rate = math.LegacyMustNewDecFromStr("0.3") },
		"change above most":      func(p *part) { p.message().Commission.MaxChangeRate = math.LegacyMustNewDecFromStr("0.5") },
		"more than it delegates": func(p *part) { p.message().MinSelfDelegation = math.NewInt(300_000_000_000) },
		"nothing of its own":     func(p *part) { p.message().MinSelfDelegation = math.ZeroInt() },
		// Only the chain's start refuses this one.
		"a memo that is long": func(p *part) { p.memo = p.memo[:41] + strings.Repeat("a", 250) + ":1" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for _, name := range []string{"ben", "carla", "dan"} {
				w.put(name+".json", w.sign(w.part(name)))
			}
			p := w.part("anna")
			edit(p)
			w.put("anna.json", w.sign(p))
			_, err := w.make()
			require.ErrorIs(t, err, ceremony.ErrGentx)
			require.ErrorContains(t, err, "gentx/anna.json")
		})
	}
}

// TestAFileMayHaveAnyName: its name reaches a terminal too.
func TestAFileMayHaveAnyName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("\u001b[2J.json", []byte("{"))
	_, err := w.make()
	require.ErrorIs(t, err, networks.ErrFile)
	require.NotContains(t, err.Error(), "\u001b")
}

func mustPack(t *testing.T, key *ed25519.PubKey) *codectypes.Any {
	t.Helper()
	packed, err := codectypes.NewAnyWithValue(key)
	require.NoError(t, err)
	return packed
}
