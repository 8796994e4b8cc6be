package rental

import "time"

// StoredDeadline is a deadline as it is kept: without the time for which the
// chain had stood still when it was made. A halt then moves every effective
// deadline while nothing stored is rewritten.
func StoredDeadline(deadline time.Time, halted time.Duration) time.Time {
	return deadline.Add(-halted)
}

// EffectiveDeadline is when a stored deadline passes, given the sum of all halted time until now.
func EffectiveDeadline(stored time.Time, halted time.Duration) time.Time {
	return stored.Add(halted)
}

// Position is all that decides where a rental stands at a time.
type Position struct {
	State State
	// Deadline is the effective one; it matters in a trial only.
	Deadline time.Time
	End      time.Time
	// OfflineSince is the machine's; zero while it is not offline or where the caller does not know.
	OfflineSince time.Time
}

// Due is the event that time has made, and when: past its deadline or end a
// rental is over, whether or not a block has recorded it. An event at its
// deadline is late. ok is false if nothing is due.
func (p Position) Due(now time.Time) (event Event, at time.Time, ok bool) {
	switch p.State {
	case StateTrial:
		event, at = EventDeadline, p.Deadline
		if p.End.Before(at) {
			event, at = EventEnd, p.End
		}
		if !p.OfflineSince.IsZero() && p.OfflineSince.Before(at) {
			event, at = EventMachineOffline, p.OfflineSince
		}
	case StateActive:
		event, at = EventEnd, p.End
	default:
		return 0, time.Time{}, false
	}
	if now.Before(at) {
		return 0, time.Time{}, false
	}
	return event, at, true
}

// At is the state at a time, with what is due taken as done.
func (p Position) At(now time.Time) State {
	event, _, ok := p.Due(now)
	if !ok {
		return p.State
	}
	t, err := Next(p.State, event)
	if err != nil {
		return p.State
	}
	return t.To
}
