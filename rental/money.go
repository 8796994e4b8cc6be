package rental

import (
	"fmt"
	"math/bits"
	"time"
)

// BasisPoints is 100 % in basis points.
const BasisPoints = 10_000

const secondsPerDay = 86_400

// mulDiv returns floor(a*b/c), computed in 128 bits. ok is false if the result
// does not fit into 64 bits.
func mulDiv(a, b, c uint64) (quotient, rest uint64, ok bool) {
	hi, lo := bits.Mul64(a, b)
	if hi >= c { // also c == 0
		return 0, 0, false
	}
	quotient, rest = bits.Div64(hi, lo, c)
	return quotient, rest, true
}

// add returns a+b, or ErrOverflow.
func add(a, b uint64) (uint64, error) {
	sum, carry := bits.Add64(a, b, 0)
	if carry != 0 {
		return 0, fmt.Errorf("%w: %d + %d udbc", ErrOverflow, a, b)
	}
	return sum, nil
}

// Price returns the rent in udbc for a number of slots and seconds at a price
// per slot and day, rounded down. It returns ErrZeroRent if that is zero.
func Price(pricePerDay uint64, slots uint32, seconds uint64) (uint64, error) {
	rent, err := price(pricePerDay, slots, seconds)
	if err != nil {
		return 0, err
	}
	if rent == 0 {
		return 0, fmt.Errorf("%w: %d s of %d slots at %d udbc per slot and day", ErrZeroRent, seconds, slots, pricePerDay)
	}
	return rent, nil
}

func price(pricePerDay uint64, slots uint32, seconds uint64) (uint64, error) {
	hi, perDay := bits.Mul64(pricePerDay, uint64(slots))
	rent, _, ok := mulDiv(perDay, seconds, secondsPerDay)
	if hi != 0 || !ok {
		return 0, fmt.Errorf("%w: %d s of %d slots at %d udbc per slot and day", ErrOverflow, seconds, slots, pricePerDay)
	}
	return rent, nil
}

// Fee returns what a trial costs unless the machine is at fault: the base fee
// or, if greater, ratioBPS of the price of one trial window.
func Fee(base uint64, ratioBPS uint32, pricePerDay uint64, slots uint32, window time.Duration) (uint64, error) {
	if ratioBPS == 0 {
		return base, nil
	}
	perWindow, err := price(pricePerDay, slots, uint64(window/time.Second))
	if err != nil {
		return 0, err
	}
	share, _, ok := mulDiv(perWindow, uint64(ratioBPS), BasisPoints)
	if !ok {
		return 0, fmt.Errorf("%w: %d basis points of %d udbc", ErrOverflow, ratioBPS, perWindow)
	}
	return max(base, share), nil
}

// Half returns the host's part of a fee, rounded down.
func Half(fee uint64) uint64 { return fee / 2 }

// Total returns rent plus fee, which is compared with the renter's max_total.
func Total(rent, fee uint64) (uint64, error) { return add(rent, fee) }

// PenaltyTerms are fixed when a rental is created.
type PenaltyTerms struct {
	// StakeShare in udbc is the part of the stake that covers the rented slots.
	StakeShare uint64
	// MinPenalty in udbc.
	MinPenalty uint64
	// RatioBPS is the share of the unearned rent, in basis points.
	RatioBPS uint32
}

// StakeShare returns the part of a machine's required stake that covers some of
// its slots. It is rounded down so that the shares of all slots never exceed
// the stake.
func StakeShare(required uint64, slots, allSlots uint32) uint64 {
	share, _, ok := mulDiv(required, uint64(min(slots, allSlots)), uint64(allSlots))
	if !ok {
		return 0
	}
	return share
}

// Penalty returns min(stake share, max(minimum, ratio of the unearned rent)).
// The ratio is rounded up, because it goes to the renter.
func (t PenaltyTerms) Penalty(unearned uint64) uint64 {
	part, rest, ok := mulDiv(unearned, uint64(t.RatioBPS), BasisPoints)
	if !ok {
		return t.StakeShare
	}
	if rest > 0 {
		part++ // cannot wrap: part is at most a 10,000th of a value that fits into 128 bits
	}
	return min(t.StakeShare, max(t.MinPenalty, part))
}
