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

// More than the limit, while offline or before a day is over.
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
	folded := rental.Account{Segments: []rental.Segment{{Start: at(10), End: at(20), Rent: 10, Offline: time.Hour}}, Paid: 20}
	require.EqualValues(t, 2, folded.UnearnedWithin(rental.View{Now: at(19)}, week), "outages in segments that were folded do not count")
	require.EqualValues(t, 2+16_600, dear.UnearnedWithin(rental.View{Now: at(2)}, week), "each hour at its own price")
}

// Against a sum over hours: at most the time's rent, and all of it where all is less.
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
