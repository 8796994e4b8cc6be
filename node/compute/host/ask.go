package host

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/vm"
)

// Operate records what the renter asks of a VM and returns; the loop does it.
// Only one operation runs at a time: the error is ErrBusy while another is going
// on and ErrState where the VM's state does not allow it; both name the state.
// Only the rental that made the task may ask.
func (h *Host) Operate(who trust.Caller, id string, request lifecycle.Request) error {
	switch request {
	case lifecycle.Start, lifecycle.Shutdown, lifecycle.PowerOff, lifecycle.Restart, lifecycle.ForceRestart, lifecycle.Reset:
	default:
		return refuse(ErrInvalid, "operation", request, "start, shutdown, poweroff, restart or reset", "ask for one of them")
	}
	return h.ask(who, id, request, func(t *journal.Task) {
		if t.Progress.StopAt = (time.Time{}); request == lifecycle.ForceRestart {
			t.Progress.StopAt = time.Now() // no time to shut down
		}
	})
}

// ask changes a task for its renter, unless another operation on it is going on.
func (h *Host) ask(who trust.Caller, id string, request lifecycle.Request, change func(*journal.Task)) error {
	t, err := h.own(who, id)
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
		t.Progress.State, t.Progress.Reason = to, nil
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

// own returns a task of a rental that the caller may act for.
func (h *Host) own(who trust.Caller, id string) (journal.Task, error) {
	t, err := h.Task(who.Wallet(), id)
	if err != nil {
		return t, err
	}
	if !who.ActsFor(t.Rental.ID) {
		return t, refuse(ErrNotFound, "task_id", id, "a task of an open rental of yours", "the list of tasks shows them")
	}
	return t, nil
}

// permit returns the state that a request puts a task in, ErrBusy while another operation
// is going on, or ErrState; both name its state. The caller holds h.mu.
func (h *Host) permit(t journal.Task, request lifecycle.Request) (lifecycle.State, error) {
	if t.Rental.Over != nil {
		return "", refuse(ErrState, "task_id", t.ID, "a VM of an open rental", "its rental is over")
	}
	to, err := lifecycle.Permit(t.Progress.State, lifecycle.Work{
		DiskChanging: changesDisk(t), Started: entry(&t, stepStart).State == journal.StepDone,
	}, request)
	endsBuild := err == nil && t.Progress.State == lifecycle.Creating
	if op := h.ops[t.ID]; op != nil && (!endsBuild || op.action != lifecycle.Build) {
		err = lifecycle.ErrBusy
	}
	switch {
	case errors.Is(err, lifecycle.ErrBusy):
		return "", refuse(ErrBusy, "task_id", t.ID, "a VM at rest", fmt.Sprintf("it is %s; wait for that", t.Shown()))
	case err != nil:
		return "", refuse(ErrState, "task_id", t.ID, fmt.Sprintf("%s is for a VM that is one of %q", request, lifecycle.PermittedIn(request)),
			fmt.Sprintf("it is %s now", t.Progress.State))
	}
	return to, nil
}

// boot defines and starts a VM that its renter wants on, as the journal
// describes it now: earlier modifications take effect here.
func (h *Host) boot(ctx context.Context, t journal.Task) error {
	for _, name := range []string{stepNetwork, stepDefine, stepStart} {
		if err := h.perform(ctx, t.ID, name); err != nil {
			return h.failedIn(ctx, t.ID, lifecycle.StartError, err)
		}
	}
	return h.set(t.ID, func(t *journal.Task) {
		t.Progress.State, t.Progress.Reason, t.Progress.Paused, t.Progress.Restarts = lifecycle.Running, nil, false, 0
		begun(t)
	})
}

// pressPower asks the guest to power off for its renter.
func (h *Host) pressPower(ctx context.Context, t journal.Task) error {
	// Recorded first: a crash after the request must not grant a second minute.
	if err := h.set(t.ID, func(t *journal.Task) { t.Progress.StopAt = time.Now().Add(StopAfter) }); err != nil {
		return err
	}
	if err := h.deps.Driver.Shutdown(ctx, t.Identity.UUID); err != nil && !errors.Is(err, vm.ErrNotFound) {
		return fmt.Errorf("shut down: %w", err)
	}
	return nil
}

// stopHard forces the VM off for its renter.
func (h *Host) stopHard(ctx context.Context, t journal.Task) error {
	if err := h.deps.Driver.Stop(ctx, t.Identity.UUID); err != nil {
		return h.failedIn(ctx, t.ID, t.Progress.State.OnFailure(), fmt.Errorf("stop: %w", err))
	}
	reason := notice.New(notice.PoweredOff)
	if t.Progress.State == lifecycle.ShuttingDown {
		reason = notice.New(notice.StoppedHard, notice.Seconds, strconv.Itoa(int(StopAfter.Seconds())))
	}
	return h.noteStopped(t, reason)
}

// noteStopped records that a VM is off as its renter wanted, or that it is to be
// started next.
func (h *Host) noteStopped(t journal.Task, reason *notice.Reason) error {
	defer h.kick(t.ID)
	return h.set(t.ID, func(t *journal.Task) {
		t.Progress.StopAt, t.Progress.Paused, t.Progress.Restarts = time.Time{}, false, 0
		if t.Progress.State == lifecycle.Restarting {
			t.Progress.State, t.Progress.Reason = lifecycle.Starting, nil
			return
		}
		t.Progress.State, t.Progress.Reason = lifecycle.Closed, reason
	})
}

// pressReset presses the reset button. If the guest is already off there is nothing
// to reset; the next pass decides what to do.
func (h *Host) pressReset(ctx context.Context, t journal.Task) error {
	err := h.deps.Driver.Reset(ctx, t.Identity.UUID)
	if err != nil && !errors.Is(err, vm.ErrNotRunning) && !errors.Is(err, vm.ErrNotFound) {
		return h.failedIn(ctx, t.ID, lifecycle.ResetError, fmt.Errorf("reset: %w", err))
	}
	return h.set(t.ID, func(t *journal.Task) {
		t.Progress.State, t.Progress.Reason, t.Progress.Paused = lifecycle.Running, nil, false
	})
}

// failures maps the state after a failed request to its reason.
var failures = map[lifecycle.State]notice.Code{
	lifecycle.StartError: notice.StartFailed, lifecycle.ShutdownError: notice.StopFailed, lifecycle.PoweroffError: notice.StopFailed,
	lifecycle.RestartError: notice.RebootFailed, lifecycle.ResetError: notice.ResetFailed,
}

// failedIn records the reason for the renter, unless the loop will try again.
func (h *Host) failedIn(ctx context.Context, id string, status lifecycle.State, cause error) error {
	if transient(ctx, cause) || errors.Is(cause, journal.ErrNotFound) {
		return cause
	}
	return errors.Join(cause, h.set(id, func(t *journal.Task) {
		t.Progress.State, t.Progress.Reason, t.Progress.StopAt = status, notice.Failed(failures[status], cause), time.Time{}
	}))
}
