package trust

import (
	"time"

	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// Rental is what a node needs to know about a rental.
type Rental struct {
	ID     uint64
	Renter string
	// Slots are indices into the machine's facts, ascending.
	Slots []uint32
	State rental.State
	Start time.Time
	End   time.Time
	// Deadline of the trial.
	Deadline time.Time

	// changed is when the chain last recorded a transition.
	changed time.Time
}

// StateAt returns the state at a block time, as if due events had been
// recorded.
func (r Rental) StateAt(t time.Time) rental.State {
	return rental.Position{State: r.State, Deadline: r.Deadline, End: r.End}.At(t)
}

// ConfirmBy returns when a trial ends unless it is confirmed, or zero outside a
// trial.
func (r Rental) ConfirmBy() time.Time {
	switch {
	case r.State != rental.StateTrial:
		return time.Time{}
	case r.End.Before(r.Deadline):
		return r.End
	}
	return r.Deadline
}

// overAt returns when a rental that is over ended, at most now.
func (r Rental) overAt(now time.Time) time.Time {
	at := r.End
	if _, due, ok := (rental.Position{State: r.State, Deadline: r.Deadline, End: r.End}).Due(now); ok {
		at = due
	} else if !r.changed.IsZero() && r.changed.Before(at) {
		at = r.changed
	}
	if now.Before(at) {
		return now
	}
	return at
}

func fromProto(p xrental.Rental) Rental {
	r := Rental{
		ID: p.Id, Renter: p.Renter, Slots: p.Slots, State: rental.State(p.State),
		Start: p.Start, End: p.End, Deadline: p.Deadline,
	}
	if n := len(p.Transitions); n > 0 {
		r.changed = p.Transitions[n-1].Time
	}
	if at, over := p.ClosedAt(); over { // a challenge may have decided about its fee since
		r.changed = at
	}
	return r
}
