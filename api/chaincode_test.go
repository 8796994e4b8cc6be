package api

import (
	"maps"
	"slices"
	"testing"
)

// TestChainMeanings verifies that no error has two rows, that parameters are sorted, and
// that none is retried at a time that nobody says.
func TestChainMeanings(t *testing.T) {
	t.Parallel()
	type key struct {
		codespace string
		number    uint32
	}
	seen := map[key]bool{}
	for _, m := range ChainMeanings() {
		k := key{m.Codespace, m.Number}
		if seen[k] || m.Retry != RetryNever && m.Retry != RetryLater || m.Fault == faultOwn || !slices.IsSorted(m.Params) {
			t.Errorf("%+v", m)
		}
		seen[k] = true
		if got, ok := MeaningOfChain(m.Codespace, m.Number); !ok || got.Retry != m.Retry {
			t.Errorf("%v means %+v", k, got)
		}
	}
	if m, ok := MeaningOfChain("rental", 99); ok || m.Retry != RetryNever || m.Fault != FaultChain {
		t.Errorf("an unknown error means %+v", m)
	}
}

func TestTold(t *testing.T) {
	t.Parallel()
	cooldown, _ := MeaningOfChain("rental", 10)
	for name, c := range map[string]struct {
		values map[string]string
		retry  Retry
		at     string
		params map[string]string
	}{
		"nothing":      {nil, RetryLater, "", nil},
		"a time":       {map[string]string{"retry_at": "2026-11-30T09:00:00Z"}, RetryAt, "2026-11-30T09:00:00Z", map[string]string{"retry_at": "2026-11-30T09:00:00Z"}},
		"no parameter": {map[string]string{"needed": "1", "machine_id": "m"}, RetryLater, "", map[string]string{"machine_id": "m"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if retry, at, params := cooldown.Told(c.values); retry != c.retry || at != c.at || !maps.Equal(params, c.params) {
				t.Errorf("%s %s %v", retry, at, params)
			}
		})
	}
}
