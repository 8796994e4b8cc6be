package host

import (
	"testing"
	"time"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/vm"
)

// in returns a task in that state.
func in(state lifecycle.State, more ...func(*journal.Task)) journal.Task {
	t := journal.Task{Progress: journal.Progress{State: state}}
	for _, change := range more {
		change(&t)
	}
	return t
}

func ended(over *journal.Over) func(*journal.Task) {
	return func(t *journal.Task) { t.Rental.Over = over }
}

func until(end time.Time) func(*journal.Task) { return func(t *journal.Task) { t.Rental.End = end } }

func keptTo(at time.Time) func(*journal.Task) { return func(t *journal.Task) { t.Keep.Until = at } }

func retried(at time.Time) func(*journal.Task) {
	return func(t *journal.Task) { t.Progress.RetryAt = at }
}

func stopped(at time.Time) func(*journal.Task) {
	return func(t *journal.Task) { t.Progress.StopAt = at }
}

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
		"open, creating":                   {in(lifecycle.Creating), lifecycle.Open, false, nil, lifecycle.Build},
		"open, runs":                       {in(lifecycle.Running), lifecycle.Open, false, &on, lifecycle.Nothing},
		"open, lost":                       {in(lifecycle.Running), lifecycle.Open, false, nil, lifecycle.StartAgain},
		"open, off":                        {in(lifecycle.Running), lifecycle.Open, false, &off, lifecycle.StartAgain},
		"open, off, tried just now":        {in(lifecycle.Running, retried(future)), lifecycle.Open, false, &off, lifecycle.Nothing},
		"open, the guest went off":         {in(lifecycle.Running), lifecycle.Open, false, &guest, lifecycle.NoteClosed},
		"open, closed, somebody booted it": {in(lifecycle.Closed), lifecycle.Open, false, &on, lifecycle.NoteRunning},
		"open, closed":                     {in(lifecycle.Closed), lifecycle.Open, false, &guest, lifecycle.Nothing},
		"open, create failed":              {in(lifecycle.CreateError), lifecycle.Open, false, nil, lifecycle.Nothing},
		"deleting":                         {in(lifecycle.Deleting), lifecycle.InDoubt, true, &on, lifecycle.Wipe},
		"over, runs":                       {in(lifecycle.Running, ended(over)), lifecycle.Over, false, &on, lifecycle.EndGracefully},
		"over, in its minute":              {in(lifecycle.ShuttingDown, stopped(future), ended(over)), lifecycle.Over, false, &on, lifecycle.Nothing},
		"over, minute past":                {in(lifecycle.ShuttingDown, stopped(past), ended(over)), lifecycle.Over, false, &on, lifecycle.Finish},
		"over, off":                        {in(lifecycle.ShuttingDown, stopped(future), ended(over)), lifecycle.Over, false, &off, lifecycle.Finish},
		"over, creating":                   {in(lifecycle.Creating, ended(over)), lifecycle.Over, false, &on, lifecycle.Finish},
		"over, runs, in doubt":             {in(lifecycle.Running, ended(over)), lifecycle.Over, true, &on, lifecycle.EndGracefully},
		"over, kept":                       {in(lifecycle.Closed, ended(over), keptTo(future)), lifecycle.Over, false, nil, lifecycle.Nothing},
		"over, kept long enough":           {in(lifecycle.Closed, ended(over), keptTo(past)), lifecycle.Over, false, nil, lifecycle.Wipe},
		"over, long enough, in doubt":      {in(lifecycle.Closed, ended(over), keptTo(past)), lifecycle.Over, true, nil, lifecycle.Nothing},
		"refunded":                         {in(lifecycle.Running, ended(refunded)), lifecycle.Over, false, &on, lifecycle.Wipe},
		"refunded, in doubt":               {in(lifecycle.Running, ended(refunded)), lifecycle.Over, true, &on, lifecycle.Finish},
		"refunded, off, in doubt":          {in(lifecycle.Closed, ended(refunded), keptTo(past)), lifecycle.Over, true, nil, lifecycle.Nothing},
		"over, create failed":              {in(lifecycle.CreateError, ended(over)), lifecycle.Over, false, nil, lifecycle.Wipe},
		"doubt, within its time":           {in(lifecycle.Running, until(now)), lifecycle.InDoubt, true, &on, lifecycle.Nothing},
		"doubt, after the grace":           {in(lifecycle.Running, until(now.Add(-ChainGrace))), lifecycle.InDoubt, true, &on, lifecycle.Pause},
		"doubt, lost":                      {in(lifecycle.Running, until(future)), lifecycle.InDoubt, true, nil, lifecycle.StartAgain},
		"doubt, lost after its end":        {in(lifecycle.Running, until(past)), lifecycle.InDoubt, true, nil, lifecycle.Nothing},
		"doubt, creating":                  {in(lifecycle.Creating, until(future)), lifecycle.InDoubt, true, nil, lifecycle.Nothing},
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
