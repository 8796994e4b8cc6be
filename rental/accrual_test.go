package rental_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dbc-network/dbc/rental"
)

func at(minutes int) time.Time { return origin.Add(time.Duration(minutes) * time.Minute) }

func hours(n int, rent uint64) rental.Account {
	a, err := rental.Account{}.Extend(time.Duration(n)*time.Hour, rent, origin, 32)
	if err != nil {
		panic(err)
	}
	return a
}

func TestEarned(t *testing.T) {
	t.Parallel()
	a := hours(1, 100)
	tests := map[string]struct {
		view rental.View
		want uint64
	}{
		"before the start":       {rental.View{Now: at(-1)}, 0},
		"at the start":           {rental.View{Now: at(0)}, 0},
		"half":                   {rental.View{Now: at(30)}, 50},
		"rounds down":            {rental.View{Now: at(1)}, 1},
		"one ns before the end":  {rental.View{Now: at(60).Add(-1)}, 99},
		"at the end":             {rental.View{Now: at(60)}, 100},
		"long after":             {rental.View{Now: at(600)}, 100},
		"offline since half":     {rental.View{Now: at(60), OfflineSince: at(30)}, 50},
		"challenged at half":     {rental.View{Now: at(60), ChallengedAt: at(30)}, 50},
		"offline since before":   {rental.View{Now: at(60), OfflineSince: at(-5)}, 0},
		"challenged, then later": {rental.View{Now: at(60), OfflineSince: at(45), ChallengedAt: at(30)}, 50},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := a.Earned(test.view); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestExtend(t *testing.T) {
	t.Parallel()
	a := hours(1, 100)
	same, err := a.Extend(2*time.Hour, 200, origin, 1)
	if err != nil || len(same.Segments) != 1 || same.Segments[0].Rent != 300 || !same.Segments[0].End.Equal(at(180)) || same.Paid != 300 {
		t.Errorf("the same rate: got %+v, %v", same, err)
	}
	other, err := a.Extend(2*time.Hour, 199, origin, 2)
	if err != nil || len(other.Segments) != 2 || !other.Segments[1].Start.Equal(at(60)) || other.Paid != 299 {
		t.Errorf("nearly the same rate: got %+v, %v", other, err)
	}
	if _, err := a.Extend(time.Hour, 1, origin, 1); !errors.Is(err, rental.ErrSegments) {
		t.Errorf("a segment too many: got %v", err)
	}
	if _, err := a.Extend(time.Hour, 1<<64-100, origin, 9); !errors.Is(err, rental.ErrOverflow) {
		t.Errorf("paid would wrap: got %v", err)
	}
	if len(a.Segments) != 1 || a.Segments[0].Rent != 100 {
		t.Errorf("the account that was extended changed: %+v", a)
	}
}

// life is a rental with renewals, claims, outages, challenges and folding in
// any order that the keeper permits.
type life struct {
	account rental.Account
	view    rental.View
	end     time.Time
	earned  uint64
}

func (l *life) check(t *rapid.T) {
	earned := l.account.Earned(l.view)
	if earned < l.earned {
		t.Fatalf("earned fell from %d to %d", l.earned, earned)
	}
	l.earned = earned
	if a := l.account; a.Claimed > earned || earned > a.Paid {
		t.Fatalf("claimed %d, earned %d, paid %d", a.Claimed, earned, a.Paid)
	}
	if sum := earned + l.account.Unearned(l.view); sum != l.account.Paid {
		t.Fatalf("earned and unearned are %d of %d", sum, l.account.Paid)
	}
}

func (l *life) actions(rates []uint64) map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"": l.check,
		"time": func(t *rapid.T) {
			l.view.Now = l.view.Now.Add(time.Duration(rapid.Int64Range(1, int64(3*time.Hour)).Draw(t, "time")))
		},
		"renew": func(t *rapid.T) {
			if !l.view.OfflineSince.IsZero() || !l.view.Now.Before(l.end) {
				t.Skip("not now")
			}
			length := time.Duration(rapid.IntRange(1, 6).Draw(t, "units")) * 30 * time.Minute
			rent := rapid.SampledFrom(rates).Draw(t, "rate") * uint64(length/time.Minute) / 7
			a, err := l.account.Fold(l.view).Extend(length, rent, l.end, 4)
			if errors.Is(err, rental.ErrSegments) {
				t.Skip("full")
			}
			l.account, l.end = a, l.end.Add(length)
		},
		"leave": func(t *rapid.T) {
			if !l.view.Now.Before(l.end) {
				t.Skip("over")
			}
			notice := time.Duration(rapid.Int64Range(1, int64(4*time.Hour)).Draw(t, "notice"))
			before := l.account
			after, exit := before.Leave(l.end, l.view.Now, notice)
			if refund := before.Paid - after.Paid; refund != exit.Refund || exit.End.After(l.end) || exit.End.Before(l.end) && !exit.End.Equal(l.view.Now.Add(notice)) {
				t.Fatalf("left at %s with %s: %+v, the account lost %d", l.view.Now, notice, exit, refund)
			}
			if ends := after.Segments; len(ends) == 0 || !ends[len(ends)-1].End.Equal(exit.End) {
				t.Fatalf("the segments end elsewhere: %+v, %+v", ends, exit)
			}
			for _, s := range after.Segments {
				if !s.Sound() {
					t.Fatalf("left with %+v", s)
				}
			}
			for _, to := range []time.Time{l.view.Now, exit.End.Add(-1), exit.End} { // as if nobody had left
				if got, want := after.Earned(rental.View{Now: to}), before.Earned(rental.View{Now: to}); got != want {
					t.Fatalf("until %s: earned %d, without leaving %d", to, got, want)
				}
			}
			if again, more := after.Leave(exit.End, l.view.Now, notice); more.Refund != 0 || again.Paid != after.Paid {
				t.Fatalf("leaving again returned %d", more.Refund)
			}
			l.account, l.end = after, exit.End
		},
		"claim": func(*rapid.T) { l.account.Claimed += l.account.Unclaimed(l.view) },
		"fold":  func(*rapid.T) { l.account = l.account.Fold(l.view) },
		"offline": func(t *rapid.T) {
			if !l.view.OfflineSince.IsZero() || !l.view.ChallengedAt.IsZero() {
				t.Skip("not now")
			}
			l.view.OfflineSince = l.view.Now
		},
		"online": func(t *rapid.T) {
			if l.view.OfflineSince.IsZero() {
				t.Skip("is online")
			}
			was := rental.Lasting(origin, l.end, l.view)
			over := rental.Overlap(origin, l.end, l.view.OfflineSince, l.view.Now)
			if over != was {
				t.Fatalf("the outage was %v, is now %v", was, over)
			}
			l.account, l.view.OfflineSince = l.account.Outage(l.view.OfflineSince, l.view.Now), time.Time{}
		},
		"challenge": func(t *rapid.T) {
			if !l.view.OfflineSince.IsZero() || !l.view.ChallengedAt.IsZero() {
				t.Skip("not now")
			}
			l.view.ChallengedAt = l.view.Now
		},
		"outcome": func(t *rapid.T) {
			if l.view.ChallengedAt.IsZero() {
				t.Skip("no challenge")
			}
			if !rapid.Bool().Draw(t, "answered") {
				l.view.OfflineSince = l.view.ChallengedAt
			}
			l.view.ChallengedAt = time.Time{}
		},
	}
}

func TestEarnedNeverFalls(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rates := []uint64{rapid.Uint64Range(1, 1_000).Draw(t, "rate"), rapid.Uint64Range(1, 1<<40).Draw(t, "other")}
		first := rates[0] * 60
		l := &life{account: hours(1, first), view: rental.View{Now: origin}, end: origin.Add(time.Hour)}
		t.Repeat(l.actions(rates))
		l.view = rental.View{Now: l.view.Now, OfflineSince: l.view.OfflineSince}
		l.check(t)
		settled := l.account.Settle(l.view)
		if settled.Claimed != l.earned || settled.Paid != l.account.Paid || len(settled.Segments) != 0 {
			t.Fatalf("settled %+v, earned %d of %d", settled, l.earned, l.account.Paid)
		}
	})
}

// Neither folding nor the number of claims changes what is earned.
func TestFoldKeepsEarned(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := hours(1, rapid.Uint64Range(1, 1_000_000).Draw(t, "rent"))
		for range rapid.IntRange(0, 5).Draw(t, "segments") {
			length := time.Duration(rapid.IntRange(1, 9).Draw(t, "units")) * time.Minute
			a, _ = a.Extend(length, rapid.Uint64Range(1, 1_000_000).Draw(t, "rent"), origin, 32)
		}
		v := rental.View{Now: origin.Add(time.Duration(rapid.Int64Range(0, int64(3*time.Hour)).Draw(t, "now")))}
		folded := a.Fold(v)
		if got, want := folded.Earned(v), a.Earned(v); got != want {
			t.Fatalf("folded earned %d, before %d", got, want)
		}
		later := rental.View{Now: v.Now.Add(time.Hour)}
		if got, want := folded.Earned(later), a.Earned(later); got != want {
			t.Fatalf("later: folded earned %d, else %d", got, want)
		}
	})
}
