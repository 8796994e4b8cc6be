package host

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/vm"
)

// killer wraps steps: at one point of one step it copies the journal, as a kill
// would leave it, and makes the host do nothing more.
type killer struct {
	w       *world
	name    string
	moment  string
	undoing bool
	left    string
}

func (k *killer) wrap(s step) step {
	if s.name != k.name {
		return s
	}
	inner := &s.do
	if k.undoing {
		inner = &s.undo
	}
	work := *inner
	*inner = func(h *Host, ctx context.Context, t journal.Task) error {
		if k.left != "" {
			return context.Canceled
		}
		if k.moment == "after" {
			if err := work(h, ctx, t); err != nil {
				return err
			}
		}
		k.left = k.w.snapshot(1)
		go k.w.stop() // waits for this operation, so not from within it
		<-ctx.Done()
		return ctx.Err()
	}
	return s
}

// TestKillInCreate goes through the list of steps, kills the host before and
// after each, and starts another on what is left.
func TestKillInCreate(t *testing.T) {
	for _, s := range steps {
		for _, moment := range []string{"before", "after"} {
			if s.name == stepReserve {
				continue // one transaction; TestKillAfterReserve
			}
			t.Run(s.name+"/"+moment, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				synctest.Test(t, func(t *testing.T) {
					w.t = t
					k := &killer{w: w, name: s.name, moment: moment}
					w.boot(k.wrap)
					task := w.create(w.order(w.ledger.rent(1, alice, 2*time.Hour, 0), 5200))
					settle(time.Second)
					if k.left == "" {
						t.Fatal("the kill did not come")
					}
					w.revive(k.left)
					w.matches(task)
				})
			})
		}
	}
}

func TestKillAfterReserve(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	synctest.Test(t, func(t *testing.T) {
		w.t = t
		w.boot(nil)
		w.stop()
		// The reply was sent, and nothing else happened.
		var err error
		if w.journal, err = journal.Open(w.path, bound); err != nil {
			t.Fatal(err)
		}
		w.host.deps.Journal = w.journal
		task := w.create(w.order(w.ledger.rent(1, alice, 2*time.Hour, 0), 5200))
		if err := w.journal.Close(); err != nil {
			t.Fatal(err)
		}
		w.revive(w.path)
		w.matches(task)
	})
}

// TestKillInDelete does the same for the steps of a delete.
func TestKillInDelete(t *testing.T) {
	for _, s := range steps {
		for _, moment := range []string{"before", "after"} {
			t.Run(s.name+"/"+moment, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				synctest.Test(t, func(t *testing.T) {
					w.t = t
					k := &killer{w: w, name: s.name, moment: moment, undoing: true}
					w.boot(k.wrap)
					task := w.create(w.order(w.ledger.rent(1, alice, 2*time.Hour, 0), 5200))
					settle(time.Second)
					if err := w.host.Delete(as(alice, 1), task.ID); err != nil {
						t.Fatal(err)
					}
					settle(time.Second)
					if k.left == "" {
						t.Fatal("the kill did not come")
					}
					w.revive(k.left)
					settle(10 * time.Second)
					w.empty()
					w.stop()
				})
			})
		}
	}
}

// TestKillThenRental: the rental ends while the node is down, and what was half made is
// removed.
func TestKillThenRentalEnds(t *testing.T) {
	for _, s := range steps[1:] {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			synctest.Test(t, func(t *testing.T) {
				w.t = t
				k := &killer{w: w, name: s.name, moment: "after"}
				w.boot(k.wrap)
				w.create(w.order(w.ledger.rent(1, alice, 2*time.Hour, 0), 5200))
				settle(time.Second)
				w.ledger.end(1, true)
				w.revive(k.left)
				settle(10 * time.Second)
				w.empty()
				w.stop()
			})
		})
	}
}

// revive runs another host on what a killed one left on disk.
func (w *world) revive(path string) {
	w.stop()
	w.path = path
	w.boot(nil)
}

// matches checks that two periods later the VM is as rented, that its reservation is what
// was promised, and that all of it is given back in the end.
func (w *world) matches(promised journal.Task) {
	w.t.Helper()
	defer w.stop()
	settle(2 * w.host.cfg.Period)
	got := w.task(promised.ID)
	if got.Progress.State != lifecycle.Running || w.domain(got.Identity.UUID) != vm.StateRunning || len(w.guests.Connections()) != 1 {
		w.t.Fatalf("status %s (%s), domain %q, %d bindings", got.Progress.State, got.Progress.Reason, w.domain(got.Identity.UUID), len(w.guests.Connections()))
	}
	if fmt.Sprint(got.Reserved) != fmt.Sprint(promised.Reserved) {
		w.t.Errorf("reserved %+v, promised %+v", got.Reserved, promised.Reserved)
	}
	domains, err := w.driver.List(context.Background())
	if err != nil || len(domains) != 1 {
		w.t.Errorf("%d domains, %v", len(domains), err)
	}
	spec, _ := w.driver.Spec(got.Identity.UUID)
	if spec.VCPUs != promised.Wanted.CPUs || spec.MemoryMiB != int(promised.Wanted.MemoryMiB) {
		w.t.Errorf("the VM is %+v", spec)
	}
	if err := w.host.Delete(as(alice, 1), got.ID); err != nil {
		w.t.Fatal(err)
	}
	settle(time.Second)
	w.empty()
}
