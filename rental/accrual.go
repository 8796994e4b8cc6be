package rental

import (
	"fmt"
	"math/bits"
	"time"
)

// Segment is a part of a rental with one price.
type Segment struct {
	Start, End time.Time
	// Rent is the rent in udbc for the whole segment.
	Rent uint64
	// FullRent and FullLength are the rent and the length that the segment had
	// before it was shortened. It is earned at their rate, of which Rent is the
	// rounded part. Both are zero if it was not shortened or nothing was rounded.
	FullRent   uint64
	FullLength time.Duration
	// Offline is how long the machine was offline within the segment, including
	// halts of the chain, but not an outage that is still going on.
	Offline time.Duration
}

// View is what is known about a machine at a point in time. Its times are block
// times, which a halt of the chain does not shift.
type View struct {
	// Now is the current time or, for a rental that is over, the time of its
	// end.
	Now time.Time
	// OfflineSince is the start of an outage that is still going on, or zero.
	OfflineSince time.Time
	// ChallengedAt is the time of an open challenge, or zero. It is not known
	// yet whether the machine was reachable after it.
	ChallengedAt time.Time
}

// horizon returns the time until which rent counts as earned.
func (v View) horizon() time.Time {
	t := v.Now
	for _, bound := range []time.Time{v.OfflineSince, v.ChallengedAt} {
		if !bound.IsZero() && bound.Before(t) {
			t = bound
		}
	}
	return t
}

// rate returns the rent and the length that determine what a time earns.
func (s Segment) rate() (rent uint64, length time.Duration) {
	if s.FullLength != 0 {
		return s.FullRent, s.FullLength
	}
	return s.Rent, s.End.Sub(s.Start)
}

// earned returns floor(rent * online time within the segment / length).
func (s Segment) earned(v View) uint64 {
	until := v.horizon()
	if until.After(s.End) {
		until = s.End
	}
	online := until.Sub(s.Start) - s.Offline
	rent, length := s.rate()
	if online <= 0 || length <= 0 {
		return 0
	}
	earned, _, ok := mulDiv(rent, uint64(min(online, length)), uint64(length))
	if !ok {
		return 0 // unreachable: online <= length
	}
	return earned
}

// Account is the money of a rental. It holds that 0 <= claimed <= earned <=
// paid.
type Account struct {
	// Segments are contiguous.
	Segments []Segment
	// Folded is what the segments that were removed from the list had earned.
	Folded uint64
	// Paid is the rent that was paid into escrow.
	Paid uint64
	// Claimed is what the host has been paid so far.
	Claimed uint64
}

// Earned returns what the host has earned, claimed or not. It never falls. It
// is computed from the start each time, so that rounding does not add up over
// many claims.
func (a Account) Earned(v View) uint64 {
	sum := a.Folded
	for _, s := range a.Segments {
		sum += s.earned(v) // cannot overflow: the rents add up to Paid
	}
	return sum
}

// Unclaimed returns what the host may claim.
func (a Account) Unclaimed(v View) uint64 {
	if earned := a.Earned(v); earned > a.Claimed {
		return earned - a.Claimed
	}
	return 0
}

// Unearned returns what would be returned to the renter.
func (a Account) Unearned(v View) uint64 { return a.Paid - max(a.Earned(v), a.Claimed) }

// Escrow returns what the escrow holds for a rental that is not settled yet.
func (a Account) Escrow() uint64 { return a.Paid - a.Claimed }

// Fold removes past segments that can earn no more. It removes none while a
// challenge is open, because the outcome may take earned time away.
func (a Account) Fold(v View) Account {
	if !v.ChallengedAt.IsZero() {
		return a
	}
	n := 0
	for n < len(a.Segments) && !v.Now.Before(a.Segments[n].End) {
		a.Folded += a.Segments[n].earned(v)
		n++
	}
	a.Segments = append([]Segment(nil), a.Segments[n:]...)
	return a
}

// Settle returns the account after settlement at v: all that was earned is
// claimed, the rest of what was paid is returned, and nothing is left in
// escrow.
func (a Account) Settle(v View) Account {
	earned := max(a.Earned(v), a.Claimed)
	return Account{Folded: earned, Paid: a.Paid, Claimed: earned}
}

// Refund returns the account after the whole rent was returned.
func (a Account) Refund() Account { return Account{Paid: a.Paid} }

// Extend adds a paid span after the last segment. It lengthens that segment
// only if both have exactly the same rate, which leaves the earned amount
// unchanged, and nothing was rounded when it was shortened. Otherwise it appends a segment, up to maxSegments.
func (a Account) Extend(length time.Duration, rent uint64, start time.Time, maxSegments int) (Account, error) {
	paid, err := add(a.Paid, rent)
	if err != nil {
		return a, err
	}
	segments := append([]Segment(nil), a.Segments...)
	if n := len(segments); n > 0 {
		last := &segments[n-1]
		start = last.End
		if last.FullLength == 0 && sameRate(last.Rent, last.End.Sub(last.Start), rent, length) {
			last.End, last.Rent = last.End.Add(length), last.Rent+rent
			a.Segments, a.Paid = segments, paid
			return a, nil
		}
	}
	if len(segments) >= maxSegments {
		return a, fmt.Errorf("%w: it has %d, the limit is %d; wait until one is over or rent anew", ErrSegments, len(segments), maxSegments)
	}
	a.Segments = append(segments, Segment{Start: start, End: start.Add(length), Rent: rent})
	a.Paid = paid
	return a, nil
}

// sameRate reports whether rent1*length2 == rent2*length1, exactly.
func sameRate(rent1 uint64, length1 time.Duration, rent2 uint64, length2 time.Duration) bool {
	hi1, lo1 := bits.Mul64(rent1, uint64(length2))
	hi2, lo2 := bits.Mul64(rent2, uint64(length1))
	return hi1 == hi2 && lo1 == lo2
}

// Outage adds an outage [from, to) that is over to the segments. It includes
// halts of the chain: offline time earns nothing, whether or not the chain was
// halted at the time.
func (a Account) Outage(from, to time.Time) Account {
	segments := append([]Segment(nil), a.Segments...)
	for i := range segments {
		s := &segments[i]
		s.Offline += Overlap(s.Start, s.End, from, to).Length()
	}
	a.Segments = segments
	return a
}

// Span is the time from From up to, but not including, To. It is empty if To is
// not after From.
type Span struct{ From, To time.Time }

// Length returns the length of the span, which is 0 if the span is empty.
func (s Span) Length() time.Duration { return max(0, s.To.Sub(s.From)) }

// Overlap returns the intersection of [start1, end1) and [start2, end2).
func Overlap(start1, end1, start2, end2 time.Time) Span {
	shared := Span{start1, end1}
	if start2.After(start1) {
		shared.From = start2
	}
	if end2.Before(end1) {
		shared.To = end2
	}
	return shared
}

// Lasting returns the part of an outage that is still going on within [start,
// end) of a rental.
func Lasting(start, end time.Time, v View) Span {
	if v.OfflineSince.IsZero() {
		return Span{}
	}
	return Overlap(start, end, v.OfflineSince, v.Now)
}
