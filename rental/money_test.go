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

func TestPrice(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		perDay  uint64
		slots   uint32
		seconds uint64
		want    uint64
		err     error
	}{
		"a day":             {24_000_000, 1, 86_400, 24_000_000, nil},
		"half an hour of 3": {24_000_000, 3, 1_800, 1_500_000, nil},
		"rounds down":       {47, 1, 3_600, 1, nil},
		"rounds to zero":    {23, 1, 3_600, 0, rental.ErrZeroRent},
		"free":              {0, 1, 3_600, 0, rental.ErrZeroRent},
		"just fits":         {math.MaxUint64, 1, 86_400, math.MaxUint64, nil},
		"a second too much": {math.MaxUint64, 1, 86_401, 0, rental.ErrOverflow},
		"slots overflow":    {math.MaxUint64, 2, 1, 0, rental.ErrOverflow},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := rental.Price(test.perDay, test.slots, test.seconds)
			if got != test.want || !errors.Is(err, test.err) {
				t.Errorf("got %d, %v; want %d, %v", got, err, test.want, test.err)
			}
		})
	}
}

func TestPriceIsTheFloor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		perDay, slots := rapid.Uint64().Draw(t, "perDay"), rapid.Uint32().Draw(t, "slots")
		seconds := rapid.Uint64().Draw(t, "seconds")
		want := new(big.Int).SetUint64(perDay)
		want.Mul(want, big.NewInt(int64(slots))).Mul(want, new(big.Int).SetUint64(seconds)).Div(want, big.NewInt(86_400))
		switch got, err := rental.Price(perDay, slots, seconds); {
		case errors.Is(err, rental.ErrZeroRent):
			if want.Sign() != 0 {
				t.Fatalf("refused as zero, is %s", want)
			}
		case errors.Is(err, rental.ErrOverflow):
			perSlots := new(big.Int).Mul(new(big.Int).SetUint64(perDay), big.NewInt(int64(slots)))
			if want.IsUint64() && perSlots.IsUint64() {
				t.Fatalf("refused as too large, is %s", want)
			}
		case want.Cmp(new(big.Int).SetUint64(got)) != 0:
			t.Fatalf("got %d, want %s", got, want)
		}
	})
}

func TestFee(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ratio uint32
		want  uint64
	}{"ratio off": {0, 100}, "below the base": {1, 100}, "above the base": {5_000, 250_000}} {
		got, err := rental.Fee(100, test.ratio, 24_000, 1_000, 30*time.Minute)
		if err != nil || got != test.want {
			t.Errorf("%s: got %d, %v; want %d", name, got, err, test.want)
		}
	}
}

func TestPenalty(t *testing.T) {
	t.Parallel()
	terms := rental.PenaltyTerms{StakeShare: 1_000, MinPenalty: 10, RatioBPS: 1_000}
	for name, test := range map[string]struct{ unearned, want uint64 }{
		"the least":                 {0, 10},
		"a tenth":                   {500, 50},
		"rounds up, to the renter":  {501, 51},
		"at most the stake's share": {1_000_000, 1_000},
		"does not wrap":             {math.MaxUint64, 1_000},
	} {
		if got := terms.Penalty(test.unearned); got != test.want {
			t.Errorf("%s: got %d, want %d", name, got, test.want)
		}
	}
	if got := rental.StakeShare(1_000, 2, 3); got != 666 {
		t.Errorf("stake share: got %d, want 666", got)
	}
	if got := rental.StakeShare(1_000, 1, 0); got != 0 {
		t.Errorf("stake share of a machine without slots: got %d, want 0", got)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	limits := rental.Limits{Unit: 30 * time.Minute, Min: time.Hour, Max: 60 * 24 * time.Hour}
	const most = 60 * 86_400
	for seconds, ok := range map[uint64]bool{0: false, 1_800: false, 3_600: true, 3_601: false, 5_400: true, most: true, most + 1_800: false, 1 << 63: false, math.MaxUint64: false} {
		if _, err := limits.Duration(seconds); (err == nil) != ok {
			t.Errorf("rent %d s: got %v, want ok %v", seconds, err, ok)
		}
	}
	end := origin.Add(time.Hour)
	for seconds, ok := range map[uint64]bool{0: false, 1_800: true, 1_801: false, most - 3_600: true, most - 1_800: false} {
		if _, err := limits.Renewal(end, origin, seconds); (err == nil) != ok {
			t.Errorf("renew by %d s: got %v, want ok %v", seconds, err, ok)
		}
	}
}

func TestHalf(t *testing.T) {
	t.Parallel()
	for fee, want := range map[uint64]uint64{0: 0, 1: 0, 2: 1, 7: 3, 10_000_000: 5_000_000} {
		if got := rental.Half(fee); got != want {
			t.Errorf("of %d: %d, want %d", fee, got, want)
		}
	}
}
