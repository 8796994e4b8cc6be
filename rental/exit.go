package rental

import (
	"fmt"
	"time"
)

// A listing has no exit notice, or one within these bounds.
const (
	MinExitNotice = time.Hour
	MaxExitNotice = 7 * 24 * time.Hour
)

// DefaultExitNotice is what tools propose to a host: a renter pays more readily
// for what can be left, and a day covers the host until the next renter.
const DefaultExitNotice = 24 * time.Hour

// CheckExitNotice returns ErrExitNotice unless a listing may have this exit
// notice: 0, which means that confirmed rent is not refunded, or MinExitNotice
// to MaxExitNotice.
func CheckExitNotice(seconds uint64) error {
	if seconds == 0 || seconds >= uint64(MinExitNotice/time.Second) && seconds <= uint64(MaxExitNotice/time.Second) {
		return nil
	}
	return fmt.Errorf("%w: exit_notice_seconds is %d, it must be 0 or %d to %d (%s to %s)", ErrExitNotice, seconds,
		int64(MinExitNotice/time.Second), int64(MaxExitNotice/time.Second), days(MinExitNotice), days(MaxExitNotice))
}

// Exit is what leaving a rental at a time brings.
type Exit struct {
	// End is the new end: the notice from the time of leaving, or the old end if
	// that is earlier.
	End time.Time
	// Refund in udbc is the rent for the time after End.
	Refund uint64
}

// Leave returns the account of an active rental that ends at end and is left at
// a time, and what that brings. Until the new end everything is earned as if
// nobody had left, so that neither outages nor open challenges affect the
// refund. The notice must be positive.
func (a Account) Leave(end, at time.Time, notice time.Duration) (Account, Exit) {
	left := at.Add(notice)
	if !left.Before(end) {
		return a, Exit{End: end}
	}
	kept := make([]Segment, 0, len(a.Segments))
	refund := uint64(0)
	for _, s := range a.Segments {
		if !s.Start.Before(left) {
			refund += s.Rent // cannot overflow: the rents add up to at most Paid
			continue
		}
		short := s.until(left)
		refund += s.Rent - short.Rent
		kept = append(kept, short)
	}
	a.Segments, a.Paid = kept, a.Paid-refund
	return a, Exit{End: left, Refund: refund}
}

// until returns the segment up to a time after its start. Its rent is the full
// rent's part for that time, rounded down.
func (s Segment) until(end time.Time) Segment {
	if !s.End.After(end) {
		return s
	}
	rent, length := s.rate()
	part, rest, _ := mulDiv(rent, uint64(end.Sub(s.Start)), uint64(length)) // fits: end lies within the segment
	s.End, s.Rent, s.FullRent, s.FullLength = end, part, rent, length
	if rest == 0 {
		s.FullRent, s.FullLength = 0, 0 // the rate is the same
	}
	return s
}

// Sound reports whether the segment can have been made by rents, renewals and
// leaving: a shortened one has the rounded part of its full rent.
func (s Segment) Sound() bool {
	length := s.End.Sub(s.Start)
	if length <= 0 || s.Offline < 0 || s.Offline > length {
		return false
	}
	if s.FullLength == 0 {
		return s.FullRent == 0
	}
	if s.FullLength <= length {
		return false
	}
	part, rest, _ := mulDiv(s.FullRent, uint64(length), uint64(s.FullLength)) // fits: it is a part
	return rest > 0 && part == s.Rent
}
