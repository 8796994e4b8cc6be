package rental

import (
	"fmt"
	"math/bits"
	"time"
)

// Segment is a span of a rental at one price.
type Segment struct {
	Start, End time.Time
	// Rent in udbc for the whole span.
	Rent uint64
	// Offline is how long the machine was offline inside the span, halts of the
	// chain included, without an outage that still lasts.
	Offline time.Duration
}

// View is what is known of a machine at a time. Its times are those of blocks:
// a halt of the chain moves none of them.
type View struct {
	// Now is the time; for a rental that is over, when it was over.
	Now time.Time
	// OfflineSince is the begin of an outage that still lasts, zero without one.
	OfflineSince time.Time
	// ChallengedAt is the time of an open challenge, zero without one: nobody
	// knows yet whether the machine was there after it.
	ChallengedAt time.Time
}

// horizon is the time until which rent counts as earned.
func (v View) horizon() time.Time {
	t := v.Now
	for _, bound := range []time.Time{v.OfflineSince, v.ChallengedAt} {
		if !bound.IsZero() && bound.Before(t) {
			t = bound
		}
	}
	return t
}

// earned is floor(rent * online time inside / length).
func (s Segment) earned(v View) uint64 {
	until := v.horizon()
	if until.After(s.End) {
		until = s.End
	}
	online, length := until.Sub(s.Start)-s.Offline, s.End.Sub(s.Start)
	if online <= 0 || length <= 0 {
		return 0
	}
	earned, _, ok := mulDiv(s.Rent, uint64(min(online, length)), uint64(length))
	if !ok {
		return 0 // can't be: online <= length
	}
	return earned
}

// Account is the money of a rental: 0 <= claimed <= earned <= paid.
type Account struct {
	// Segments follow each other without a gap.
	Segments []Segment
	// Folded is what segments that were taken off the list had earned.
	Folded uint64
	// Paid is the rent that went into escrow.
	Paid uint64
	// Claimed is what the host got so far.
	Claimed uint64
}

// Earned is the host's, claimed or not. It is computed from the beginning each
// time, so that no number of claims adds up rounding, and it never falls.
func (a Account) Earned(v View) uint64 {
	sum := a.Folded
	for _, s := range a.Segments {
		sum += s.earned(v) // no overflow: the rents' sum is Paid
	}
	return sum
}

// Unclaimed is what the host may claim.
func (a Account) Unclaimed(v View) uint64 {
	if earned := a.Earned(v); earned > a.Claimed {
		return earned - a.Claimed
	}
	return 0
}

// Unearned is what would go back to the renter.
func (a Account) Unearned(v View) uint64 { return a.Paid - max(a.Earned(v), a.Claimed) }

// Escrow is what the escrow holds for a rental that is not settled yet.
func (a Account) Escrow() uint64 { return a.Paid - a.Claimed }

// Fold takes segments off the list that are past and can earn no more. While a
// challenge is open none is: its outcome may take earned time away.
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

// Settle is the account after it was settled at v: all that was earned is
// claimed, the rest of what was paid was returned, nothing is in escrow.
func (a Account) Settle(v View) Account {
	earned := max(a.Earned(v), a.Claimed)
	return Account{Folded: earned, Paid: a.Paid, Claimed: earned}
}

// Refund is the account after the whole rent was returned.
func (a Account) Refund() Account { return Account{Paid: a.Paid} }

// Extend adds a paid span after the last segment. It grows that one only if
// both have exactly the same rent per time, which leaves what was earned as it
// is; else it is a segment of its own, at most maxSegments.
func (a Account) Extend(length time.Duration, rent uint64, start time.Time, maxSegments int) (Account, error) {
	paid, err := add(a.Paid, rent)
	if err != nil {
		return a, err
	}
	segments := append([]Segment(nil), a.Segments...)
	if n := len(segments); n > 0 {
		last := &segments[n-1]
		start = last.End
		if sameRate(last.Rent, last.End.Sub(last.Start), rent, length) {
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

// sameRate is rent1*length2 == rent2*length1, exactly.
func sameRate(rent1 uint64, length1 time.Duration, rent2 uint64, length2 time.Duration) bool {
	hi1, lo1 := bits.Mul64(rent1, uint64(length2))
	hi2, lo2 := bits.Mul64(rent2, uint64(length1))
	return hi1 == hi2 && lo1 == lo2
}

// Outage accounts an outage [from, to) that is over to the segments. Halts of
// the chain are part of it here: offline time earns nothing, whether or not the
// chain stood still meanwhile.
func (a Account) Outage(from, to time.Time) Account {
	segments := append([]Segment(nil), a.Segments...)
	for i := range segments {
		s := &segments[i]
		s.Offline += Overlap(s.Start, s.End, from, to).Length()
	}
	a.Segments = segments
	return a
}

// Span is the time from From until, but not at, To. It is empty where To is not after From.
type Span struct{ From, To time.Time }

// Length is 0 of an empty span.
func (s Span) Length() time.Duration { return max(0, s.To.Sub(s.From)) }

// Overlap is what [start1, end1) and [start2, end2) share.
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

// Lasting is the part of an outage that still lasts that lies inside [start, end) of a rental.
func Lasting(start, end time.Time, v View) Span {
	if v.OfflineSince.IsZero() {
		return Span{}
	}
	return Overlap(start, end, v.OfflineSince, v.Now)
}
