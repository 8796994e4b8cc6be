package due_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cosmossdk.io/log/v2"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/dbc-network/dbc/x/internal/due"
)

func fails() error { return errFails }

func TestUpTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.add(2*time.Minute, "later")
	w.add(time.Minute, "b", "a")
	for _, test := range []struct {
		name   string
		now    time.Duration
		halted time.Duration
		limit  int
		want   []string
	}{
		{"one nanosecond early", time.Minute - 1, 0, 9, nil},
		{"at its time", time.Minute, 0, 9, []string{"a", "b"}},
		{"all", 2 * time.Minute, 0, 9, []string{"a", "b", "later"}},
		{"a halt moves them", time.Hour + time.Minute - 1, time.Hour, 9, nil},
		{"until then", time.Hour + time.Minute, time.Hour, 9, []string{"a", "b"}},
		{"the limit", time.Hour, 0, 2, []string{"a", "b"}},
		{"the least limit", time.Hour, 0, 1, []string{"a"}},
		{"no limit", time.Hour, 0, 0, nil},
	} {
		items, err := due.UpTo(w.ctx, w.times, genesis.Add(test.now), test.halted, test.limit)
		require.NoError(t, err)
		var words []string
		for _, item := range items {
			require.Equal(t, w.at[item.Key].Add(test.halted), item.At, "%s: when it is due", test.name)
			words = append(words, item.Key)
		}
		require.Equal(t, test.want, words, test.name)
	}
}

func TestOldest(t *testing.T) {
	t.Parallel()
	item := func(seconds int, key int) due.Item[int] {
		return due.Item[int]{At: genesis.Add(time.Duration(seconds) * time.Second), Key: key}
	}
	first := []due.Item[int]{item(1, 10), item(4, 11), item(5, 12)}
	second := []due.Item[int]{item(2, 20), item(4, 21), item(6, 10)}
	for limit, want := range map[int][]int{
		0: {}, 1: {10}, 2: {10, 20}, 4: {10, 20, 11, 21}, 5: {10, 20, 11, 21, 12}, 9: {10, 20, 11, 21, 12},
	} {
		require.Equal(t, want, due.Oldest(limit, first, second), "limit %d", limit)
	}
	require.Equal(t, []int{20, 10, 21}, due.Oldest(9, []due.Item[int]{item(3, 20)}, []due.Item[int]{item(3, 10), item(3, 21)}), "at one time in the order of queues")
	require.Empty(t, due.Oldest[int](9))
}

// One that fails, however it does, leaves no trace and holds up no other.
func TestOneThatFailsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]func() error{
		"error": fails,
		"panic": func() error { panic("in a hook") },
		"gas":   func() error { panic(storetypes.ErrorOutOfGas{}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, true)
			w.add(0, "a", "b", "c")
			w.broken["b"] = broken
			require.Equal(t, []string{"a", "b", "c"}, w.block(0, 9, plenty))
			require.Equal(t, []uint64{1, 0, 1}, []uint64{w.count("a"), w.count("b"), w.count("c")})
			require.Len(t, w.ctx.EventManager().Events(), 2)
			require.Empty(t, w.keys(timesPrefix), "it left the module's queue")
			require.Equal(t, []due.Failure{{Attempts: 1, Next: genesis.Add(time.Minute)}}, w.failed)

			delete(w.broken, "b")
			require.Empty(t, w.block(time.Minute-1, 9, plenty))
			require.Equal(t, []string{"b"}, w.block(time.Minute, 9, plenty))
			require.EqualValues(t, 1, w.count("b"))
			require.Empty(t, w.keys(retriesPrefix))
			require.Empty(t, w.keys(failuresPrefix))
		})
	}
}

// The next attempt is later each time. After ten a queue that parks makes none.
func TestLaterEachTime(t *testing.T) {
	t.Parallel()
	for name, parks := range map[string]bool{"parks": true, "goes on": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, parks)
			w.add(0, "a")
			w.broken["a"] = fails
			at, delay := time.Duration(0), time.Minute
			for attempt := uint32(1); attempt <= 13; attempt++ {
				require.Empty(t, w.block(at-1, 9, plenty), "attempt %d comes too early", attempt)
				tried := w.block(at, 9, plenty)
				if parks && attempt > 10 {
					require.Empty(t, tried, "it is parked")
					continue
				}
				require.Equal(t, []string{"a"}, tried, "attempt %d", attempt)
				want := due.Failure{Attempts: attempt, Next: genesis.Add(at + delay), Parked: parks && attempt == 10}
				require.Equal(t, []due.Failure{want}, w.failed)
				stored, failed, err := w.queue.Get(w.ctx, "a")
				require.NoError(t, err)
				require.True(t, failed)
				require.Equal(t, want, stored)
				at += delay
				if longest := map[bool]uint32{true: 10, false: 5}[parks]; attempt <= longest {
					delay *= 2
				}
			}
			require.Equal(t, parks, len(w.keys(retriesPrefix)) == 0)
			require.Len(t, w.keys(failuresPrefix), 1)
		})
	}
}

// A message may take up one that is parked; if that fails, too, it is counted.
func TestFailOfAParkedOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.add(0, "a")
	for range 12 {
		require.NoError(t, w.queue.Fail(w.ctx, "a", errFails, w))
		w.check()
	}
	failure, _, err := w.queue.Get(w.ctx, "a")
	require.NoError(t, err)
	require.Equal(t, due.Failure{Attempts: 12, Next: genesis.Add(1024 * time.Minute), Parked: true}, failure)
	require.Empty(t, w.keys(retriesPrefix))
}

func TestClear(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.add(0, "a", "b")
	has := func(want bool) {
		t.Helper()
		got, err := w.queue.Has(w.ctx, "a")
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	clears := func(want bool) {
		t.Helper()
		got, err := w.queue.Clear(w.ctx, "a")
		require.NoError(t, err)
		require.Equal(t, want, got)
		w.check()
	}
	has(false)
	clears(false)
	require.NoError(t, w.queue.Fail(w.ctx, "a", errFails, w))
	require.NoError(t, w.queue.Fail(w.ctx, "b", errFails, w))
	has(true)
	clears(true)
	has(false)
	clears(false)
	require.Len(t, w.keys(retriesPrefix), 1, "the other's")
	require.NoError(t, w.queue.Fail(w.ctx, "a", errFails, w))
	require.EqualValues(t, 1, w.failed[2].Attempts, "it starts over")
}

// A block starts none once that took as much gas as it may.
func TestServeIsBoundedByGas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.ctx = w.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
	w.ctx.GasMeter().ConsumeGas(5_000, "by others")
	use := func() error { w.ctx.GasMeter().ConsumeGas(1_000_000, "work"); return nil }
	for _, word := range []string{"a", "b", "c"} {
		w.add(0, word)
		w.broken[word] = use
	}
	require.Empty(t, w.block(0, 9, 0))
	require.Equal(t, []string{"a"}, w.block(0, 9, 1_000_000))
	require.Equal(t, []string{"b", "c"}, w.block(0, 9, 1_900_000))
}

// In a message a panic about gas ends the transaction, any other is a failure.
func TestAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	for _, gas := range []any{storetypes.ErrorOutOfGas{}, storetypes.ErrorGasOverflow{}, storetypes.ErrorNegativeGasConsumed{}} {
		w.broken["a"] = func() error { panic(gas) }
		require.PanicsWithValue(t, gas, func() { _ = w.queue.Attempt(w.ctx, "a", w.Settle) })
	}
	w.broken["a"] = func() error { panic(errFails) }
	require.Equal(t, due.ErrPanic, w.queue.Attempt(w.ctx, "a", w.Settle), "without its text")
	w.broken["a"] = fails
	require.ErrorIs(t, w.queue.Attempt(w.ctx, "a", w.Settle), errFails)
	require.Zero(t, w.count("a"))
	delete(w.broken, "a")
	require.NoError(t, w.queue.Attempt(w.ctx, "a", w.Settle))
	require.EqualValues(t, 1, w.count("a"))
	require.Empty(t, w.keys(failuresPrefix), "whoever attempts decides what a failure means")
}

// What the module can't do ends the block: its queues would contradict each other.
func TestErrorsOfTheModule(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.add(0, "a", "b")
	w.broken["a"], w.refuse = fails, errors.New("refused")
	require.ErrorIs(t, w.queue.Serve(w.ctx, []string{"a", "b"}, plenty, w), w.refuse)
	require.Equal(t, []string{"a"}, w.tried)
	require.Empty(t, w.keys(failuresPrefix))
}

// An error of Failed is returned, too.
func TestErrorOfTheReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.add(0, "a")
	refused := errors.New("refused")
	require.ErrorIs(t, w.queue.Fail(w.ctx, "a", errFails, reports{w, refused}), refused)
}

type reports struct {
	*world
	err error
}

// Failed fails itself.
func (r reports) Failed(context.Context, string, due.Failure, error) error { return r.err }

// A missing or extra entry is found.
func TestCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.add(0, "alpha", "beta")
	for range 2 {
		require.NoError(t, w.queue.Fail(w.ctx, "alpha", errFails, w))
	}
	for range 10 {
		require.NoError(t, w.queue.Fail(w.ctx, "beta", errFails, w))
	}
	w.check()
	whole := w.ctx
	for _, prefix := range []byte{retriesPrefix, failuresPrefix} {
		for _, key := range w.keys(prefix) {
			w.ctx, _ = whole.CacheContext()
			store := w.ctx.KVStore(w.store)
			value := store.Get(key)
			another := bytes.Clone(key)
			another[len(another)-1] ^= 0x20
			store.Set(another, value)
			require.Error(t, w.queue.Check(w.ctx, w.exists), "also %q", another)
			store.Delete(another)
			require.NoError(t, w.queue.Check(w.ctx, w.exists))
			store.Delete(key)
			err := w.queue.Check(w.ctx, w.exists)
			if parked := prefix == failuresPrefix && bytes.Contains(key, []byte("beta")); parked {
				require.NoError(t, err, "nothing is planned for it")
			} else {
				require.ErrorContains(t, err, "words", "without %q", key)
			}
			w.ctx = whole
		}
	}
	for _, gone := range []string{"alpha", "beta"} {
		require.Error(t, w.queue.Check(w.ctx, func(word string) bool { return word != gone }), "%s does not exist", gone)
	}
}

// Tidying up leaves no trace if it fails, and never ends the block.
func TestTidy(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]func() error{
		"error": fails, "panic": func() error { panic("in a store") }, "gas": func() error { panic(storetypes.ErrorOutOfGas{}) }, "well": nil,
	} {
		w := newWorld(t, true)
		w.broken["a"] = broken
		require.NotPanics(t, func() { due.Tidy(w.ctx, "settle a", func(ctx context.Context) error { return w.Settle(ctx, "a") }) }, name)
		require.Equal(t, broken == nil, w.count("a") == 1, name)
	}
}

// Tidying up tells the log what was not done, and only that.
func TestTidyTellsTheLog(t *testing.T) {
	t.Parallel()
	for _, failure := range []error{nil, errFails} {
		var said bytes.Buffer
		w := newWorld(t, true)
		due.Tidy(w.ctx.WithLogger(log.NewLogger(&said)), "forget words", func(context.Context) error { return failure })
		require.Equal(t, failure != nil, said.Len() > 0, "%s", &said)
	}
}

// A queue's collections have its name, by which the store's schema tells them apart.
func TestNamesOfCollections(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	var names []string
	for _, c := range w.schema.ListCollections() {
		names = append(names, c.GetName())
	}
	require.Subset(t, names, []string{"words_retries", "words_failures"})
}

// TestRandomFailures compares the attempts with a model that knows each word's
// history and computes from it when the next attempt is.
func TestRandomFailures(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		parks, limit := rapid.Bool().Draw(r, "parks"), rapid.IntRange(1, 4).Draw(r, "limit")
		w := newWorld(r, parks)
		type history struct {
			due      time.Duration
			failures int
			done     bool
		}
		model := make(map[string]*history)
		words := []string{"a", "b", "c", "d", "e"}
		for _, word := range words {
			at := time.Duration(rapid.IntRange(0, 60).Draw(r, "at")) * time.Minute
			model[word] = &history{due: at}
			w.add(at, word)
		}
		for now := time.Duration(0); now < 3000*time.Minute; now += time.Duration(rapid.IntRange(1, 900).Draw(r, "minutes")) * time.Minute {
			clear(w.broken)
			var want []string
			for _, word := range words {
				h := model[word]
				if rapid.IntRange(0, 5).Draw(r, "fails "+word) > 0 {
					w.broken[word] = fails
				}
				if !h.done && h.due <= now && (!parks || h.failures < 10) {
					want = append(want, word)
				}
			}
			slices.SortFunc(want, func(a, b string) int {
				if by := model[a].due - model[b].due; by != 0 {
					return int(by)
				}
				// At one time what never failed comes first, then the alphabet.
				if first := min(model[a].failures, 1) - min(model[b].failures, 1); first != 0 {
					return first
				}
				return int(a[0]) - int(b[0])
			})
			want = want[:min(limit, len(want))]
			require.Equal(r, append([]string(nil), want...), w.block(now, limit, plenty), "after %s", now)
			for _, word := range want {
				h := model[word]
				if w.broken[word] == nil {
					h.done = true
					require.EqualValues(r, 1, w.count(word))
					continue
				}
				h.failures++
				minutes := 1
				for range min(h.failures-1, map[bool]int{true: 10, false: 5}[parks]) {
					minutes += minutes
				}
				h.due = now + time.Duration(minutes)*time.Minute
			}
		}
	})
}
