package rental_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dbc-network/dbc/rental"
)

var origin = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestDue(t *testing.T) {
	t.Parallel()
	deadline, end := origin.Add(30*time.Minute), origin.Add(time.Hour)
	trial := rental.Position{State: rental.StateTrial, Deadline: deadline, End: end}
	active := rental.Position{State: rental.StateActive, Deadline: deadline, End: end}
	halted, offline, offlineLate := trial, trial, trial
	halted.Deadline = end.Add(time.Minute)
	offline.OfflineSince = origin.Add(time.Minute)
	offlineLate.OfflineSince = deadline
	tests := map[string]struct {
		position rental.Position
		now      time.Time
		want     rental.State
		event    rental.Event
		at       time.Time
	}{
		"trial before its deadline":             {trial, deadline.Add(-1), rental.StateTrial, 0, time.Time{}},
		"trial at its deadline":                 {trial, deadline, rental.StateRefunded, rental.EventDeadline, deadline},
		"trial long after":                      {trial, end.Add(time.Hour), rental.StateRefunded, rental.EventDeadline, deadline},
		"trial whose end comes first":           {halted, end, rental.StateRefunded, rental.EventEnd, end},
		"trial on a machine that went offline":  {offline, origin.Add(2 * time.Minute), rental.StateRefunded, rental.EventMachineOffline, offline.OfflineSince},
		"trial on a machine that went off late": {offlineLate, end, rental.StateRefunded, rental.EventDeadline, deadline},
		"active past the deadline":              {active, end.Add(-1), rental.StateActive, 0, time.Time{}},
		"active at its end":                     {active, end, rental.StateEnded, rental.EventEnd, end},
		"ended":                                 {rental.Position{State: rental.StateEnded, End: end}, end, rental.StateEnded, 0, time.Time{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event, at, due := test.position.Due(test.now)
			if due != (test.event != 0) || event != test.event || !at.Equal(test.at) {
				t.Errorf("got %s at %s, %v; want %s at %s", event, at, due, test.event, test.at)
			}
			if got := test.position.At(test.now); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// A deadline is unchanged if the chain has not halted since it was set, and
// otherwise later by exactly the halted time.
func TestHaltsMoveDeadlines(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		before := time.Duration(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(t, "before"))
		since := time.Duration(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(t, "since"))
		stored := rental.StoredDeadline(origin, before)
		if got := rental.EffectiveDeadline(stored, before+since); !got.Equal(origin.Add(since)) {
			t.Fatalf("got %s, want %s", got, origin.Add(since))
		}
	})
}
