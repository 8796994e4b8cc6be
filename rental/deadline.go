package rental

import "time"

// StoredDeadline returns a deadline as it is stored: without the halted time
// that had accumulated when it was set. A later halt then shifts every
// effective deadline without rewriting anything stored.
func StoredDeadline(deadline time.Time, halted time.Duration) time.Time {
	return deadline.Add(-halted)
}

// EffectiveDeadline returns the time at which a stored deadline passes, given
// the total halted time up to now.
func EffectiveDeadline(stored time.Time, halted time.Duration) time.Time {
	return stored.Add(halted)
}

// Position is everything that determines the state of a rental at a point in
// time.
type Position struct {
	State State
	// Deadline is the effective deadline. It is used only during a trial.
	Deadline time.Time
	End      time.Time
	// OfflineSince is the start of the machine's outage. It is zero if the
	// machine is not offline or the caller does not know.
	OfflineSince time.Time
}

// Due returns the event that the passing of time has caused, and when: past its
// deadline or end a rental is over, whether or not a block has recorded it. An
// event at exactly the deadline is too late. ok is false if nothing is due.
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

// At returns the state at a point in time, as if the due event had been
// recorded.
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
