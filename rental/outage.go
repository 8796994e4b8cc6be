package rental

import "time"

const (
	// BreakGrace is how long after an outage the renter may still break a
	// rental because of it.
	BreakGrace = 24 * time.Hour
	// RenterPenaltyTime is the longest unearned time for which a penalty is
	// paid when the renter breaks a rental.
	RenterPenaltyTime = 7 * 24 * time.Hour
)

// BreakLimit returns the outage that a renter has to accept in a rental of the
// given length. A longer outage entitles the renter to break it.
func BreakLimit(length, maxOutage time.Duration) time.Duration { return min(maxOutage, length/10) }

// BreakRight determines whether a renter may break a rental.
type BreakRight struct {
	// Outage is the total offline time within the rental. It includes an outage
	// that is still going on, but not halts of the chain.
	Outage time.Duration
	// Limit is the outage that has to be exceeded.
	Limit time.Duration
	// Offline reports whether the machine is offline.
	Offline bool
	// Until is when the right expires after the last outage, with halts of the
	// chain added. It is zero if there was no outage.
	Until time.Time
}

// Allowed reports whether the renter may break the rental now. At Until it is
// too late.
func (b BreakRight) Allowed(now time.Time) bool {
	return b.Outage > b.Limit && (b.Offline || now.Before(b.Until))
}

// UnearnedWithin returns the unearned rent for at most the given length of
// time, rounded up. It counts the time after the horizon first, then outages in
// segments that are not folded. It never exceeds the total unearned rent.
func (a Account) UnearnedWithin(v View, most time.Duration) uint64 {
	all, sum := a.Unearned(v), uint64(0)
	from := v.horizon()
	until := from.Add(most)
	take := func(s Segment, length time.Duration) {
		most -= length
		sum += min(s.part(length), all-sum)
	}
	for _, s := range a.Segments {
		take(s, Overlap(s.Start, s.End, from, until).Length())
	}
	for _, s := range a.Segments {
		take(s, min(most, s.Offline))
	}
	return sum
}

// part returns the rent for a part of the segment, rounded up.
func (s Segment) part(span time.Duration) uint64 {
	rent, length := s.rate()
	part, rest, _ := mulDiv(rent, uint64(span), uint64(length)) // fits: the span lies within the segment
	if rest > 0 {
		part++
	}
	return part
}

// AtOnce returns the part of a penalty that is paid immediately; the rest is
// held back.
func (t PenaltyTerms) AtOnce(penalty uint64) uint64 { return min(penalty, t.MinPenalty) }
