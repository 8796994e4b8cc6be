package host

import (
	"testing"
	"time"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/vm"
)

func TestView(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	over, refunded := &journal.Over{At: now}, &journal.Over{At: now, Refunded: true}
	past, future := now.Add(-time.Second), now.Add(time.Second)
	on, off := vm.Domain{State: vm.StateRunning}, vm.Domain{State: vm.StateOff}
	guest := vm.Domain{State: vm.StateOff, Reason: vm.ReasonGuest}
	for name, c := range map[string]struct {
		task   journal.Task
		rental lifecycle.Standing
		doubt  bool
		domain *vm.Domain
		want   lifecycle.Action
	}{
		"open, creating":                   {journal.Task{Status: lifecycle.Creating}, lifecycle.Open, false, nil, lifecycle.Build},
		"open, runs":                       {journal.Task{Status: lifecycle.Running}, lifecycle.Open, false, &on, lifecycle.Nothing},
		"open, lost":                       {journal.Task{Status: lifecycle.Running}, lifecycle.Open, false, nil, lifecycle.StartAgain},
		"open, off":                        {journal.Task{Status: lifecycle.Running}, lifecycle.Open, false, &off, lifecycle.StartAgain},
		"open, off, tried just now":        {journal.Task{Status: lifecycle.Running, RetryAt: future}, lifecycle.Open, false, &off, lifecycle.Nothing},
		"open, the guest went off":         {journal.Task{Status: lifecycle.Running}, lifecycle.Open, false, &guest, lifecycle.NoteClosed},
		"open, closed, somebody booted it": {journal.Task{Status: lifecycle.Closed}, lifecycle.Open, false, &on, lifecycle.NoteRunning},
		"open, closed":                     {journal.Task{Status: lifecycle.Closed}, lifecycle.Open, false, &guest, lifecycle.Nothing},
		"open, create failed":              {journal.Task{Status: lifecycle.CreateError}, lifecycle.Open, false, nil, lifecycle.Nothing},
		"deleting":                         {journal.Task{Status: lifecycle.Deleting}, lifecycle.InDoubt, true, &on, lifecycle.Wipe},
		"over, runs":                       {journal.Task{Status: lifecycle.Running, Over: over}, lifecycle.Over, false, &on, lifecycle.EndGracefully},
		"over, in its minute":              {journal.Task{Status: lifecycle.ShuttingDown, Over: over, StopAt: future}, lifecycle.Over, false, &on, lifecycle.Nothing},
		"over, minute past":                {journal.Task{Status: lifecycle.ShuttingDown, Over: over, StopAt: past}, lifecycle.Over, false, &on, lifecycle.Finish},
		"over, off":                        {journal.Task{Status: lifecycle.ShuttingDown, Over: over, StopAt: future}, lifecycle.Over, false, &off, lifecycle.Finish},
		"over, creating":                   {journal.Task{Status: lifecycle.Creating, Over: over}, lifecycle.Over, false, &on, lifecycle.Finish},
		"over, runs, in doubt":             {journal.Task{Status: lifecycle.Running, Over: over}, lifecycle.Over, true, &on, lifecycle.EndGracefully},
		"over, kept":                       {journal.Task{Status: lifecycle.Closed, Over: over, KeepUntil: future}, lifecycle.Over, false, nil, lifecycle.Nothing},
		"over, kept long enough":           {journal.Task{Status: lifecycle.Closed, Over: over, KeepUntil: past}, lifecycle.Over, false, nil, lifecycle.Wipe},
		"over, long enough, in doubt":      {journal.Task{Status: lifecycle.Closed, Over: over, KeepUntil: past}, lifecycle.Over, true, nil, lifecycle.Nothing},
		"refunded":                         {journal.Task{Status: lifecycle.Running, Over: refunded}, lifecycle.Over, false, &on, lifecycle.Wipe},
		"refunded, in doubt":               {journal.Task{Status: lifecycle.Running, Over: refunded}, lifecycle.Over, true, &on, lifecycle.Finish},
		"refunded, off, in doubt":          {journal.Task{Status: lifecycle.Closed, Over: refunded, KeepUntil: past}, lifecycle.Over, true, nil, lifecycle.Nothing},
		"over, create failed":              {journal.Task{Status: lifecycle.CreateError, Over: over}, lifecycle.Over, false, nil, lifecycle.Wipe},
		"doubt, within its time":           {journal.Task{Status: lifecycle.Running, RentEnd: now}, lifecycle.InDoubt, true, &on, lifecycle.Nothing},
		"doubt, after the grace":           {journal.Task{Status: lifecycle.Running, RentEnd: now.Add(-ChainGrace)}, lifecycle.InDoubt, true, &on, lifecycle.Pause},
		"doubt, lost":                      {journal.Task{Status: lifecycle.Running, RentEnd: future}, lifecycle.InDoubt, true, nil, lifecycle.StartAgain},
		"doubt, lost after its end":        {journal.Task{Status: lifecycle.Running, RentEnd: past}, lifecycle.InDoubt, true, nil, lifecycle.Nothing},
		"doubt, creating":                  {journal.Task{Status: lifecycle.Creating, RentEnd: future}, lifecycle.InDoubt, true, nil, lifecycle.Nothing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := observed{task: c.task, standing: c.rental, doubt: c.doubt, now: now}
			if c.domain != nil {
				o.found, o.domain = true, *c.domain
			}
			if got := lifecycle.Next(o.view()); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
