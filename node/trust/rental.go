package trust

import (
	"time"

	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// Rental is what a node needs to know of one.
type Rental struct {
	ID     uint64
	Renter string
	// Slots are indexes into the machine's facts, ascending.
	Slots []uint32
	State rental.State
	Start time.Time
	End   time.Time
	// Deadline of the trial.
	Deadline time.Time

	// changed is when the chain last recorded a transition.
	changed time.Time
}

// StateAt is the state at a block time, with what is due taken as done.
func (r Rental) StateAt(t time.Time) rental.State {
	return rental.Position{State: r.State, Deadline: r.Deadline, End: r.End}.At(t)
}

// ConfirmBy is when a trial is over unless it is confirmed; zero outside of one.
func (r Rental) ConfirmBy() time.Time {
	switch {
	case r.State != rental.StateTrial:
		return time.Time{}
	case r.End.Before(r.Deadline):
		return r.End
	}
	return r.Deadline
}

// overAt is when a rental that is over was over, at most now.
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
