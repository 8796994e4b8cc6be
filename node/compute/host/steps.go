package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/vm"
)

// The steps of making a VM, in order.
const (
	stepReserve = "reserve"
	stepDisk    = "disk"
	stepSeed    = "seed"
	stepNetwork = "network"
	stepDefine  = "define"
	stepStart   = "start"
	stepReady   = "ready"
)

// step can be done twice and undone twice. Its do and undo run only after the
// journal records their start, and it records their end when they return.
type step struct {
	name string
	// does and undoes describe the step for people.
	does, undoes string
	do, undo     func(h *Host, ctx context.Context, t journal.Task) error
}

var steps = []step{
	// The reservation is the journal entry itself, made in one transaction.
	{stepReserve, "reserve CPUs, memory, disk, slots, ports and address", "give them back", none, release},
	{stepDisk, "make the disks", "delete the VM's folder", makeDisks, deleteDisks},
	{stepSeed, "write login, keys and address for the guest", "delete them", writeSeed, deleteSeed},
	{stepNetwork, "bind addresses and publish ports", "unbind and unpublish", bindNetwork, bindNetwork},
	{stepDefine, "define the domain", "undefine it", define, undefine},
	{stepStart, "start the domain", "stop it", start, stop},
	{stepReady, "wait until the guest answers on SSH", "nothing", awaitReady, none},
}

func none(*Host, context.Context, journal.Task) error { return nil }

func newSteps() []journal.Step {
	list := make([]journal.Step, len(steps))
	for i, s := range steps {
		list[i].Name = s.name
	}
	return list
}

func (h *Host) step(name string) step {
	return h.steps[slices.IndexFunc(h.steps, func(s step) bool { return s.name == name })]
}

func entry(t *journal.Task, name string) *journal.Step {
	i := slices.IndexFunc(t.Progress.Steps, func(s journal.Step) bool { return s.Name == name })
	if i < 0 {
		t.Progress.Steps = append(t.Progress.Steps, journal.Step{Name: name})
		i = len(t.Progress.Steps) - 1
	}
	return &t.Progress.Steps[i]
}

// perform records that a step begins, does it, and records that it is done.
// After a kill in between the entry says begun, and the step is repeated.
func (h *Host) perform(ctx context.Context, id, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	began := time.Now()
	t, err := h.deps.Journal.Change(id, func(t *journal.Task) error {
		if t.Progress.State == lifecycle.Deleting {
			return journal.ErrNotFound
		}
		*entry(t, name) = journal.Step{Name: name, State: journal.StepBegun, Started: began}
		return nil
	})
	if err != nil {
		return fmt.Errorf("begin step %s: %w", name, err)
	}
	doErr := h.step(name).do(h, ctx, t)
	if doErr != nil && transient(ctx, doErr) {
		return fmt.Errorf("step %s: %w", name, doErr) // stays begun
	}
	took := time.Since(began)
	if h.deps.Observer != nil {
		h.deps.Observer.Stepped(name, took, doErr)
	}
	_, err = h.deps.Journal.Change(id, func(t *journal.Task) error {
		e := entry(t, name)
		e.State, e.Took = journal.StepDone, took
		if doErr != nil {
			e.State, e.Reason = journal.StepFailed, whyFailed(name, doErr)
		}
		return nil
	})
	if doErr != nil {
		doErr = &stepError{name, doErr}
	}
	return errors.Join(doErr, err)
}

// transient reports whether the step neither failed nor succeeded, so that it is tried
// again.
func transient(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, vm.ErrUnavailable)
}

// undo records that a step is to be undone, undoes it, and records that it is undone.
func (h *Host) undo(ctx context.Context, id, name string) error {
	t, err := h.deps.Journal.Change(id, func(t *journal.Task) error {
		if e := entry(t, name); e.State != journal.StepWaiting {
			e.State = journal.StepUndoing
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("begin to undo %s: %w", name, err)
	}
	// Undo even one that never began: undoing nothing costs little, and a restore
	// may have done it without the create's entry.
	if err := h.step(name).undo(h, ctx, t); err != nil {
		return fmt.Errorf("undo %s: %w", name, err)
	}
	_, err = h.deps.Journal.Change(id, func(t *journal.Task) error {
		if e := entry(t, name); e.State != journal.StepWaiting {
			e.State = journal.StepUndone
		}
		return nil
	})
	return err
}

func (h *Host) undoAll(ctx context.Context, id string) error {
	for _, s := range slices.Backward(h.steps) {
		if err := h.undo(ctx, id, s.name); err != nil {
			return err
		}
	}
	return nil
}

// stepError is a step's error.
type stepError struct {
	step string
	err  error
}

func (e *stepError) Error() string { return "step " + e.step + ": " + e.err.Error() }
func (e *stepError) Unwrap() error { return e.err }

// failure is an error with the reason shown to the renter.
type failure struct {
	code  notice.Code
	pairs []string
	err   error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// whyFailed returns the reason of a create whose step failed.
func whyFailed(step string, err error) *notice.Reason {
	if own := (*stepError)(nil); errors.As(err, &own) {
		err = own.err
	}
	if told := (*failure)(nil); errors.As(err, &told) {
		return notice.Failed(told.code, err, told.pairs...)
	}
	if refused := (*vm.SlotError)(nil); errors.As(err, &refused) {
		return notice.Failed(notice.CardRefused, refused, notice.Step, step, notice.Cause, refused.Code())
	}
	if errors.Is(err, syscall.ENOSPC) {
		return notice.Failed(notice.HostFull, err, notice.Step, step)
	}
	return notice.Failed(notice.CreateFailed, err, notice.Step, step)
}

// build continues a create from the first step that is not done. A failure
// undoes all of it and leaves the reason for the renter.
func (h *Host) build(ctx context.Context, t journal.Task) error {
	if why := given(t); why != nil {
		// The node was killed between the failure and the end of its undoing.
		return h.giveUp(ctx, t.ID, why)
	}
	for _, s := range h.steps {
		if entry(&t, s.name).State == journal.StepDone {
			continue
		}
		if err := h.perform(ctx, t.ID, s.name); err != nil {
			if errors.Is(err, vm.ErrUnavailable) && ctx.Err() == nil {
				return errors.Join(err, h.making(t.ID, func(t *journal.Task) { t.Progress.Reason = notice.New(notice.WaitsHypervisor) }))
			}
			if transient(ctx, err) || errors.Is(err, journal.ErrNotFound) {
				return err
			}
			return errors.Join(err, h.giveUp(ctx, t.ID, whyFailed(s.name, err)))
		}
		if t.Progress.Reason != nil { // it waited, and continues
			t.Progress.Reason = nil
			if err := h.making(t.ID, func(t *journal.Task) { t.Progress.Reason = nil }); err != nil {
				return err
			}
		}
	}
	return h.making(t.ID, func(t *journal.Task) { t.Progress.State, t.Progress.Reason = lifecycle.Running, nil })
}

// given returns why a create is being undone, nil for one that is not.
func given(t journal.Task) *notice.Reason {
	for _, s := range t.Progress.Steps {
		if s.Reason != nil {
			return s.Reason
		}
	}
	return nil
}

func (h *Host) giveUp(ctx context.Context, id string, why *notice.Reason) error {
	err := h.making(id, func(t *journal.Task) {
		t.Restored.GiveBack = t.Restored.From != ""
		// From here on it can't be stopped and kept: its disks are deleted.
		if e := entry(t, stepStart); e.State != journal.StepWaiting {
			e.State = journal.StepUndoing
		}
	})
	if err != nil {
		return err
	}
	if err := h.undoAll(ctx, id); err != nil {
		return err
	}
	return h.making(id, func(t *journal.Task) {
		t.Progress.State, t.Progress.Reason = lifecycle.CreateError, why
	})
}

func release(h *Host, _ context.Context, t journal.Task) error {
	_, err := h.deps.Journal.Change(t.ID, func(t *journal.Task) error {
		t.Reserved = journal.Reservation{}
		return nil
	})
	return err
}
