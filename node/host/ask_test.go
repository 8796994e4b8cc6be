package host

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/node/trust"
	"github.com/dbc-network/dbc/vm"
)

func (w *world) ask(id string, op Operation) {
	w.t.Helper()
	if err := w.host.Operate(alice, []uint64{1}, id, op); err != nil {
		w.t.Fatalf("%s: %v", op, err)
	}
}

// is wants status and domain to be as said.
func (w *world) is(id string, status journal.Status, domain vm.State) {
	w.t.Helper()
	t := w.task(id)
	if got := w.domain(t.UUID); t.Status != status || got != domain {
		w.t.Fatalf("status %s (%s), domain %s; want %s, %s", t.Status, t.Reason, got, status, domain)
	}
}

func (w *world) running() journal.Task {
	w.t.Helper()
	t := w.create(w.order(w.ledger.rent(1, alice, 48*time.Hour, 0), 5200))
	settle(time.Second)
	w.is(t.ID, journal.Running, vm.StateRunning)
	return t
}

func TestOperations(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running()
		held := w.task(task.ID).Reserved
		w.ask(task.ID, Shutdown)
		settle(time.Second)
		w.is(task.ID, journal.Closed, vm.StateOff)
		if got := w.task(task.ID); got.Reserved.CPUs != held.CPUs || len(got.Reserved.Ports) != len(held.Ports) || got.Reason == "" {
			t.Errorf("a stopped VM holds %+v, %q", got.Reserved, got.Reason)
		}
		settle(time.Hour)
		w.is(task.ID, journal.Closed, vm.StateOff)
		w.ask(task.ID, Start)
		settle(time.Second)
		w.is(task.ID, journal.Running, vm.StateRunning)
		w.ask(task.ID, Poweroff)
		settle(time.Second)
		w.is(task.ID, journal.Closed, vm.StateOff)
		w.ask(task.ID, Start)
		settle(time.Second)
		for _, op := range []Operation{Restart, ForceRestart} {
			before := starts(w, task)
			w.ask(task.ID, op)
			settle(time.Second)
			w.is(task.ID, journal.Running, vm.StateRunning)
			if got := starts(w, task); got != before+1 {
				t.Errorf("%s: started %d times", op, got-before)
			}
		}
		w.ask(task.ID, Reset)
		settle(time.Second)
		w.is(task.ID, journal.Running, vm.StateRunning)
		if w.driver.Resets(task.UUID) != 1 {
			t.Error("not reset")
		}
	})
}

func starts(w *world, t journal.Task) (n int) {
	for _, call := range w.driver.Calls() {
		if call == "Start "+string(t.UUID) {
			n++
		}
	}
	return n
}

func TestDeafGuestIsStoppedAfterAMinute(t *testing.T) {
	for op, want := range map[Operation]journal.Status{Shutdown: journal.Closed, Restart: journal.Running} {
		t.Run(string(op), func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				task := w.running()
				w.driver.Deafen(true)
				w.ask(task.ID, op)
				settle(30 * time.Second)
				w.is(task.ID, rules[op].to, vm.StateStopping)
				settle(40 * time.Second)
				got := w.task(task.ID)
				if got.Status != want || (want == journal.Closed && !strings.Contains(got.Reason, "stopped hard")) {
					t.Errorf("%s: %q", got.Status, got.Reason)
				}
			})
		})
	}
}

func TestPoweroffInTheMinuteOfShutdown(t *testing.T) {
	play(t, func(_ *testing.T, w *world) {
		task := w.running()
		w.driver.Deafen(true)
		w.ask(task.ID, Shutdown)
		settle(time.Second)
		w.ask(task.ID, Poweroff)
		settle(time.Second)
		w.is(task.ID, journal.Closed, vm.StateOff)
	})
}

func TestOperationsAreRefused(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running()
		w.driver.Deafen(true)
		for name, c := range map[string]struct {
			wallet  string
			rentals []uint64
			id      string
			op      Operation
			want    error
		}{
			"another wallet":    {bob, []uint64{1}, task.ID, Poweroff, ErrNotFound},
			"another rental":    {alice, []uint64{2}, task.ID, Poweroff, ErrNotFound},
			"no such VM":        {alice, []uint64{1}, "11111111111111111111", Poweroff, ErrNotFound},
			"no such operation": {alice, []uint64{1}, task.ID, "explode", ErrInvalid},
			"it runs":           {alice, []uint64{1}, task.ID, Start, ErrState},
		} {
			if err := w.host.Operate(c.wallet, c.rentals, c.id, c.op); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.is(task.ID, journal.Running, vm.StateRunning)
		w.ask(task.ID, Restart)
		settle(time.Second)
		for _, op := range []Operation{Start, Shutdown, Poweroff, Restart, Reset} {
			err := w.host.Operate(alice, []uint64{1}, task.ID, op)
			if !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "restarting") {
				t.Errorf("%s while it restarts: %v", op, err)
			}
		}
		settle(2 * time.Minute)
		w.is(task.ID, journal.Running, vm.StateRunning)
	})
}

func TestFailedOperationSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		method string
		before []Operation
		op     Operation
		want   journal.Status
	}{
		"start":    {"Start", []Operation{Poweroff}, Start, journal.StartError},
		"poweroff": {"Stop", nil, Poweroff, journal.PoweroffError},
		"restart":  {"Stop", nil, ForceRestart, journal.RestartError},
		"reset":    {"Reset", nil, Reset, journal.ResetError},
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
				if got := w.task(task.ID); got.Status != c.want || !strings.Contains(got.Reason, "no memory") {
					t.Fatalf("%s: %q", got.Status, got.Reason)
				}
				w.driver.Fail(c.method, nil)
				w.ask(task.ID, Poweroff)
				settle(time.Second)
				w.ask(task.ID, Start)
				settle(time.Second)
				w.is(task.ID, journal.Running, vm.StateRunning)
			})
		})
	}
}

// TestWishSurvivesKill: the wish is written, the reply sent, and nothing else
// happened before the kill.
func TestWishSurvivesKill(t *testing.T) {
	for op, c := range map[Operation]struct {
		off    bool
		status journal.Status
		domain vm.State
	}{
		Start:        {true, journal.Running, vm.StateRunning},
		Shutdown:     {false, journal.Closed, vm.StateOff},
		Poweroff:     {false, journal.Closed, vm.StateOff},
		Restart:      {false, journal.Running, vm.StateRunning},
		ForceRestart: {false, journal.Running, vm.StateRunning},
		Reset:        {false, journal.Running, vm.StateRunning},
	} {
		t.Run(string(op), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			synctest.Test(t, func(t *testing.T) {
				w.t = t
				w.boot(nil)
				task := w.running()
				if c.off {
					w.ask(task.ID, Poweroff)
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

// TestEndStopsWhateverWasAsked: a rental's end comes before every wish.
func TestEndStopsWhateverWasAsked(t *testing.T) {
	for _, op := range []Operation{Shutdown, Restart, Poweroff, Reset} {
		t.Run(string(op), func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				task := w.running()
				w.driver.Deafen(true)
				w.ask(task.ID, op)
				w.ledger.end(1, false)
				settle(StopAfter + 11*time.Second)
				if got := w.task(task.ID); got.Status != journal.Closed || got.KeepUntil.IsZero() || w.domain(task.UUID) != "" {
					t.Fatalf("%s, domain %q", got.Status, w.domain(task.UUID))
				}
				if err := w.host.Operate(alice, []uint64{1}, task.ID, Start); !errors.Is(err, ErrState) {
					t.Errorf("start after the end: %v", err)
				}
			})
		})
	}
}

// TestWishInDoubt: what was granted goes on until its last known end.
func TestWishInDoubt(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running()
		w.driver.Fail("Stop", vm.ErrUnavailable)
		w.ask(task.ID, Poweroff)
		settle(time.Second)
		w.ledger.disbelieve(trust.ErrSilent)
		w.driver.Fail("Stop", nil)
		settle(6 * time.Second)
		w.is(task.ID, journal.Closed, vm.StateOff)
		if _, err := w.driver.Get(context.Background(), task.UUID); err != nil {
			t.Error(err)
		}
	})
}

// TestOutdatedDecision: a pass saw the VM off before the restart went on.
func TestOutdatedDecision(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running()
		for _, next := range []action{boot, askOff, cut, reset, noteOff} {
			if err := w.host.operate(context.Background(), task.ID, next); err != nil {
				t.Errorf("%s: %v", next, err)
			}
			w.is(task.ID, journal.Running, vm.StateRunning)
			if got := w.task(task.ID); !got.StopAt.IsZero() || w.driver.Resets(task.UUID) != 0 {
				t.Errorf("%s was done", next)
			}
		}
	})
}
