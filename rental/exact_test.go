package rental_test

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/rental"
)

// twoRates has one hour for 100 followed by one hour for 300.
func twoRates() rental.Account {
	a, err := hours(1, 100).Extend(time.Hour, 300, origin, 2)
	if err != nil {
		panic(err)
	}
	return a
}

func TestMoneyOfAnAccount(t *testing.T) {
	t.Parallel()
	half := rental.View{Now: at(30)}
	for name, test := range map[string]struct{ claimed, unclaimed, unearned, escrow, settled uint64 }{
		"nothing claimed":           {0, 50, 50, 100, 50},
		"a part":                    {30, 20, 50, 70, 50},
		"all that was earned":       {50, 0, 50, 50, 50},
		"more, before an outage":    {60, 0, 40, 40, 60}, // an outage that a challenge found starts at the challenge
		"everything there is to it": {100, 0, 0, 0, 100},
	} {
		a := hours(1, 100)
		a.Claimed = test.claimed
		if got := a.Unclaimed(half); got != test.unclaimed {
			t.Errorf("%s: unclaimed %d, want %d", name, got, test.unclaimed)
		}
		if got := a.Unearned(half); got != test.unearned {
			t.Errorf("%s: unearned %d, want %d", name, got, test.unearned)
		}
		if got := a.Escrow(); got != test.escrow {
			t.Errorf("%s: escrow %d, want %d", name, got, test.escrow)
		}
		want := rental.Account{Folded: test.settled, Paid: 100, Claimed: test.settled}
		if got := a.Settle(half); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: settled %+v, want %+v", name, got, want)
		}
		if got := a.Refund(); !reflect.DeepEqual(got, rental.Account{Paid: 100}) {
			t.Errorf("%s: refunded %+v", name, got)
		}
	}
}

func TestOfflineTimeEarnsNothing(t *testing.T) {
	t.Parallel()
	a := hours(1, 100)
	a.Segments[0].Offline = 20 * time.Minute
	for name, test := range map[string]struct {
		view rental.View
		want uint64
	}{
		"less than it was offline":  {rental.View{Now: at(10)}, 0},
		"just as much":              {rental.View{Now: at(20)}, 0},
		"later":                     {rental.View{Now: at(50)}, 50},
		"at the end":                {rental.View{Now: at(60)}, 66},
		"long after":                {rental.View{Now: at(600)}, 66},
		"offline again":             {rental.View{Now: at(60), OfflineSince: at(50)}, 50},
		"offline after it was over": {rental.View{Now: at(50), OfflineSince: at(55), ChallengedAt: at(59)}, 50},
	} {
		if got := a.Earned(test.view); got != test.want {
			t.Errorf("%s: earned %d, want %d", name, got, test.want)
		}
	}
}

// At a high enough price even one nanosecond earns something.
func TestOneNanosecondEarns(t *testing.T) {
	t.Parallel()
	if got := hours(1, 1<<62).Earned(rental.View{Now: at(0).Add(1)}); got != 1_281_023 {
		t.Errorf("the first of an hour earned %d", got)
	}
	a, err := rental.Account{}.Extend(1, 100, origin, 1)
	if err != nil || a.Earned(rental.View{Now: at(0).Add(1)}) != 100 {
		t.Errorf("the only one: %+v, %v", a, err)
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		view     rental.View
		folded   uint64
		segments int
	}{
		"at the start":               {rental.View{Now: at(0)}, 0, 2},
		"before the first is over":   {rental.View{Now: at(60).Add(-1)}, 0, 2},
		"once it is over":            {rental.View{Now: at(60)}, 100, 1},
		"offline, once it is over":   {rental.View{Now: at(60), OfflineSince: at(30)}, 50, 1},
		"when all is over":           {rental.View{Now: at(120)}, 400, 0},
		"while a challenge is open":  {rental.View{Now: at(120), ChallengedAt: at(30)}, 0, 2},
		"asked in the second, still": {rental.View{Now: at(120), ChallengedAt: at(90)}, 0, 2},
	} {
		a := twoRates()
		got := a.Fold(test.view)
		if got.Folded != test.folded || len(got.Segments) != test.segments || got.Paid != 400 || got.Claimed != 0 {
			t.Errorf("%s: got %+v", name, got)
		}
		if len(a.Segments) != 2 || a.Folded != 0 {
			t.Errorf("%s: the account that was folded changed: %+v", name, a)
		}
		if got.Earned(test.view) != a.Earned(test.view) {
			t.Errorf("%s: earned %d, folded %d", name, a.Earned(test.view), got.Earned(test.view))
		}
	}
}

// The products of rent and nanoseconds need more than 64 bits. These two are
// equal in the lower 64.
func TestRatesAreComparedInFull(t *testing.T) {
	t.Parallel()
	a, err := rental.Account{}.Extend(1<<40, 1000, origin, 2)
	if err != nil {
		t.Fatal(err)
	}
	got, err := a.Extend(1<<40, 1000+1<<24, origin, 2)
	if err != nil || len(got.Segments) != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestRefusedExtensionChangesNothing(t *testing.T) {
	t.Parallel()
	a := hours(1, 100)
	if got, err := a.Extend(time.Hour, math.MaxUint64, origin, 9); !errors.Is(err, rental.ErrOverflow) || !reflect.DeepEqual(got, a) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := a.Extend(time.Hour, 1, origin, 1); !errors.Is(err, rental.ErrSegments) || !reflect.DeepEqual(got, a) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestLengths(t *testing.T) {
	t.Parallel()
	limits := rental.Limits{Unit: 30 * time.Second, Min: time.Minute, Max: 3610 * time.Second}
	if got, err := limits.Duration(90); err != nil || got != 90*time.Second {
		t.Errorf("got %s, %v", got, err)
	}
	if got, err := limits.Renewal(at(1), at(0), 30); err != nil || got != 30*time.Second {
		t.Errorf("got %s, %v", got, err)
	}
	if got, err := limits.Duration(3605); err == nil || got != 0 || !strings.HasSuffix(err.Error(), "take 3600") {
		t.Errorf("the next multiple is too long: %s, %v", got, err)
	}
	for name, test := range map[string]struct {
		end  time.Time
		left string
	}{
		"in multiples":             {at(59), "so add at most 60 (1m)"},
		"in multiples, an hour":    {at(60), "so add at most 0 (0s)"},
		"nothing where it is past": {at(61), "so add at most 0 (0s)"},
	} {
		if got, err := limits.Renewal(test.end, at(0), 90); !errors.Is(err, rental.ErrDuration) || got != 0 || !strings.HasSuffix(err.Error(), test.left) {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

func TestFeeAtItsBounds(t *testing.T) {
	t.Parallel()
	if got, err := rental.Fee(100, 0, math.MaxUint64, 9, time.Hour); err != nil || got != 100 {
		t.Errorf("no ratio asks for no price: %d, %v", got, err)
	}
	if got, err := rental.Fee(1, 1, 86_400*10_000, 7, time.Second); err != nil || got != 7 {
		t.Errorf("a hundredth of a percent: %d, %v", got, err)
	}
	for name, ratio := range map[string]uint32{"the price": 1, "the share": math.MaxUint32} {
		slots := map[bool]uint32{true: 2, false: 1}[ratio == 1]
		if got, err := rental.Fee(1, ratio, math.MaxUint64, slots, 24*time.Hour); !errors.Is(err, rental.ErrOverflow) || got != 0 {
			t.Errorf("%s does not fit: %d, %v", name, got, err)
		}
	}
	if got, err := rental.Total(2, 3); err != nil || got != 5 {
		t.Errorf("total %d, %v", got, err)
	}
	if got, err := rental.Total(math.MaxUint64, 1); !errors.Is(err, rental.ErrOverflow) || got != 0 {
		t.Errorf("total %d, %v", got, err)
	}
}

func TestPenaltyToTheLastUdbc(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		terms    rental.PenaltyTerms
		unearned uint64
		want     uint64
	}{
		"a tenth of ten million": {rental.PenaltyTerms{StakeShare: math.MaxUint64, RatioBPS: 1_000}, 10_000_000, 1_000_000},
		"a 10,000th rounds up":   {rental.PenaltyTerms{StakeShare: 5, RatioBPS: 1}, 1, 1},
		"nothing is nothing":     {rental.PenaltyTerms{StakeShare: 5, RatioBPS: 1}, 0, 0},
		"beyond 64 bits":         {rental.PenaltyTerms{StakeShare: 7, MinPenalty: 1, RatioBPS: math.MaxUint32}, math.MaxUint64, 7},
	} {
		if got := test.terms.Penalty(test.unearned); got != test.want {
			t.Errorf("%s: got %d, want %d", name, got, test.want)
		}
	}
	if got := rental.StakeShare(1_000, 5, 3); got != 1_000 {
		t.Errorf("more slots than there are stand for %d", got)
	}
}

// A trial whose deadline equals its end ends because it was not confirmed.
func TestDeadlineAtTheEnd(t *testing.T) {
	t.Parallel()
	p := rental.Position{State: rental.StateTrial, Deadline: at(60), End: at(60)}
	if event, when, due := p.Due(at(60)); event != rental.EventDeadline || !when.Equal(at(60)) || !due {
		t.Errorf("got %s at %s, %v", event, when, due)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		rental.StateNone.String(): "none", rental.StateBroken.String(): "broken", (rental.StateBroken + 1).String(): "state(6)",
		rental.EventRent.String(): "rent", rental.EventBreakByRenter.String(): "break by renter", rental.Event(200).String(): "event(200)",
		rental.TakeFee.String(): "take fee", rental.Effect(200).String(): "effect(200)",
		rental.ReasonRented.String(): "rented", rental.Reason(200).String(): "reason(200)", rental.Reason(201).Sentence(): "reason(201)",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	open := map[rental.State]bool{rental.StateTrial: true, rental.StateActive: true}
	closed := map[rental.State]bool{rental.StateRefunded: true, rental.StateEnded: true, rental.StateBroken: true}
	for s := rental.StateNone; s <= rental.StateBroken+1; s++ {
		if s.Open() != open[s] || s.Closed() != closed[s] {
			t.Errorf("%s: open %v, closed %v", s, s.Open(), s.Closed())
		}
	}
}
