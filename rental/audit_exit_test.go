package rental_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dbc-network/dbc/rental"
)

// Whatever a renter and a host do in turn (renew, leave, claim, go away and come
// back), no udbc is lost or made: what comes back and what is paid out is what was
// paid, the account stays sound, and what was earned never falls.
func TestAuditAccountOverTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := origin
		length := func(label string) time.Duration {
			if rapid.Bool().Draw(t, "whole") {
				return time.Duration(rapid.Int64Range(1, 200).Draw(t, label)) * 30 * time.Minute
			}
			return time.Duration(rapid.Int64Range(1, int64(90*time.Hour)).Draw(t, label))
		}
		rentOf := func() uint64 {
			return rapid.SampledFrom([]uint64{0, 1, 2, 3, 7, 100, 1_000_003, 1 << 40, 1 << 58}).Draw(t, "rent")
		}
		var a rental.Account
		var in, back uint64
		var offline time.Time
		var challenged time.Time
		end := origin
		last := uint64(0)
		extend := func() {
			l, r := length("length"), rentOf()
			if in > 1<<62 {
				return
			}
			b, err := a.Fold(rental.View{Now: now, OfflineSince: offline, ChallengedAt: challenged}).Extend(l, r, end, 8)
			if err != nil {
				return
			}
			a, in, end = b, in+r, end.Add(l)
		}
		extend()
		view := func() rental.View { return rental.View{Now: now, OfflineSince: offline, ChallengedAt: challenged} }
		check := func() {
			e := a.Earned(view())
			if e < last {
				t.Fatalf("earned fell from %d to %d: %+v", last, e, a)
			}
			last = e
			if a.Claimed > e || e > a.Paid || in-back != a.Paid {
				t.Fatalf("claimed %d, earned %d, paid %d, in %d, back %d", a.Claimed, e, a.Paid, in, back)
			}
			if len(a.Segments) == 0 {
				t.Fatalf("no segment in an open rental: %+v", a)
			}
			from, sum := a.Segments[0].Start, a.Folded
			for _, s := range a.Segments {
				if !s.Sound() || !s.Start.Equal(from) {
					t.Fatalf("unsound %+v", s)
				}
				from = s.End
				sum += s.Rent
			}
			if !from.Equal(end) || sum > a.Paid {
				t.Fatalf("ends %s, want %s; sum %d of %d", from, end, sum, a.Paid)
			}
			if p := a.UnearnedWithin(view(), rental.RenterPenaltyTime); p > a.Unearned(view()) {
				t.Fatalf("penalty of %d of %d", p, a.Unearned(view()))
			}
			if all := a.Earned(rental.View{Now: end}); all+a.Unearned(rental.View{Now: end}) != a.Paid {
				t.Fatalf("%d of %d", all, a.Paid)
			}
		}
		check()
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 7).Draw(t, "step") {
			case 0, 1:
				if offline.IsZero() {
					extend()
				}
			case 2, 3:
				notice := time.Duration(rapid.Int64Range(1, int64(100*time.Hour)).Draw(t, "notice"))
				before := a.Earned(view())
				b, exit := a.Leave(end, now, notice)
				back += exit.Refund
				a, end = b, exit.End
				if a.Earned(view()) != before {
					t.Fatal("leaving changed what was earned")
				}
				again, second := a.Leave(end, now, notice)
				if second.Refund != 0 || !second.End.Equal(end) || len(again.Segments) != len(a.Segments) {
					t.Fatalf("a second notice brings %+v", second)
				}
			case 4:
				u := a.Unclaimed(view())
				a = a.Fold(view())
				a.Claimed += u
			case 5:
				if offline.IsZero() && challenged.IsZero() {
					offline = now
				} else if !offline.IsZero() {
					a = a.Outage(offline, now)
					offline = time.Time{}
				}
			case 6:
				if challenged.IsZero() && offline.IsZero() {
					challenged = now
				} else if !challenged.IsZero() {
					if rapid.Bool().Draw(t, "lost") {
						offline = challenged
					}
					challenged = time.Time{}
				}
			default:
				step := time.Duration(rapid.Int64Range(1, int64(20*time.Hour)).Draw(t, "time"))
				if !now.Add(step).Before(end) {
					continue
				}
				now = now.Add(step)
			}
			check()
		}
		challenged = time.Time{}
		now = end
		v := view()
		final := a.Settle(v)
		if final.Claimed < last || final.Claimed > final.Paid {
			t.Fatalf("settled %+v after %d", final, last)
		}
	})
}
