package host

import (
	"time"

	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/vm"
)

// action is what is to be done with a VM.
type action string

const (
	nothing action = ""
	// build carries on with the steps of a create.
	build action = "build"
	// restore defines and starts a VM that was lost.
	restore action = "restore"
	// shutdown asks the guest to power off.
	shutdown action = "shutdown"
	// finish stops the VM hard, gives back all but its disks and closes the task.
	finish action = "finish"
	// wipe stops the VM, deletes its disks and forgets the task.
	wipe action = "wipe"
	// pause and resume stop and start the guest's CPUs.
	pause  action = "pause"
	resume action = "resume"
	// noteClosed and noteRunning only write down what the guest did.
	noteClosed  action = "note closed"
	noteRunning action = "note running"
)

// standing is what the chain says of a task's rental.
type standing int

const (
	// inDoubt: the chain is not believed, or it has not said yet how the rental ended.
	inDoubt standing = iota
	isOpen
	isOver
)

// sight is all that a decision depends on.
type sight struct {
	task   journal.Task
	rental standing
	// doubt: the chain is not believed now. What it said of an end before still
	// stops a VM, but no data is deleted by it.
	doubt bool
	// found is false where the hypervisor has no such domain.
	found  bool
	domain vm.Domain
	now    time.Time
	// grace is how long a VM outlives its last known end while in doubt.
	grace time.Duration
}

// decide is the whole of the compute node's policy, without effects.
func decide(s sight) action {
	switch {
	case s.task.Status == journal.Deleting:
		return wipe
	case s.rental == isOver:
		return decideOver(s)
	case s.rental == inDoubt:
		return decideInDoubt(s)
	}
	return decideOpen(s)
}

func decideOpen(s sight) action {
	switch s.task.Status {
	case journal.Creating:
		return build
	case journal.Running:
		switch {
		case s.task.Paused && s.is(vm.StatePaused):
			return resume
		case s.isUp():
			return nothing
		case s.found && s.domain.State == vm.StateOff && s.domain.Reason == vm.ReasonGuest:
			return noteClosed
		case s.now.Before(s.task.RetryAt):
			return nothing
		}
		return restore
	case journal.Closed:
		if s.is(vm.StateRunning) {
			return noteRunning
		}
	}
	return nothing
}

// decideInDoubt grants nothing and destroys nothing: what was granted goes on
// until its last known end and the grace, then it stands still.
func decideInDoubt(s sight) action {
	if s.task.Status != journal.Running && s.task.Status != journal.ShuttingDown {
		return nothing
	}
	switch {
	case s.is(vm.StateRunning) && !s.now.Before(s.task.RentEnd.Add(s.grace)):
		return pause
	case s.task.Status != journal.Running || s.isUp() || !s.now.Before(s.task.RentEnd):
		return nothing
	case s.found && s.domain.Reason == vm.ReasonGuest, s.now.Before(s.task.RetryAt):
		return nothing
	}
	return restore
}

func decideOver(s sight) action {
	switch {
	case s.task.Over.Refunded, s.task.Status == journal.CreateError:
		switch {
		case !s.doubt:
			return wipe
		case s.isUp():
			return finish
		}
		return nothing
	case !s.task.KeepUntil.IsZero() && !s.found:
		if s.doubt || s.now.Before(s.task.KeepUntil) {
			return nothing
		}
		return wipe
	case !s.isUp() || s.is(vm.StatePaused) || s.task.Status == journal.Creating:
		return finish
	case s.task.StopAt.IsZero():
		return shutdown
	case s.now.Before(s.task.StopAt):
		return nothing
	}
	return finish
}

func (s sight) is(state vm.State) bool { return s.found && s.domain.State == state }

// isUp: QEMU is there and holds memory.
func (s sight) isUp() bool {
	return s.is(vm.StateRunning) || s.is(vm.StatePaused) || s.is(vm.StateStopping)
}
