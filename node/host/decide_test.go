package host

import (
	"testing"
	"time"

	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/vm"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	over, refunded := &journal.Over{At: now}, &journal.Over{At: now, Refunded: true}
	past, future := now.Add(-time.Second), now.Add(time.Second)
	on, off := vm.Domain{State: vm.StateRunning}, vm.Domain{State: vm.StateOff}
	guest := vm.Domain{State: vm.StateOff, Reason: vm.ReasonGuest}
	for name, c := range map[string]struct {
		task   journal.Task
		rental standing
		doubt  bool
		domain *vm.Domain
		want   action
	}{
		"open, creating":                   {journal.Task{Status: journal.Creating}, isOpen, false, nil, build},
		"open, runs":                       {journal.Task{Status: journal.Running}, isOpen, false, &on, nothing},
		"open, lost":                       {journal.Task{Status: journal.Running}, isOpen, false, nil, restore},
		"open, off":                        {journal.Task{Status: journal.Running}, isOpen, false, &off, restore},
		"open, off, tried just now":        {journal.Task{Status: journal.Running, RetryAt: future}, isOpen, false, &off, nothing},
		"open, the guest went off":         {journal.Task{Status: journal.Running}, isOpen, false, &guest, noteClosed},
		"open, closed, somebody booted it": {journal.Task{Status: journal.Closed}, isOpen, false, &on, noteRunning},
		"open, closed":                     {journal.Task{Status: journal.Closed}, isOpen, false, &guest, nothing},
		"open, create failed":              {journal.Task{Status: journal.CreateError}, isOpen, false, nil, nothing},
		"deleting":                         {journal.Task{Status: journal.Deleting}, inDoubt, true, &on, wipe},
		"over, runs":                       {journal.Task{Status: journal.Running, Over: over}, isOver, false, &on, shutdown},
		"over, in its minute":              {journal.Task{Status: journal.ShuttingDown, Over: over, StopAt: future}, isOver, false, &on, nothing},
		"over, minute past":                {journal.Task{Status: journal.ShuttingDown, Over: over, StopAt: past}, isOver, false, &on, finish},
		"over, off":                        {journal.Task{Status: journal.ShuttingDown, Over: over, StopAt: future}, isOver, false, &off, finish},
		"over, creating":                   {journal.Task{Status: journal.Creating, Over: over}, isOver, false, &on, finish},
		"over, runs, in doubt":             {journal.Task{Status: journal.Running, Over: over}, isOver, true, &on, shutdown},
		"over, kept":                       {journal.Task{Status: journal.Closed, Over: over, KeepUntil: future}, isOver, false, nil, nothing},
		"over, kept long enough":           {journal.Task{Status: journal.Closed, Over: over, KeepUntil: past}, isOver, false, nil, wipe},
		"over, long enough, in doubt":      {journal.Task{Status: journal.Closed, Over: over, KeepUntil: past}, isOver, true, nil, nothing},
		"refunded":                         {journal.Task{Status: journal.Running, Over: refunded}, isOver, false, &on, wipe},
		"refunded, in doubt":               {journal.Task{Status: journal.Running, Over: refunded}, isOver, true, &on, finish},
		"refunded, off, in doubt":          {journal.Task{Status: journal.Closed, Over: refunded, KeepUntil: past}, isOver, true, nil, nothing},
		"over, create failed":              {journal.Task{Status: journal.CreateError, Over: over}, isOver, false, nil, wipe},
		"doubt, within its time":           {journal.Task{Status: journal.Running, RentEnd: now}, inDoubt, true, &on, nothing},
		"doubt, after the grace":           {journal.Task{Status: journal.Running, RentEnd: now.Add(-ChainGrace)}, inDoubt, true, &on, pause},
		"doubt, lost":                      {journal.Task{Status: journal.Running, RentEnd: future}, inDoubt, true, nil, restore},
		"doubt, lost after its end":        {journal.Task{Status: journal.Running, RentEnd: past}, inDoubt, true, nil, nothing},
		"doubt, creating":                  {journal.Task{Status: journal.Creating, RentEnd: future}, inDoubt, true, nil, nothing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sight{task: c.task, rental: c.rental, doubt: c.doubt, now: now, grace: ChainGrace}
			if c.domain != nil {
				s.found, s.domain = true, *c.domain
			}
			if got := decide(s); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
