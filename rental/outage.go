package rental

import "time"

const (
	// BreakGrace is how long after an outage the renter may still break a rental for it.
	BreakGrace = 24 * time.Hour
	// RenterPenaltyTime is the most unearned time for which a renter's break is paid a penalty.
	RenterPenaltyTime = 7 * 24 * time.Hour
)

// BreakLimit is the outage that a renter has to bear: more of it lets him break a rental of a length.
func BreakLimit(length, maxOutage time.Duration) time.Duration { return min(maxOutage, length/10) }

// BreakRight is what decides whether a renter may break a rental.
type BreakRight struct {
	// Outage is all offline time in the rental, what lasts included, halts of the chain not.
	Outage time.Duration
	// Limit is what the outage must exceed.
	Limit time.Duration
	// Offline is true while the machine is offline.
	Offline bool
	// Until is when the right is over after the last outage, halts of the chain added; zero without one.
	Until time.Time
}

// Allowed reports whether the renter may break the rental now: at Until it is too late.
func (b BreakRight) Allowed(now time.Time) bool {
	return b.Outage > b.Limit && (b.Offline || now.Before(b.Until))
}

// UnearnedWithin is the unearned rent of at most a length of time, rounded up:
// of the time from the horizon on, then of outages in segments that are not
// folded. It is never more than all that is unearned.
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

// part is the rent of some time in the segment, rounded up.
func (s Segment) part(span time.Duration) uint64 {
	part, rest, _ := mulDiv(s.Rent, uint64(span), uint64(s.End.Sub(s.Start))) // fits: the span lies in the segment
	if rest > 0 {
		part++
	}
	return part
}

// AtOnce is the part of a penalty that is paid at once; the rest is held.
func (t PenaltyTerms) AtOnce(penalty uint64) uint64 { return min(penalty, t.MinPenalty) }
