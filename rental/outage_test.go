package rental_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dbc-network/dbc/rental"
)

func TestBreakLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ length, max, want time.Duration }{
		{time.Hour, time.Hour, 6 * time.Minute},
		{10 * time.Hour, time.Hour, time.Hour},
		{10*time.Hour - 10, time.Hour, time.Hour - 1},
		{60 * 24 * time.Hour, time.Hour, time.Hour},
		{60 * 24 * time.Hour, time.Second, time.Second},
	} {
		require.Equal(t, c.want, rental.BreakLimit(c.length, c.max), "%s of %s", c.max, c.length)
	}
}

// The right exists above the limit, while the machine is offline and for a day
// afterwards.
func TestBreakRight(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name  string
		right rental.BreakRight
		want  bool
	}{
		{"just the limit", rental.BreakRight{Outage: time.Hour, Limit: time.Hour, Offline: true}, false},
		{"a nanosecond more", rental.BreakRight{Outage: time.Hour + 1, Limit: time.Hour, Offline: true}, true},
		{"within the day", rental.BreakRight{Outage: time.Hour + 1, Limit: time.Hour, Until: now.Add(1)}, true},
		{"when the day is over", rental.BreakRight{Outage: time.Hour + 1, Limit: time.Hour, Until: now}, false},
		{"offline again after that", rental.BreakRight{Outage: time.Hour + 1, Limit: time.Hour, Until: now, Offline: true}, true},
		{"within the day, too little", rental.BreakRight{Outage: time.Hour, Limit: time.Hour, Until: now.Add(time.Hour)}, false},
		{"never offline", rental.BreakRight{Limit: time.Hour}, false},
	} {
		require.Equal(t, c.want, c.right.Allowed(now), c.name)
	}
}

func TestUnearnedWithin(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	at := func(h int) time.Time { return start.Add(time.Duration(h) * time.Hour) }
	month := rental.Account{Segments: []rental.Segment{{Start: at(0), End: at(720), Rent: 720}}, Paid: 720}
	week := rental.RenterPenaltyTime
	require.EqualValues(t, 168, month.UnearnedWithin(rental.View{Now: at(2)}, week))
	require.EqualValues(t, 168, month.UnearnedWithin(rental.View{Now: at(100), OfflineSince: at(2)}, week), "what lasts is part of the seven days")
	require.EqualValues(t, 20, month.UnearnedWithin(rental.View{Now: at(700)}, week), "no more than is left")
	month.Segments[0].Offline = 10 * time.Hour
	require.EqualValues(t, 30, month.UnearnedWithin(rental.View{Now: at(700)}, week), "with the outages before")
	month.Segments[0].Offline = 300 * time.Hour
	require.EqualValues(t, 168, month.UnearnedWithin(rental.View{Now: at(700)}, week), "but seven days in all")
	dear := rental.Account{Segments: []rental.Segment{{Start: at(0), End: at(4), Rent: 4}, {Start: at(4), End: at(720), Rent: 71_600}}, Paid: 71_604}
	one := rental.Account{Segments: []rental.Segment{{Start: at(0), End: at(4), Rent: 1}}, Paid: 1}
	require.EqualValues(t, 1, one.UnearnedWithin(rental.View{Now: at(3)}, week), "rounded up")
	one.Segments[0].Offline = time.Hour
	require.EqualValues(t, 1, one.UnearnedWithin(rental.View{Now: at(3)}, week), "but never more than is unearned")
	one.Segments[0].Offline = 0
	require.EqualValues(t, 1, one.UnearnedWithin(rental.View{Now: at(4).Add(-1)}, week), "by the last nanosecond too")
	folded := rental.Account{Segments: []rental.Segment{{Start: at(10), End: at(20), Rent: 10, Offline: time.Hour}}, Paid: 20}
	require.EqualValues(t, 2, folded.UnearnedWithin(rental.View{Now: at(19)}, week), "outages in segments that were folded do not count")
	require.EqualValues(t, 2+16_600, dear.UnearnedWithin(rental.View{Now: at(2)}, week), "each hour at its own price")
}

// Compared with a sum over hours: at most the rent for that time, and
// everything if everything is less.
func TestUnearnedWithinIsBounded(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(r *rapid.T) {
		var a rental.Account
		end := start
		dearest := new(big.Rat)
		for range rapid.IntRange(1, 5).Draw(r, "segments") {
			length := time.Duration(rapid.Int64Range(1, 1_000).Draw(r, "hours")) * time.Hour
			s := rental.Segment{Start: end, End: end.Add(length), Rent: rapid.Uint64Range(1, 1<<50).Draw(r, "rent")}
			a.Segments, a.Paid, end = append(a.Segments, s), a.Paid+s.Rent, s.End
			if rate := new(big.Rat).SetFrac64(int64(s.Rent), int64(length)); rate.Cmp(dearest) > 0 {
				dearest = rate
			}
		}
		now := start.Add(time.Duration(rapid.Int64Range(0, int64(end.Sub(start))).Draw(r, "now")))
		left := end.Sub(now)
		v, most := rental.View{Now: now}, time.Duration(rapid.Int64Range(0, int64(5_000*time.Hour)).Draw(r, "most"))
		got := a.UnearnedWithin(v, most)
		require.LessOrEqual(r, got, a.Unearned(v))
		bound := new(big.Rat).Mul(dearest, new(big.Rat).SetInt64(int64(most)))
		bound.Add(bound, new(big.Rat).SetInt64(int64(len(a.Segments))))
		require.LessOrEqual(r, new(big.Rat).SetInt(new(big.Int).SetUint64(got)).Cmp(bound), 0, "never more than the dearest price of that time")
		if most >= left {
			require.Equal(r, a.Unearned(v), got, "all of it where all is less")
		}
		require.LessOrEqual(r, got, a.UnearnedWithin(v, most+time.Hour), "longer never pays less")
	})
}

func TestPenaltyAtOnce(t *testing.T) {
	t.Parallel()
	terms := rental.PenaltyTerms{StakeShare: 100, MinPenalty: 10, RatioBPS: 1_000}
	for unearned, want := range map[uint64][2]uint64{0: {10, 10}, 100: {10, 10}, 101: {11, 10}, 900: {90, 10}, 5_000: {100, 10}} {
		penalty := terms.Penalty(unearned)
		require.Equal(t, want, [2]uint64{penalty, terms.AtOnce(penalty)}, unearned)
	}
	terms.StakeShare = 4
	require.EqualValues(t, 4, terms.AtOnce(terms.Penalty(0)), "the share bounds it")
}

// An outage takes its part from each segment that it touches.
func TestOutage(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	at := func(h int) time.Time { return start.Add(time.Duration(h) * time.Hour) }
	before := rental.Account{Segments: []rental.Segment{
		{Start: at(0), End: at(10), Rent: 100}, {Start: at(10), End: at(20), Rent: 200, Offline: time.Hour}, {Start: at(20), End: at(30), Rent: 300},
	}, Paid: 600}
	for name, c := range map[string]struct {
		from, to int
		hours    [3]time.Duration
		earned   uint64
	}{
		"within one":            {2, 5, [3]time.Duration{3, 1, 0}, 70 + 180 + 300},
		"across a border":       {7, 14, [3]time.Duration{3, 5, 0}, 70 + 100 + 300},
		"across all":            {-5, 40, [3]time.Duration{10, 11, 10}, 0},
		"before the start":      {-5, 0, [3]time.Duration{0, 1, 0}, 100 + 180 + 300},
		"after the end":         {30, 31, [3]time.Duration{0, 1, 0}, 100 + 180 + 300},
		"from start to the end": {0, 10, [3]time.Duration{10, 1, 0}, 180 + 300},
	} {
		after := before.Outage(at(c.from), at(c.to))
		for i, hours := range c.hours {
			require.Equal(t, hours*time.Hour, after.Segments[i].Offline, "%s: segment %d", name, i)
		}
		require.Equal(t, c.earned, after.Earned(rental.View{Now: at(30)}), name)
		require.Zero(t, before.Segments[0].Offline, "%s: the account that it is taken from stays", name)
	}
}

func TestLasting(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	at := func(h int) time.Time { return start.Add(time.Duration(h) * time.Hour) }
	for name, c := range map[string]struct {
		view rental.View
		want rental.Span
	}{
		"none":               {rental.View{Now: at(5)}, rental.Span{}},
		"since before":       {rental.View{Now: at(5), OfflineSince: at(-1)}, rental.Span{From: at(0), To: at(5)}},
		"since then":         {rental.View{Now: at(5), OfflineSince: at(2)}, rental.Span{From: at(2), To: at(5)}},
		"longer than it was": {rental.View{Now: at(15), OfflineSince: at(2)}, rental.Span{From: at(2), To: at(10)}},
	} {
		require.Equal(t, c.want, rental.Lasting(at(0), at(10), c.view), name)
	}
}
