package due_test

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/internal/due"
)

var (
	genesis  = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	errFails = errors.New("it fails")
)

const (
	timesPrefix byte = iota + 1
	settledPrefix
	retriesPrefix
	failuresPrefix
)

// world is a module that settles words at their times.
type world struct {
	t       require.TestingT
	ctx     sdk.Context
	store   storetypes.StoreKey
	times   due.Times[string]
	settled collections.Map[string, uint64] // how often
	queue   due.Queue[string]
	schema  collections.Schema

	broken map[string]func() error // what Settle does after it changed the store
	refuse error                   // of Leave and Failed
	at     map[string]time.Time    // where a word is in times
	tried  []string
	failed []due.Failure
}

var _ due.Handler[string] = (*world)(nil)

func newWorld(t require.TestingT, parks bool) *world {
	keys := storetypes.NewKVStoreKeys("words")
	sb := collections.NewSchemaBuilder(runtime.NewKVStoreService(keys["words"]))
	w := &world{
		t: t, store: keys["words"],
		ctx:     testutil.DefaultContextWithKeys(keys, storetypes.NewTransientStoreKeys("transient"), nil).WithBlockTime(genesis),
		times:   collections.NewKeySet(sb, collections.NewPrefix(int(timesPrefix)), "times", collections.PairKeyCodec(due.TimeKey, collections.StringKey)),
		settled: collections.NewMap(sb, collections.NewPrefix(int(settledPrefix)), "settled", collections.StringKey, collections.Uint64Value),
		queue: due.NewQueue(sb, due.Config[string]{
			Name: "words", Retries: collections.NewPrefix(int(retriesPrefix)), Failures: collections.NewPrefix(int(failuresPrefix)),
			Key: collections.StringKey, Parks: parks,
		}),
		broken: make(map[string]func() error), at: make(map[string]time.Time),
	}
	schema, err := sb.Build()
	require.NoError(t, err)
	w.schema = schema
	return w
}

// Settle counts a word and removes it from its queue.
func (w *world) Settle(ctx context.Context, word string) error {
	w.tried = append(w.tried, word)
	n, err := w.settled.Get(ctx, word)
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return err
	}
	if err := w.settled.Set(ctx, word, n+1); err != nil {
		return err
	}
	sdk.UnwrapSDKContext(ctx).EventManager().EmitEvent(sdk.NewEvent("settled", sdk.NewAttribute("word", word)))
	if broken := w.broken[word]; broken != nil {
		if err := broken(); err != nil {
			return err
		}
	}
	if _, err := w.queue.Clear(ctx, word); err != nil {
		return err
	}
	return w.times.Remove(ctx, collections.Join(w.at[word], word))
}

// Leave removes a word from its queue.
func (w *world) Leave(ctx context.Context, word string) error {
	if w.refuse != nil {
		return w.refuse
	}
	return w.times.Remove(ctx, collections.Join(w.at[word], word))
}

// Failed records the failure.
func (w *world) Failed(_ context.Context, _ string, failure due.Failure, _ error) error {
	w.failed = append(w.failed, failure)
	return w.refuse
}

func (w *world) add(after time.Duration, words ...string) {
	for _, word := range words {
		w.at[word] = genesis.Add(after)
		require.NoError(w.t, w.times.Set(w.ctx, collections.Join(w.at[word], word)))
	}
}

// block runs an end block and returns the words that it tried.
func (w *world) block(after time.Duration, limit int, maxGas uint64) []string {
	w.ctx = w.ctx.WithBlockTime(genesis.Add(after)).WithEventManager(sdk.NewEventManager())
	w.tried, w.failed = nil, nil
	words, err := due.UpTo(w.ctx, w.times, w.ctx.BlockTime(), 0, limit)
	require.NoError(w.t, err)
	again, err := w.queue.Due(w.ctx, limit)
	require.NoError(w.t, err)
	require.NoError(w.t, w.queue.Serve(w.ctx, due.Oldest(limit, words, again), maxGas, w))
	w.check()
	return w.tried
}

func (w *world) check() { require.NoError(w.t, w.queue.Check(w.ctx, w.exists)) }

func (w *world) exists(word string) bool { _, known := w.at[word]; return known }

func (w *world) count(word string) uint64 {
	n, err := w.settled.Get(w.ctx, word)
	if !errors.Is(err, collections.ErrNotFound) {
		require.NoError(w.t, err)
	}
	return n
}

// keys returns those of a part of the store.
func (w *world) keys(prefix byte) (keys [][]byte) {
	it := w.ctx.KVStore(w.store).Iterator([]byte{prefix}, []byte{prefix + 1})
	defer func() { _ = it.Close() }()
	for ; it.Valid(); it.Next() {
		keys = append(keys, bytes.Clone(it.Key()))
	}
	return keys
}

const plenty = 1 << 60 // of gas
