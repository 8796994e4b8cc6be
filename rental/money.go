package rental

import (
	"fmt"
	"math/bits"
	"time"
)

// BasisPoints is the whole in basis points.
const BasisPoints = 10_000

const secondsPerDay = 86_400

// mulDiv is floor(a*b/c) in 128 bits; ok is false if it does not fit 64 bits.
func mulDiv(a, b, c uint64) (quotient, rest uint64, ok bool) {
	hi, lo := bits.Mul64(a, b)
	if hi >= c { // also c == 0
		return 0, 0, false
	}
	quotient, rest = bits.Div64(hi, lo, c)
	return quotient, rest, true
}

// add is a+b, or ErrOverflow.
func add(a, b uint64) (uint64, error) {
	sum, carry := bits.Add64(a, b, 0)
	if carry != 0 {
		return 0, fmt.Errorf("%w: %d + %d udbc", ErrOverflow, a, b)
	}
	return sum, nil
}

// Price is the rent in udbc of slots at a price per slot and day for a number
// of seconds, rounded down. A rent of zero is ErrZeroRent.
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

// Fee is what a trial costs unless the machine fails it: the base, or ratioBPS of
// the price of one trial window where that is more.
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

// Half is the host's part of a fee, rounded down.
func Half(fee uint64) uint64 { return fee / 2 }

// Total is rent and fee, what a renter's max_total is compared with.
func Total(rent, fee uint64) (uint64, error) { return add(rent, fee) }

// PenaltyTerms are fixed when a rental is made.
type PenaltyTerms struct {
	// StakeShare in udbc is the part of the stake that the slots stand for.
	StakeShare uint64
	// MinPenalty in udbc.
	MinPenalty uint64
	// RatioBPS is the part of the unearned rent, in basis points.
	RatioBPS uint32
}

// StakeShare is the part of a machine's required stake that some of its slots
// stand for, rounded down so that all slots together never stand for more than it.
func StakeShare(required uint64, slots, allSlots uint32) uint64 {
	share, _, ok := mulDiv(required, uint64(min(slots, allSlots)), uint64(allSlots))
	if !ok {
		return 0
	}
	return share
}

// Penalty is min(stake share, max(minimum, ratio of the unearned rent)), the
// ratio's part rounded up: it goes to the renter.
func (t PenaltyTerms) Penalty(unearned uint64) uint64 {
	part, rest, ok := mulDiv(unearned, uint64(t.RatioBPS), BasisPoints)
	if !ok {
		return t.StakeShare
	}
	if rest > 0 {
		part++ // can't wrap: part is at most a 10,000th of 128 bits that fit
	}
	return min(t.StakeShare, max(t.MinPenalty, part))
}
