package host

import (
	"context"
	"testing"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
)

// TestStale: a pass decides on what it read before it asked the chain and the
// hypervisor. What a renter requested meanwhile is not undone.
func TestStale(t *testing.T) {
	for asked, decided := range map[lifecycle.State][]lifecycle.Action{
		lifecycle.PoweringOff: {lifecycle.StartAgain, lifecycle.Resume, lifecycle.NoteRunning, lifecycle.NoteClosed},
		lifecycle.Restarting:  {lifecycle.NoteClosed, lifecycle.NoteRunning, lifecycle.StartAgain},
	} {
		for _, next := range decided {
			t.Run(string(next)[:6], func(t *testing.T) {
				play(t, func(t *testing.T, w *world) {
					task := w.running()
					// As ask writes it, with no pass since.
					if _, err := w.journal.Change(task.ID, func(t *journal.Task) error { t.Progress.State = asked; return nil }); err != nil {
						t.Fatal(err)
					}
					_ = w.host.operate(context.Background(), task.ID, next)
					if got := w.task(task.ID); got.Progress.State != asked {
						t.Errorf("it is %s", got.Progress.State)
					}
				})
			})
		}
	}
}
