package rental_test

import (
	"errors"
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dbc-network/dbc/rental"
)

func TestCheckExitNotice(t *testing.T) {
	t.Parallel()
	for seconds, ok := range map[uint64]bool{
		0: true, 1: false, 3_599: false, 3_600: true, 86_400: true, 604_800: true, 604_801: false, math.MaxUint64: false,
	} {
		if err := rental.CheckExitNotice(seconds); (err == nil) != ok || err != nil && !errors.Is(err, rental.ErrExitNotice) {
			t.Errorf("%d s: %v", seconds, err)
		}
	}
	if rental.CheckExitNotice(uint64(rental.DefaultExitNotice/time.Second)) != nil {
		t.Error("the proposed notice is refused")
	}
}

// threeRates has an hour for 100, an hour for 300 and an hour for 7.
func threeRates() rental.Account {
	a, err := twoRates().Extend(time.Hour, 7, origin, 3)
	if err != nil {
		panic(err)
	}
	return a
}

func TestLeave(t *testing.T) {
	t.Parallel()
	hour := time.Hour
	for name, test := range map[string]struct {
		at     int // minutes
		notice time.Duration
		end    int
		refund uint64
		ends   int // segments left
	}{
		"at once, within the first":             {0, 20 * time.Minute, 20, 100 - 33 + 307, 1},
		"exactly at the end of the first":       {0, hour, 60, 307, 1},
		"a minute into the second":              {1, hour, 61, 300 - 5 + 7, 2},
		"in the third, rounded to the renter":   {70, hour, 130, 7 - 1, 3},
		"with just the notice left":             {120, hour, 180, 0, 3},
		"with less than the notice left":        {150, hour, 180, 0, 3},
		"a nanosecond before the notice begins": {119, hour, 179, 1, 3},
	} {
		a := threeRates()
		got, exit := a.Leave(at(180), at(test.at), test.notice)
		if !exit.End.Equal(at(test.end)) || exit.Refund != test.refund || got.Paid != 407-test.refund || len(got.Segments) != test.ends {
			t.Errorf("%s: %+v, %+v", name, exit, got)
		}
		if a.Paid != 407 || len(a.Segments) != 3 || !a.Segments[2].End.Equal(at(180)) || a.Segments[0].Rent != 100 {
			t.Errorf("%s: the account that was left changed: %+v", name, a)
		}
		if sum := got.Earned(rental.View{Now: exit.End}); sum != got.Paid {
			t.Errorf("%s: %d can be earned of %d", name, sum, got.Paid)
		}
	}
}

// A third of a udbc per hour: what a shortened segment earns does not depend on
// how often it was shortened, and nothing is lost on the way.
func TestLeaveRoundsOnce(t *testing.T) {
	t.Parallel()
	a := hours(6, 3)
	once, exit := a.Leave(at(360), at(60), 3*time.Hour) // 2 of 3
	if exit.Refund != 1 || once.Segments[0].FullRent != 0 {
		t.Errorf("an exact part keeps no full rent: %+v, %+v", exit, once)
	}
	a = hours(6, 3)
	first, exit := a.Leave(at(360), at(60), 4*time.Hour) // 2.5 of 3
	if exit.Refund != 1 || first.Paid != 2 || first.Segments[0].FullRent != 3 || first.Segments[0].FullLength != 6*time.Hour {
		t.Errorf("%+v, %+v", exit, first)
	}
	second, exit := first.Leave(at(300), at(60), 3*time.Hour) // 2 of 3
	if exit.Refund != 0 || second.Paid != 2 || second.Segments[0].FullRent != 0 {
		t.Errorf("left again after a renewal was refunded: %+v, %+v", exit, second)
	}
	if longer, err := first.Extend(time.Hour, 1, origin, 2); err != nil || len(longer.Segments) != 2 {
		t.Errorf("a rounded segment is not lengthened: %+v, %v", longer, err)
	}
	if longer, err := once.Extend(2*time.Hour, 1, origin, 1); err != nil || len(longer.Segments) != 1 || longer.Paid != 3 {
		t.Errorf("an exact one is: %+v, %v", longer, err)
	}
}

func TestSoundSegments(t *testing.T) {
	t.Parallel()
	good := rental.Segment{Start: at(0), End: at(50), Rent: 83, FullRent: 100, FullLength: time.Hour, Offline: 50 * time.Minute}
	if !good.Sound() {
		t.Error("a shortened segment is refused")
	}
	for name, edit := range map[string]func(*rental.Segment){
		"no length":            func(s *rental.Segment) { s.End = s.Start },
		"offline before":       func(s *rental.Segment) { s.Offline = -1 },
		"offline beyond":       func(s *rental.Segment) { s.Offline++ },
		"more rent than full":  func(s *rental.Segment) { s.Rent++ },
		"less rent than full":  func(s *rental.Segment) { s.Rent-- },
		"full rent alone":      func(s *rental.Segment) { s.FullLength = 0 },
		"no shorter than full": func(s *rental.Segment) { s.FullLength = 50 * time.Minute },
		"longer than full":     func(s *rental.Segment) { s.FullLength, s.Rent = 33*time.Minute, 151 },
		"nothing was rounded":  func(s *rental.Segment) { s.FullRent, s.Rent = 60, 50 },
		"nothing at all":       func(s *rental.Segment) { *s = rental.Segment{Start: at(0), End: at(0)} },
	} {
		bad := good
		edit(&bad)
		if bad.Sound() {
			t.Errorf("%s: %+v is sound", name, bad)
		}
	}
}

// The refund is what the renter paid less what the time until the new end costs
// in each segment, rounded down: another way to compute it, in unbounded numbers.
func TestLeaveToTheLastUdbc(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var a rental.Account
		end := origin
		for range rapid.IntRange(1, 5).Draw(t, "segments") {
			length := time.Duration(rapid.Int64Range(1, int64(60*24*time.Hour)).Draw(t, "length"))
			a, _ = a.Extend(length, rapid.Uint64Range(0, 1<<60).Draw(t, "rent"), origin, 32)
			end = end.Add(length)
		}
		whole := end.Sub(origin)
		leave := origin.Add(time.Duration(rapid.Int64Range(0, int64(whole)-1).Draw(t, "at")))
		notice := time.Duration(rapid.Int64Range(1, int64(rental.MaxExitNotice)).Draw(t, "notice"))
		got, exit := a.Leave(end, leave, notice)
		stays := new(big.Int)
		for _, s := range a.Segments {
			span := rental.Overlap(s.Start, s.End, s.Start, leave.Add(notice)).Length()
			part := new(big.Int).Mul(new(big.Int).SetUint64(s.Rent), big.NewInt(int64(span)))
			stays.Add(stays, part.Div(part, big.NewInt(int64(s.End.Sub(s.Start)))))
		}
		if stays.Uint64() != got.Paid || a.Paid-got.Paid != exit.Refund {
			t.Fatalf("%s stays, got %d of %d and %+v", stays, got.Paid, a.Paid, exit)
		}
	})
}
