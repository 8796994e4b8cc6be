package host

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/vm"
)

func (w *world) ask(id string, op lifecycle.Request) {
	w.t.Helper()
	if err := w.host.Operate(as(alice, 1), id, op); err != nil {
		w.t.Fatalf("%s: %v", op, err)
	}
}

// is checks the status and the domain.
func (w *world) is(id string, status lifecycle.State, domain vm.State) {
	w.t.Helper()
	t := w.task(id)
	if got := w.domain(t.Identity.UUID); t.Progress.State != status || got != domain {
		w.t.Fatalf("status %s (%s), domain %s; want %s, %s", t.Progress.State, t.Progress.Reason, got, status, domain)
	}
}

func (w *world) running() journal.Task {
	w.t.Helper()
	t := w.create(w.order(w.ledger.rent(1, alice, 48*time.Hour, 0), 5200))
	settle(time.Second)
	w.is(t.ID, lifecycle.Running, vm.StateRunning)
	return t
}

func TestOperations(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running()
		held := w.task(task.ID).Reserved
		w.ask(task.ID, lifecycle.Shutdown)
		settle(time.Second)
		w.is(task.ID, lifecycle.Closed, vm.StateOff)
		if got := w.task(task.ID); got.Reserved.CPUs != held.CPUs || len(got.Reserved.Ports) != len(held.Ports) || got.Progress.Reason == nil {
			t.Errorf("a stopped VM holds %+v, %q", got.Reserved, got.Progress.Reason)
		}
		settle(time.Hour)
		w.is(task.ID, lifecycle.Closed, vm.StateOff)
		w.ask(task.ID, lifecycle.Start)
		settle(time.Second)
		w.is(task.ID, lifecycle.Running, vm.StateRunning)
		w.ask(task.ID, lifecycle.PowerOff)
		settle(time.Second)
		w.is(task.ID, lifecycle.Closed, vm.StateOff)
		w.ask(task.ID, lifecycle.Start)
		settle(time.Second)
		for _, op := range []lifecycle.Request{lifecycle.Restart, lifecycle.ForceRestart} {
			before := starts(w, task)
			w.ask(task.ID, op)
			settle(time.Second)
			w.is(task.ID, lifecycle.Running, vm.StateRunning)
			if got := starts(w, task); got != before+1 {
				t.Errorf("%s: started %d times", op, got-before)
			}
		}
		w.ask(task.ID, lifecycle.Reset)
		settle(time.Second)
		w.is(task.ID, lifecycle.Running, vm.StateRunning)
		if w.driver.Resets(task.Identity.UUID) != 1 {
			t.Error("not reset")
		}
	})
}

func starts(w *world, t journal.Task) (n int) {
	for _, call := range w.driver.Calls() {
		if call == "Start "+string(t.Identity.UUID) {
			n++
		}
	}
	return n
}

func TestDeafGuestIsStoppedAfterAMinute(t *testing.T) {
	for op, want := range map[lifecycle.Request]lifecycle.State{lifecycle.Shutdown: lifecycle.Closed, lifecycle.Restart: lifecycle.Running} {
		t.Run(string(op), func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				task := w.running()
				w.driver.Deafen(true)
				w.ask(task.ID, op)
				settle(30 * time.Second)
				w.is(task.ID, map[lifecycle.Request]lifecycle.State{lifecycle.Shutdown: lifecycle.ShuttingDown, lifecycle.Restart: lifecycle.Restarting}[op], vm.StateStopping)
				settle(40 * time.Second)
				got := w.task(task.ID)
				if got.Progress.State != want || (want == lifecycle.Closed && !got.Progress.Reason.Is(notice.StoppedHard)) {
					t.Errorf("%s: %q", got.Progress.State, got.Progress.Reason)
				}
			})
		})
	}
}

func TestPowerOffInTheMinuteOfShutdown(t *testing.T) {
	play(t, func(_ *testing.T, w *world) {
		task := w.running()
		w.driver.Deafen(true)
		w.ask(task.ID, lifecycle.Shutdown)
		settle(time.Second)
		w.ask(task.ID, lifecycle.PowerOff)
		settle(time.Second)
		w.is(task.ID, lifecycle.Closed, vm.StateOff)
	})
}

func TestOperationsAreRefused(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running()
		w.driver.Deafen(true)
		for name, c := range map[string]struct {
			who  trust.Caller
			id   string
			op   lifecycle.Request
			want error
		}{
			"another wallet":    {as(bob, 1), task.ID, lifecycle.PowerOff, ErrNotFound},
			"another rental":    {as(alice, 2), task.ID, lifecycle.PowerOff, ErrNotFound},
			"no such VM":        {as(alice, 1), "11111111111111111111", lifecycle.PowerOff, ErrNotFound},
			"no such operation": {as(alice, 1), task.ID, "explode", ErrInvalid},
			"it runs":           {as(alice, 1), task.ID, lifecycle.Start, ErrState},
		} {
			if err := w.host.Operate(c.who, c.id, c.op); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.is(task.ID, lifecycle.Running, vm.StateRunning)
		w.ask(task.ID, lifecycle.Restart)
		settle(time.Second)
		for _, op := range []lifecycle.Request{lifecycle.Start, lifecycle.Shutdown, lifecycle.PowerOff, lifecycle.Restart, lifecycle.Reset} {
			err := w.host.Operate(as(alice, 1), task.ID, op)
			if !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "restarting") {
				t.Errorf("%s while it restarts: %v", op, err)
			}
		}
		settle(2 * time.Minute)
		w.is(task.ID, lifecycle.Running, vm.StateRunning)
	})
}

func TestFailedOperationSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		method string
		before []lifecycle.Request
		op     lifecycle.Request
		want   lifecycle.State
	}{
		"start":    {"Start", []lifecycle.Request{lifecycle.PowerOff}, lifecycle.Start, lifecycle.StartError},
		"poweroff": {"Stop", nil, lifecycle.PowerOff, lifecycle.PoweroffError},
		"restart":  {"Stop", nil, lifecycle.ForceRestart, lifecycle.RestartError},
		"reset":    {"Reset", nil, lifecycle.Reset, lifecycle.ResetError},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				task := w.running()
				for _, op := range c.before {
					w.ask(task.ID, op)
					settle(time.Second)
				}
				w.driver.Fail(c.method, errors.New("no memory"))
				w.ask(task.ID, c.op)
				settle(time.Minute)
				if got := w.task(task.ID); got.Progress.State != c.want || !strings.Contains(got.Progress.Reason.String(), "no memory") {
					t.Fatalf("%s: %q", got.Progress.State, got.Progress.Reason)
				}
				w.driver.Fail(c.method, nil)
				w.ask(task.ID, lifecycle.PowerOff)
				settle(time.Second)
				w.ask(task.ID, lifecycle.Start)
				settle(time.Second)
				w.is(task.ID, lifecycle.Running, vm.StateRunning)
			})
		})
	}
}

// TestWishSurvivesKill kills the host when the wish is recorded and the reply
// sent, and nothing else has happened.
func TestWishSurvivesKill(t *testing.T) {
	for op, c := range map[lifecycle.Request]struct {
		off    bool
		status lifecycle.State
		domain vm.State
	}{
		lifecycle.Start:        {true, lifecycle.Running, vm.StateRunning},
		lifecycle.Shutdown:     {false, lifecycle.Closed, vm.StateOff},
		lifecycle.PowerOff:     {false, lifecycle.Closed, vm.StateOff},
		lifecycle.Restart:      {false, lifecycle.Running, vm.StateRunning},
		lifecycle.ForceRestart: {false, lifecycle.Running, vm.StateRunning},
		lifecycle.Reset:        {false, lifecycle.Running, vm.StateRunning},
	} {
		t.Run(string(op), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			synctest.Test(t, func(t *testing.T) {
				w.t = t
				w.boot(nil)
				task := w.running()
				if c.off {
					w.ask(task.ID, lifecycle.PowerOff)
					settle(time.Second)
				}
				w.stop()
				var err error
				if w.journal, err = journal.Open(w.path, bound); err != nil {
					t.Fatal(err)
				}
				w.host.deps.Journal = w.journal
				w.ask(task.ID, op)
				if err := w.journal.Close(); err != nil {
					t.Fatal(err)
				}
				w.revive(w.path)
				defer w.stop()
				settle(2 * w.host.cfg.Period)
				w.is(task.ID, c.status, c.domain)
			})
		})
	}
}

// TestEndStopsWhateverWasAsked: the end of a rental takes precedence over every wish.
func TestEndStopsWhateverWasAsked(t *testing.T) {
	for _, op := range []lifecycle.Request{lifecycle.Shutdown, lifecycle.Restart, lifecycle.PowerOff, lifecycle.Reset} {
		t.Run(string(op), func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				task := w.running()
				w.driver.Deafen(true)
				w.ask(task.ID, op)
				w.ledger.end(1, false)
				settle(StopAfter + 11*time.Second)
				if got := w.task(task.ID); got.Progress.State != lifecycle.Closed || got.Keep.Until.IsZero() || w.domain(task.Identity.UUID) != "" {
					t.Fatalf("%s, domain %q", got.Progress.State, w.domain(task.Identity.UUID))
				}
				if err := w.host.Operate(as(alice, 1), task.ID, lifecycle.Start); !errors.Is(err, ErrState) {
					t.Errorf("start after the end: %v", err)
				}
			})
		})
	}
}

// TestWishInDoubt: what was granted continues until its last known end.
func TestWishInDoubt(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running()
		w.driver.Fail("Stop", vm.ErrUnavailable)
		w.ask(task.ID, lifecycle.PowerOff)
		settle(time.Second)
		w.ledger.disbelieve(trust.ErrSilent)
		w.driver.Fail("Stop", nil)
		settle(6 * time.Second)
		w.is(task.ID, lifecycle.Closed, vm.StateOff)
		if _, err := w.driver.Get(context.Background(), task.Identity.UUID); err != nil {
			t.Error(err)
		}
	})
}

// TestOutdatedDecision: a pass saw the VM off before the restart proceeded.
func TestOutdatedDecision(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running()
		for _, next := range []lifecycle.Action{lifecycle.Boot, lifecycle.PressPower, lifecycle.Stop, lifecycle.PressReset, lifecycle.NoteStopped} {
			if err := w.host.operate(context.Background(), task.ID, next); err != nil {
				t.Errorf("%s: %v", next, err)
			}
			w.is(task.ID, lifecycle.Running, vm.StateRunning)
			if got := w.task(task.ID); !got.Progress.StopAt.IsZero() || w.driver.Resets(task.Identity.UUID) != 0 {
				t.Errorf("%s was done", next)
			}
		}
	})
}

// TestStuckCreateEndsAtOnce: a guest that never answers does not prevent its
// renter from switching it off or deleting it.
func TestStuckCreateEndsAtOnce(t *testing.T) {
	for request, want := range map[lifecycle.Request]lifecycle.State{
		lifecycle.PowerOff: lifecycle.Closed, lifecycle.Shutdown: lifecycle.Closed, lifecycle.Delete: "",
	} {
		t.Run(string(request), func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				w.box.ready = errNotReady
				task := w.create(w.order(w.ledger.rent(1, alice, 48*time.Hour, 0), 5200))
				settle(2 * time.Second)
				w.is(task.ID, lifecycle.Creating, vm.StateRunning)
				if request == lifecycle.Delete {
					if err := w.host.Delete(as(alice, 1), task.ID); err != nil {
						t.Fatal(err)
					}
					settle(time.Second)
					if _, err := w.host.Task(alice, task.ID); !errors.Is(err, ErrNotFound) {
						t.Fatalf("still there: %v", err)
					}
					if amount, slots, err := w.host.Used(); err != nil || amount != (Amount{}) || len(slots) != 0 {
						t.Errorf("its share is held: %+v, %d, %v", amount, slots, err)
					}
					return
				}
				w.ask(task.ID, request)
				settle(time.Second)
				w.is(task.ID, want, vm.StateOff)
				w.box.ready = nil
				w.ask(task.ID, lifecycle.Start)
				settle(time.Second)
				w.is(task.ID, lifecycle.Running, vm.StateRunning)
			})
		})
	}
}

// TestGivingUpIsNotStopped: a create that is being undone can't be switched off and kept.
func TestGivingUpIsNotStopped(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.box.ready = errNotReady
		w.driver.Fail("Stop", vm.ErrUnavailable)
		task := w.create(w.order(w.ledger.rent(1, alice, 48*time.Hour, 0), 5200))
		settle(70 * time.Second)
		if err := w.host.Operate(as(alice, 1), task.ID, lifecycle.PowerOff); !errors.Is(err, ErrBusy) {
			t.Fatalf("while its create is undone: %v", err)
		}
		w.driver.Fail("Stop", nil)
		settle(time.Minute)
		w.is(task.ID, lifecycle.CreateError, "")
	})
}
