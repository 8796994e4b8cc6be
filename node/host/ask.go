package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/vm"
)

// Operation is what a renter can ask of a VM that is made.
type Operation string

// The operations.
const (
	// Start runs a VM that is off.
	Start Operation = "start"
	// Shutdown asks the guest to power off and stops it hard after StopAfter.
	Shutdown Operation = "shutdown"
	// Poweroff stops the VM hard.
	Poweroff Operation = "poweroff"
	// Restart is Shutdown and then Start, ForceRestart Poweroff and then Start.
	Restart      Operation = "restart"
	ForceRestart Operation = "restart with force_reboot"
	// Reset presses the reset button: the same computer begins anew at once.
	Reset Operation = "reset"
)

// failed are the states of a VM that failed in what was last asked.
var failed = []journal.Status{
	journal.ShutdownError, journal.PoweroffError, journal.RestartError, journal.ResetError,
}

// rules say in which states an operation is taken, and the state that it makes.
// The state is the journalled wish: the loop makes it so, also after a kill.
var rules = map[Operation]struct {
	from []journal.Status
	to   journal.Status
}{
	Start:        {append([]journal.Status{journal.Closed, journal.StartError}, failed...), journal.Starting},
	Shutdown:     {append([]journal.Status{journal.Running}, failed...), journal.ShuttingDown},
	Poweroff:     {append([]journal.Status{journal.Running, journal.ShuttingDown, journal.StartError}, failed...), journal.PoweringOff},
	Restart:      {append([]journal.Status{journal.Running}, failed...), journal.Restarting},
	ForceRestart: {append([]journal.Status{journal.Running}, failed...), journal.Restarting},
	Reset:        {append([]journal.Status{journal.Running}, failed...), journal.Resetting},
}

// Operate writes down what the renter asks of a VM and returns; the loop does
// it. One operation at a time: ErrBusy while another is going on, ErrState where
// the VM's state does not allow it; both say the state. It obeys only the rental
// that made the task.
func (h *Host) Operate(wallet string, rentals []uint64, id string, op Operation) error {
	rule, known := rules[op]
	if !known {
		return refuse(ErrInvalid, "operation", op, "start, shutdown, poweroff, restart or reset", "ask for one of them")
	}
	return h.ask(wallet, rentals, id, func(t *journal.Task) error {
		if !slices.Contains(rule.from, t.Status) {
			return refuse(ErrState, "task_id", id, fmt.Sprintf("%s is for a VM that is one of %q", op, rule.from),
				fmt.Sprintf("it is %s now", t.Status))
		}
		t.Status, t.Reason, t.StopAt = rule.to, "", time.Time{}
		if op == ForceRestart {
			t.StopAt = time.Now() // no time to shut down
		}
		return nil
	})
}

// ask changes a task for its renter, unless something is being done with it.
func (h *Host) ask(wallet string, rentals []uint64, id string, change func(*journal.Task) error) error {
	t, err := h.own(wallet, rentals, id)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.idle(t); err != nil {
		return err
	}
	_, err = h.deps.Journal.Change(id, func(t *journal.Task) error {
		if t.Over != nil {
			return refuse(ErrState, "task_id", id, "a VM of an open rental", "its rental is over")
		}
		if err := h.idle(*t); err != nil {
			return err
		}
		return change(t)
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

// idle needs h.mu. A guest in its minute of shutdown is waited for, but nothing
// is done with it: it may be powered off, and its operation says so.
func (h *Host) idle(t journal.Task) error {
	if h.ops[t.ID] == nil && !slices.Contains(underWay, t.Status) && !changesDisk(t) {
		return nil
	}
	return refuse(ErrBusy, "task_id", t.ID, "a VM at rest", fmt.Sprintf("it is %s; wait for that", t.Shown()))
}

// underWay are the states in which nothing else can be asked.
var underWay = []journal.Status{
	journal.Creating, journal.Deleting, journal.Starting, journal.PoweringOff, journal.Restarting, journal.Resetting,
}

// outdated: the pass that chose an action for a wish read the task before the
// operation that fulfilled the wish, or a part of it, had ended.
func outdated(status journal.Status, next action) bool {
	switch next {
	case boot:
		return status != journal.Starting
	case reset:
		return status != journal.Resetting
	case askOff, noteOff:
		return status != journal.ShuttingDown && status != journal.Restarting
	case cut:
		return status != journal.ShuttingDown && status != journal.Restarting && status != journal.PoweringOff
	}
	return false
}

// boot defines and starts a VM that its renter wants on, as it is now written
// down: what was modified meanwhile counts from here.
func (h *Host) boot(ctx context.Context, t journal.Task) error {
	for _, name := range []string{stepNetwork, stepDefine, stepStart} {
		if err := h.perform(ctx, t.ID, name); err != nil {
			return h.failedIn(ctx, t.ID, journal.StartError, err)
		}
	}
	return h.set(t.ID, func(t *journal.Task) {
		t.Status, t.Reason, t.Paused, t.Restarts = journal.Running, "", false, 0
		begun(t)
	})
}

// askOff asks the guest to power off for its renter.
func (h *Host) askOff(ctx context.Context, t journal.Task) error {
	// Written first: a crash after the request must not give a second minute.
	if err := h.set(t.ID, func(t *journal.Task) { t.StopAt = time.Now().Add(StopAfter) }); err != nil {
		return err
	}
	if err := h.deps.Driver.Shutdown(ctx, t.UUID); err != nil && !errors.Is(err, vm.ErrNotFound) {
		return fmt.Errorf("shut down: %w", err)
	}
	return nil
}

// cut stops the VM hard for its renter.
func (h *Host) cut(ctx context.Context, t journal.Task) error {
	if err := h.deps.Driver.Stop(ctx, t.UUID); err != nil {
		status := map[journal.Status]journal.Status{
			journal.ShuttingDown: journal.ShutdownError, journal.PoweringOff: journal.PoweroffError,
			journal.Restarting: journal.RestartError,
		}[t.Status]
		return h.failedIn(ctx, t.ID, status, fmt.Errorf("stop: %w", err))
	}
	reason := "powered off by its renter"
	if t.Status == journal.ShuttingDown {
		reason = fmt.Sprintf("the guest did not shut down within %s and was stopped hard", StopAfter)
	}
	return h.noteOff(t, reason)
}

// noteOff writes down that a VM is off as its renter wanted it, or that it is to
// be started next.
func (h *Host) noteOff(t journal.Task, reason string) error {
	defer h.kick(t.ID)
	return h.set(t.ID, func(t *journal.Task) {
		t.StopAt, t.Paused, t.Restarts = time.Time{}, false, 0
		if t.Status == journal.Restarting {
			t.Status, t.Reason = journal.Starting, ""
			return
		}
		t.Status, t.Reason = journal.Closed, reason
	})
}

// reset presses the reset button. A guest that is off by now has nothing to be
// reset; the next pass sees what is to be done with it.
func (h *Host) reset(ctx context.Context, t journal.Task) error {
	err := h.deps.Driver.Reset(ctx, t.UUID)
	if err != nil && !errors.Is(err, vm.ErrNotRunning) && !errors.Is(err, vm.ErrNotFound) {
		return h.failedIn(ctx, t.ID, journal.ResetError, fmt.Errorf("reset: %w", err))
	}
	return h.set(t.ID, func(t *journal.Task) { t.Status, t.Reason, t.Paused = journal.Running, "", false })
}

// failedIn tells the renter why, unless the loop is to try again.
func (h *Host) failedIn(ctx context.Context, id string, status journal.Status, cause error) error {
	if transient(ctx, cause) || errors.Is(cause, journal.ErrNotFound) {
		return cause
	}
	return errors.Join(cause, h.set(id, func(t *journal.Task) {
		t.Status, t.Reason, t.StopAt = status, cause.Error(), time.Time{}
	}))
}
