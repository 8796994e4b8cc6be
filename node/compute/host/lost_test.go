package host

import (
	"context"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/vm"
)

// methods are those of the driver that fail when libvirtd is lost.
var methods = []string{"Define", "Start", "Shutdown", "Stop", "Undefine", "Get", "List", "Pause", "Resume", "Reset"}

func (w *world) loseHypervisor(lost bool) {
	var err error
	if lost {
		err = vm.ErrUnavailable
	}
	for _, method := range methods {
		w.driver.Fail(method, err)
	}
}

func (w *world) loseChain(lost bool) {
	var err error
	if lost {
		err = trust.ErrSilent
	}
	w.ledger.disbelieve(err)
}

// losses are what can be away while the node keeps running.
var losses = map[string]func(*world, bool){"hypervisor": (*world).loseHypervisor, "chain": (*world).loseChain}

// losing wraps one step so that something is lost right before it is done or undone.
func losing(w *world, name string, undoing bool, lose func(*world, bool)) func(step) step {
	return func(s step) step {
		if s.name != name {
			return s
		}
		inner := &s.do
		if undoing {
			inner = &s.undo
		}
		work, lost := *inner, false
		*inner = func(h *Host, ctx context.Context, t journal.Task) error {
			if !lost {
				lost = true
				lose(w, true)
			}
			return work(h, ctx, t)
		}
		return s
	}
}

// TestLostInCreate: libvirtd or the chain goes away at each step in the
// journal's list; once it is back the VM is as rented.
func TestLostInCreate(t *testing.T) {
	for what, lose := range losses {
		for _, s := range steps[1:] {
			t.Run(what+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				synctest.Test(t, func(t *testing.T) {
					w.t = t
					w.boot(losing(w, s.name, false, lose))
					task := w.create(w.order(w.ledger.rent(1, alice, 2*time.Hour, 0), 5200))
					settle(30 * time.Second)
					lose(w, false)
					w.matches(task)
				})
			})
		}
	}
}

// TestLostInDelete: the same for a delete, after which nothing may be left.
func TestLostInDelete(t *testing.T) {
	for what, lose := range losses {
		for _, s := range steps {
			t.Run(what+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				synctest.Test(t, func(t *testing.T) {
					w.t = t
					w.boot(losing(w, s.name, true, lose))
					task := w.create(w.order(w.ledger.rent(1, alice, 2*time.Hour, 0), 5200))
					settle(time.Second)
					if err := w.host.Delete(as(alice, 1), task.ID); err != nil {
						t.Fatal(err)
					}
					settle(30 * time.Second)
					lose(w, false)
					settle(2 * w.host.cfg.Period)
					w.empty()
					w.stop()
				})
			})
		}
	}
}

// TestKillAtTheEnd: the host dies before and after each thing that is undone
// when a rental ends. Afterwards the VM is gone, its disk is kept, and only the
// disk's reservation is left.
func TestKillAtTheEnd(t *testing.T) {
	for _, name := range []string{stepReady, stepStart, stepDefine, stepNetwork} {
		for _, moment := range []string{"before", "after"} {
			t.Run(name+"/"+moment, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				synctest.Test(t, func(t *testing.T) {
					w.t = t
					k := &killer{w: w, name: name, moment: moment, undoing: true}
					w.boot(k.wrap)
					task := w.create(w.order(w.ledger.rent(1, alice, 2*time.Hour, 0), 5200))
					settle(time.Second)
					w.ledger.end(1, false)
					settle(StopAfter + 2*w.host.cfg.Period)
					if k.left == "" {
						t.Fatal("the kill did not come")
					}
					w.revive(k.left)
					settle(2 * w.host.cfg.Period)
					w.closed(task)
					w.stop()
				})
			})
		}
	}
}

// TestKillInShutdown: a guest that ignores the request is forced off a minute
// later, however often the host died meanwhile.
func TestKillInShutdown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	synctest.Test(t, func(t *testing.T) {
		w.t = t
		w.driver.Deafen(true)
		w.boot(nil)
		task := w.create(w.order(w.ledger.rent(1, alice, 2*time.Hour, 0), 5200))
		settle(time.Second)
		w.ledger.end(1, false)
		settle(2 * w.host.cfg.Period)
		for n := range 3 {
			if got := w.domain(task.Identity.UUID); got != vm.StateStopping {
				t.Fatalf("the domain is %q, want a guest that was asked to shut down", got)
			}
			w.revive(w.snapshot(n))
			settle(10 * time.Second)
		}
		settle(StopAfter - 30*time.Second)
		w.closed(task)
		w.stop()
	})
}

// closed checks that the rental is over and that only the disk is left.
func (w *world) closed(promised journal.Task) {
	w.t.Helper()
	got := w.task(promised.ID)
	want := journal.Reservation{DiskGiB: promised.Reserved.DiskGiB}
	if got.Progress.State != lifecycle.Closed || got.Keep.Until.IsZero() || got.Reserved.DiskGiB != want.DiskGiB ||
		got.Reserved.CPUs != 0 || len(got.Reserved.Slots)+len(got.Reserved.Ports) != 0 {
		w.t.Errorf("status %s until %s, reserved %+v", got.Progress.State, got.Keep.Until, got.Reserved)
	}
	if d := w.domain(got.Identity.UUID); d != "" || len(w.guests.Connections()) != 0 {
		w.t.Errorf("domain %q, %d bindings", d, len(w.guests.Connections()))
	}
	if _, err := os.Stat(w.file(got, taskdir.System)); err != nil {
		w.t.Errorf("the disk is gone: %v", err)
	}
}
