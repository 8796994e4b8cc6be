package halt_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"

	"github.com/dbc-network/dbc/x/internal/halt"
	"github.com/dbc-network/dbc/x/machine"
)

const gap = time.Minute

var genesis = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// world is the record in a store of its own.
type world struct {
	t      require.TestingT
	ctx    sdk.Context
	record halt.Record
}

func newWorld(t require.TestingT) *world {
	keys := storetypes.NewKVStoreKeys("halts")
	sb := collections.NewSchemaBuilder(runtime.NewKVStoreService(keys["halts"]))
	w := &world{t: t, record: halt.NewRecord(sb, moduletestutil.MakeTestEncodingConfig().Codec)}
	_, err := sb.Build()
	require.NoError(t, err)
	w.ctx = testutil.DefaultContextWithKeys(keys, storetypes.NewTransientStoreKeys("transient"), nil).
		WithBlockTime(genesis).WithBlockHeight(0).WithEventManager(sdk.NewEventManager())
	return w
}

// started is a chain in its third block: every gap before the next one counts.
func started(t require.TestingT) *world {
	w := newWorld(t)
	require.NoError(t, w.record.Halt.Set(w.ctx, machine.Halt{}))
	require.NoError(t, w.record.Beginning.Set(w.ctx, machine.Beginning{}))
	for range 3 {
		w.block(0)
	}
	return w
}

func (w *world) block(after time.Duration) {
	w.ctx = w.ctx.WithBlockTime(w.ctx.BlockTime().Add(after)).WithBlockHeight(w.ctx.BlockHeight() + 1).WithEventManager(sdk.NewEventManager())
	require.NoError(w.t, w.record.BeginBlock(w.ctx, gap))
}

func (w *world) halted() time.Duration {
	total, err := w.record.Halted(w.ctx)
	require.NoError(w.t, err)
	return total
}

func TestOnlyALongGapIsAHalt(t *testing.T) {
	t.Parallel()
	w := started(t)
	w.block(gap)
	require.Zero(t, w.halted())
	require.Empty(t, w.ctx.EventManager().Events())
	w.block(gap + 1)
	require.Equal(t, gap+1, w.halted(), "the whole gap")
	event, err := sdk.ParseTypedEvent(w.ctx.EventManager().ABCIEvents()[0])
	require.NoError(t, err)
	require.Equal(t, &machine.EventHalt{Gap: gap + 1, Total: gap + 1}, event)
}

// The gaps around genesis are no halts, except on a chain that continues from an
// export; and no message may count time from the first block.
func TestTheFirstBlocks(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	for name, test := range map[string]struct {
		halt   machine.Halt
		begun  *machine.Beginning
		height int64
		halted []time.Duration
		starts []bool
	}{
		"new":                               {machine.Halt{}, &machine.Beginning{}, 0, []time.Duration{0, 0, hour}, []bool{false, true, true}},
		"at a height":                       {machine.Halt{}, &machine.Beginning{}, 41, []time.Duration{0, 0, hour}, []bool{false, true, true}},
		"of an export":                      {machine.Halt{LastBlockTime: &genesis}, &machine.Beginning{Resumed: true}, 7, []time.Duration{hour, 2 * hour, 3 * hour}, []bool{false, true, true}},
		"of a time before":                  {machine.Halt{LastBlockTime: &genesis}, &machine.Beginning{}, 0, []time.Duration{0, 0, hour}, []bool{false, true, true}},
		"not of an app, in its first block": {machine.Halt{}, nil, 0, []time.Duration{0, hour, 2 * hour}, []bool{true, true, true}},
		"not of an app":                     {machine.Halt{LastBlockTime: &genesis}, nil, 0, []time.Duration{hour, 2 * hour, 3 * hour}, []bool{true, true, true}},
	} {
		w := newWorld(t)
		w.ctx = w.ctx.WithBlockHeight(test.height)
		require.Zero(t, w.halted(), "%s: nothing is stored yet", name)
		require.NoError(t, w.record.Halt.Set(w.ctx, test.halt))
		if test.begun != nil {
			require.NoError(t, w.record.Beginning.Set(w.ctx, *test.begun))
		}
		for i := range test.halted {
			w.block(hour)
			require.Equal(t, test.halted[i], w.halted(), "%s, block %d", name, i)
			if err := w.record.Started(w.ctx); test.starts[i] {
				require.NoError(t, err, "%s, block %d", name, i)
			} else {
				require.ErrorIs(t, err, machine.ErrFirstBlock, "%s, block %d", name, i)
			}
		}
	}
}

// Halts that follow each other are one, so that a chain that crawls stores little.
func TestAdjacentHaltsAreOne(t *testing.T) {
	t.Parallel()
	w := started(t)
	for _, after := range []time.Duration{time.Hour, 2 * time.Hour, time.Second, 3 * time.Hour} {
		w.block(after)
	}
	var spans []machine.HaltSpan
	require.NoError(t, w.record.Halts.Walk(w.ctx, nil, func(from time.Time, span machine.HaltSpan) (bool, error) {
		require.True(t, from.Equal(span.From))
		spans = append(spans, span)
		return false, nil
	}))
	require.Equal(t, []machine.HaltSpan{
		{From: genesis, To: genesis.Add(3 * time.Hour), Total: 3 * time.Hour},
		{From: genesis.Add(3*time.Hour + time.Second), To: genesis.Add(6*time.Hour + time.Second), Total: 6 * time.Hour},
	}, spans)
}

// What is asked about the present costs the same however many halts are long over.
func TestOldHaltsAreNotRead(t *testing.T) {
	t.Parallel()
	reads := func(halts int) uint64 {
		w := started(t)
		for range halts {
			w.block(time.Hour)
			w.block(time.Second) // so that the next one is another
		}
		w.ctx = w.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter()).
			WithKVGasConfig(storetypes.GasConfig{ReadCostFlat: 1, HasCost: 1, IterNextCostFlat: 1})
		now := w.ctx.BlockTime()
		passed, err := w.record.PassedDeadline(w.ctx, now.Add(-w.halted()))
		require.NoError(t, err)
		require.Equal(t, now, passed)
		between, err := w.record.HaltedBetween(w.ctx, now.Add(-time.Minute), now)
		require.NoError(t, err)
		require.Equal(t, time.Minute-time.Second, between)
		return w.ctx.GasMeter().GasConsumed()
	}
	require.Equal(t, reads(2), reads(20))
}

func TestClock(t *testing.T) {
	t.Parallel()
	w := started(t)
	w.block(time.Hour)
	c, err := halt.Now(w.ctx, &w.record)
	require.NoError(t, err)
	require.Equal(t, halt.Clock{Now: genesis.Add(time.Hour), Halted: time.Hour, Height: 4}, c)
	deadline := c.Now.Add(10 * time.Minute)
	stored := c.Stored(deadline)
	require.Equal(t, deadline.Add(-time.Hour), stored)
	require.Equal(t, deadline, c.Effective(stored))
	for left, passed := range map[time.Duration]bool{1: false, 0: true, -1: true} {
		require.Equal(t, passed, c.Passed(c.Stored(c.Now.Add(left))), "%s left", left)
	}
	w.block(2 * time.Hour)
	c, err = halt.Now(w.ctx, &w.record)
	require.NoError(t, err)
	require.Equal(t, deadline.Add(2*time.Hour), c.Effective(stored), "a later halt moves it")
}

// span is a halt in the model.
type span struct{ from, to time.Time }

// model is the list of all halts; it sums naively.
type model []span

func (m model) between(from, to time.Time) (total time.Duration) {
	for _, s := range m {
		begins, ends := s.from, s.to
		if begins.Before(from) {
			begins = from
		}
		if ends.After(to) {
			ends = to
		}
		if ends.After(begins) {
			total += ends.Sub(begins)
		}
	}
	return total
}

// passed follows a deadline through the halts, the first one first: each moves it
// that begins before it has passed.
func (m model) passed(stored time.Time) time.Time {
	for _, s := range m {
		if !stored.After(s.from) {
			break
		}
		stored = stored.Add(s.to.Sub(s.from))
	}
	return stored
}

// TestAgainstAListOfHalts compares random chains with the model.
func TestAgainstAListOfHalts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		w := started(r)
		var m model
		for range rapid.IntRange(0, 12).Draw(r, "blocks") {
			before, after := w.ctx.BlockTime(), time.Duration(rapid.IntRange(1, 200).Draw(r, "seconds"))*time.Second
			if w.block(after); after > gap {
				m = append(m, span{before, w.ctx.BlockTime()})
			}
		}
		now := w.ctx.BlockTime()
		require.Equal(r, m.between(genesis, now), w.halted())
		at := func(name string) time.Time {
			return genesis.Add(time.Duration(rapid.Int64Range(0, int64(now.Sub(genesis))).Draw(r, name)))
		}
		for range 8 {
			from, to := at("from"), at("to")
			got, err := w.record.HaltedBetween(w.ctx, from, to)
			require.NoError(r, err)
			require.Equal(r, m.between(from, to), got, "from %s to %s", from, to)
			stored := at("stored")
			if want := m.passed(stored); !want.After(now) {
				got, err := w.record.PassedDeadline(w.ctx, stored)
				require.NoError(r, err)
				require.Equal(r, want, got)
			}
		}
	})
}
