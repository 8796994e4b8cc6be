package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/vm"
)

// launch starts an operation on a task, unless one is going on. A build is told
// to stop where its task is to be finished or wiped; the next pass continues.
func (h *Host) launch(ctx context.Context, id string, next lifecycle.Action) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if op, busy := h.ops[id]; busy {
		op.again = true
		if lifecycle.GivesWay(op.action, next) {
			op.cancel()
		}
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	op := &operation{action: next, cancel: cancel}
	h.ops[id] = op
	h.all.Go(func() {
		defer cancel()
		err := h.operate(ctx, id, next)
		stopped := ctx.Err() != nil
		h.mu.Lock()
		delete(h.ops, id)
		again := op.again
		h.mu.Unlock()
		if again {
			h.kick(id)
		}
		if err != nil && !stopped && !errors.Is(err, journal.ErrNotFound) && !errors.Is(err, errOvertaken) {
			h.deps.Log.Error("an operation failed", "operation", string(next), "task_id", id, "error", err)
		}
	})
}

func (h *Host) operate(ctx context.Context, id string, next lifecycle.Action) error {
	t, err := h.deps.Journal.Task(id)
	if err != nil {
		return err
	}
	if lifecycle.Outdated(t.Progress.State, next) {
		return nil
	}
	switch next {
	case lifecycle.Build:
		return h.build(ctx, t)
	case lifecycle.StartAgain:
		return h.startAgain(ctx, t)
	case lifecycle.EndGracefully:
		return h.endGracefully(ctx, t)
	case lifecycle.Finish:
		return h.finish(ctx, t)
	case lifecycle.Wipe:
		return h.wipe(ctx, t)
	case lifecycle.Pause:
		if err := h.deps.Driver.Pause(ctx, t.Identity.UUID); err != nil {
			return fmt.Errorf("pause: %w", err)
		}
		return h.set(id, func(t *journal.Task) {
			t.Progress.Paused, t.Progress.Reason = true, notice.New(notice.PausedChain)
		})
	case lifecycle.Resume:
		return h.resume(ctx, t)
	case lifecycle.Boot:
		return h.boot(ctx, t)
	case lifecycle.PressPower:
		return h.pressPower(ctx, t)
	case lifecycle.Stop:
		return h.stopHard(ctx, t)
	case lifecycle.PressReset:
		return h.pressReset(ctx, t)
	case lifecycle.ArrangeDisks:
		return h.arrange(ctx, t)
	case lifecycle.NoteStopped:
		return h.noteStopped(t, notice.New(notice.ShutDown))
	case lifecycle.NoteClosed:
		return h.set(id, func(t *journal.Task) {
			t.Progress.State, t.Progress.Reason = lifecycle.Closed, notice.New(notice.GuestOff)
		})
	case lifecycle.NoteRunning:
		return h.set(id, func(t *journal.Task) {
			t.Progress.State, t.Progress.Reason, t.Progress.Paused = lifecycle.Running, nil, false
		})
	}
	return nil
}

// resume lets a VM run that stands still. One that its emulator stopped may
// stop again at once: it counts as paused until it has run for a period, and is
// not resumed again before that.
func (h *Host) resume(ctx context.Context, t journal.Task) error {
	now, err := h.deps.Driver.Get(ctx, t.Identity.UUID)
	if err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	starved := now.Reason == vm.ReasonDisk
	if !t.Progress.Paused {
		h.deps.Log.Warn("a VM stood still and goes on", "task_id", t.ID, "rent_id", t.Rental.ID, "reason", now.Reason)
	}
	err = h.set(t.ID, func(t *journal.Task) {
		if t.Progress.Paused, t.Progress.Reason = starved, nil; starved {
			t.Progress.Reason, t.Progress.RetryAt = notice.New(notice.PausedDisk), time.Now().Add(h.cfg.Period)
		}
	})
	if err != nil {
		return err
	}
	if err := h.deps.Driver.Resume(ctx, t.Identity.UUID); err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	return nil
}

// set changes a task, unless its renter deleted it first.
func (h *Host) set(id string, change func(t *journal.Task)) error {
	_, err := h.deps.Journal.Change(id, func(t *journal.Task) error {
		if t.Progress.State == lifecycle.Deleting {
			return journal.ErrNotFound
		}
		change(t)
		return nil
	})
	return err
}

// errOvertaken means that the task's renter requested something else meanwhile.
var errOvertaken = errors.New("another request came first")

// making changes a task that is still being made.
func (h *Host) making(id string, change func(t *journal.Task)) error {
	_, err := h.deps.Journal.Change(id, func(t *journal.Task) error {
		if t.Progress.State != lifecycle.Creating {
			return errOvertaken
		}
		change(t)
		return nil
	})
	return err
}

// retryMax is the longest pause between two starts of a VM that is lost repeatedly.
const retryMax = 5 * time.Minute

// startAgain brings back a VM that should be running: after a reboot of the host, a
// crash, or somebody's virsh. Each attempt is recorded before it is made.
func (h *Host) startAgain(ctx context.Context, t journal.Task) error {
	err := h.set(t.ID, func(t *journal.Task) {
		wait := min(h.cfg.Period<<min(t.Progress.Restarts, 10), retryMax)
		if t.Progress.Restarts > 0 && time.Since(t.Progress.RetryAt) > 2*retryMax {
			t.Progress.Restarts, wait = 0, h.cfg.Period
		}
		t.Progress.Restarts++
		t.Progress.RetryAt = time.Now().Add(wait)
	})
	if err != nil {
		return err
	}
	h.deps.Log.Warn("a VM was lost and is started again", "task_id", t.ID, "rent_id", t.Rental.ID)
	for _, name := range []string{stepNetwork, stepDefine, stepStart} {
		if err := h.perform(ctx, t.ID, name); err != nil {
			if transient(ctx, err) {
				return err
			}
			return errors.Join(err, h.set(t.ID, func(t *journal.Task) {
				t.Progress.State, t.Progress.Reason = lifecycle.StartError, notice.Failed(notice.RestartFailed, err)
			}))
		}
	}
	return h.set(t.ID, func(t *journal.Task) {
		t.Progress.State, t.Progress.Reason, t.Progress.Paused = lifecycle.Running, nil, false
		begun(t)
	})
}

// endGracefully asks the guest to power off; the loop forces it off at StopAt.
func (h *Host) endGracefully(ctx context.Context, t journal.Task) error {
	// Recorded first: a crash after the request must not grant a second minute.
	err := h.set(t.ID, func(t *journal.Task) {
		t.Progress.State, t.Progress.StopAt, t.Progress.Reason = lifecycle.ShuttingDown, time.Now().Add(StopAfter), t.Rental.Over.Reason
	})
	if err != nil {
		return err
	}
	if err := h.deps.Driver.Shutdown(ctx, t.Identity.UUID); err != nil && !errors.Is(err, vm.ErrNotFound) {
		return fmt.Errorf("shut down: %w", err)
	}
	return nil
}

// finish ends the VM of a rental that is over and keeps its disks.
func (h *Host) finish(ctx context.Context, t journal.Task) error {
	if why := given(t); why != nil && t.Progress.State == lifecycle.Creating {
		return h.giveUp(ctx, t.ID, why) // some of its disks may be gone, or belong to another task again
	}
	for _, name := range []string{stepReady, stepStart, stepDefine, stepNetwork} {
		if err := h.undo(ctx, t.ID, name); err != nil {
			return err
		}
	}
	return h.set(t.ID, func(t *journal.Task) {
		keep := min(MaxKeep, t.Rental.End.Sub(t.Rental.Start))
		t.Progress.State, t.Progress.Reason = lifecycle.Closed, t.Rental.Over.Reason
		t.Keep.Until, t.Progress.StopAt = later(t.Rental.Over.At.Add(keep), t.Restored.Until), time.Time{}
		t.Reserved = journal.Reservation{DiskGiB: t.Reserved.DiskGiB}
	})
}

// wipe ends the VM, deletes its disks and forgets the task, which frees all
// that it reserved.
func (h *Host) wipe(ctx context.Context, t journal.Task) error {
	if err := h.condemn(t.ID); err != nil {
		return err
	}
	if err := h.undoAll(ctx, t.ID); err != nil {
		return err
	}
	if err := h.deps.Journal.Remove(t.ID); err != nil {
		return fmt.Errorf("forget task: %w", err)
	}
	h.deps.Log.Info("a VM and its disks are gone", "task_id", t.ID, "rent_id", t.Rental.ID)
	return nil
}
