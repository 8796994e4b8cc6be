package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/node/notice"
	"github.com/dbc-network/dbc/vm"
)

// Operate writes down what the renter asks of a VM and returns; the loop does
// it. One operation at a time: ErrBusy while another is going on, ErrState where
// the VM's state does not allow it; both say the state. It obeys only the rental
// that made the task.
func (h *Host) Operate(wallet string, rentals []uint64, id string, request lifecycle.Request) error {
	switch request {
	case lifecycle.Start, lifecycle.Shutdown, lifecycle.PowerOff, lifecycle.Restart, lifecycle.ForceRestart, lifecycle.Reset:
	default:
		return refuse(ErrInvalid, "operation", request, "start, shutdown, poweroff, restart or reset", "ask for one of them")
	}
	return h.ask(wallet, rentals, id, request, func(t *journal.Task) {
		if t.StopAt = (time.Time{}); request == lifecycle.ForceRestart {
			t.StopAt = time.Now() // no time to shut down
		}
	})
}

// ask changes a task for its renter, unless something is being done with it.
func (h *Host) ask(wallet string, rentals []uint64, id string, request lifecycle.Request, change func(*journal.Task)) error {
	t, err := h.own(wallet, rentals, id)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, err := h.permit(t, request); err != nil {
		return err
	}
	_, err = h.deps.Journal.Change(id, func(t *journal.Task) error {
		to, err := h.permit(*t, request)
		if err != nil {
			return err
		}
		t.Status, t.Reason = to, nil
		change(t)
		return nil
	})
	switch refusal := (*Refusal)(nil); {
	case errors.As(err, &refusal):
		return refusal
	case err != nil:
		return fmt.Errorf("write down the wish: %w", err)
	}
	h.kick(id)
	return nil
}

// own is a task of one of the wallet's open rentals.
func (h *Host) own(wallet string, rentals []uint64, id string) (journal.Task, error) {
	t, err := h.Task(wallet, id)
	if err != nil {
		return t, err
	}
	if !slices.Contains(rentals, t.RentID) {
		return t, refuse(ErrNotFound, "task_id", id, "a task of an open rental of yours", "list them with /tasks")
	}
	return t, nil
}

// permit needs h.mu. It is the state that a request makes of a task, ErrBusy
// while something else is being done with it, or ErrState; both say its state.
func (h *Host) permit(t journal.Task, request lifecycle.Request) (lifecycle.State, error) {
	if t.Over != nil {
		return "", refuse(ErrState, "task_id", t.ID, "a VM of an open rental", "its rental is over")
	}
	to, err := lifecycle.Permit(t.Status, lifecycle.Work{
		DiskChanging: changesDisk(t), Started: entry(&t, stepStart).State == journal.StepDone,
	}, request)
	endsBuild := err == nil && t.Status == lifecycle.Creating
	if op := h.ops[t.ID]; op != nil && (!endsBuild || op.action != lifecycle.Build) {
		err = lifecycle.ErrBusy
	}
	switch {
	case errors.Is(err, lifecycle.ErrBusy):
		return "", refuse(ErrBusy, "task_id", t.ID, "a VM at rest", fmt.Sprintf("it is %s; wait for that", t.Shown()))
	case err != nil:
		return "", refuse(ErrState, "task_id", t.ID, fmt.Sprintf("%s is for a VM that is one of %q", request, lifecycle.PermittedIn(request)),
			fmt.Sprintf("it is %s now", t.Status))
	}
	return to, nil
}

// boot defines and starts a VM that its renter wants on, as it is now written
// down: what was modified meanwhile counts from here.
func (h *Host) boot(ctx context.Context, t journal.Task) error {
	for _, name := range []string{stepNetwork, stepDefine, stepStart} {
		if err := h.perform(ctx, t.ID, name); err != nil {
			return h.failedIn(ctx, t.ID, lifecycle.StartError, err)
		}
	}
	return h.set(t.ID, func(t *journal.Task) {
		t.Status, t.Reason, t.Paused, t.Restarts = lifecycle.Running, nil, false, 0
		begun(t)
	})
}

// pressPower asks the guest to power off for its renter.
func (h *Host) pressPower(ctx context.Context, t journal.Task) error {
	// Written first: a crash after the request must not give a second minute.
	if err := h.set(t.ID, func(t *journal.Task) { t.StopAt = time.Now().Add(StopAfter) }); err != nil {
		return err
	}
	if err := h.deps.Driver.Shutdown(ctx, t.UUID); err != nil && !errors.Is(err, vm.ErrNotFound) {
		return fmt.Errorf("shut down: %w", err)
	}
	return nil
}

// stopHard stops the VM hard for its renter.
func (h *Host) stopHard(ctx context.Context, t journal.Task) error {
	if err := h.deps.Driver.Stop(ctx, t.UUID); err != nil {
		return h.failedIn(ctx, t.ID, t.Status.OnFailure(), fmt.Errorf("stop: %w", err))
	}
	reason := notice.New(notice.PoweredOff)
	if t.Status == lifecycle.ShuttingDown {
		reason = notice.New(notice.StoppedHard, notice.Seconds, strconv.Itoa(int(StopAfter.Seconds())))
	}
	return h.noteStopped(t, reason)
}

// noteStopped writes down that a VM is off as its renter wanted it, or that it is to
// be started next.
func (h *Host) noteStopped(t journal.Task, reason *notice.Reason) error {
	defer h.kick(t.ID)
	return h.set(t.ID, func(t *journal.Task) {
		t.StopAt, t.Paused, t.Restarts = time.Time{}, false, 0
		if t.Status == lifecycle.Restarting {
			t.Status, t.Reason = lifecycle.Starting, nil
			return
		}
		t.Status, t.Reason = lifecycle.Closed, reason
	})
}

// pressReset presses the reset button. A guest that is off by now has nothing to be
// reset; the next pass sees what is to be done with it.
func (h *Host) pressReset(ctx context.Context, t journal.Task) error {
	err := h.deps.Driver.Reset(ctx, t.UUID)
	if err != nil && !errors.Is(err, vm.ErrNotRunning) && !errors.Is(err, vm.ErrNotFound) {
		return h.failedIn(ctx, t.ID, lifecycle.ResetError, fmt.Errorf("reset: %w", err))
	}
	return h.set(t.ID, func(t *journal.Task) { t.Status, t.Reason, t.Paused = lifecycle.Running, nil, false })
}

// failures are the reasons of requests that failed.
var failures = map[lifecycle.State]notice.Code{
	lifecycle.StartError: notice.StartFailed, lifecycle.ShutdownError: notice.StopFailed, lifecycle.PoweroffError: notice.StopFailed,
	lifecycle.RestartError: notice.RebootFailed, lifecycle.ResetError: notice.ResetFailed,
}

// failedIn tells the renter why, unless the loop is to try again.
func (h *Host) failedIn(ctx context.Context, id string, status lifecycle.State, cause error) error {
	if transient(ctx, cause) || errors.Is(cause, journal.ErrNotFound) {
		return cause
	}
	return errors.Join(cause, h.set(id, func(t *journal.Task) {
		t.Status, t.Reason, t.StopAt = status, notice.Failed(failures[status], cause), time.Time{}
	}))
}
