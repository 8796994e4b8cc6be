package host

import (
	"slices"
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
	// boot, askOff, cut and reset do what a renter asked for: start, ask the guest
	// to power off, stop it hard, reset it.
	boot   action = "start"
	askOff action = "ask to shut down"
	cut    action = "stop"
	reset  action = "reset"
	// arrange adds, grows and deletes data disks.
	arrange action = "arrange disks"
	// noteOff writes down that the VM is off as asked.
	noteOff action = "note off"
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
	case s.task.RestoredBy != "":
		return nothing // another task has its disks
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
	if slices.Contains(asked, s.task.Status) {
		return decideAsked(s)
	}
	if changesDisk(s.task) && slices.Contains(atRest, s.task.Status) && (s.task.Status != journal.Running || s.is(vm.StateRunning)) {
		return arrange
	}
	switch s.task.Status {
	case journal.Creating:
		return build
	case journal.Running:
		switch {
		case s.standsStill():
			return resume
		case s.is(vm.StateRunning) && s.task.Paused && !s.now.Before(s.task.RetryAt):
			return noteRunning
		case s.isUp():
			return nothing
		case s.found && s.domain.State == vm.StateOff && s.domain.Reason == vm.ReasonGuest:
			return noteClosed
		case s.now.Before(s.task.RetryAt):
			return nothing
		}
		return restore
	case journal.Closed, journal.StartError:
		switch {
		case s.is(vm.StateRunning):
			return noteRunning
		case s.isLost():
			return restore
		}
	}
	return nothing
}

// atRest are the states of a VM that was made, with which nothing is done.
var atRest = append([]journal.Status{journal.Running, journal.Closed, journal.StartError}, failed...)

// asked are the states that a renter's wish makes.
var asked = []journal.Status{
	journal.Starting, journal.ShuttingDown, journal.PoweringOff, journal.Restarting, journal.Resetting,
}

// decideAsked carries on with what the renter asked for.
func decideAsked(s sight) action {
	switch s.task.Status {
	case journal.Starting:
		return boot
	case journal.Resetting:
		return reset
	case journal.ShuttingDown, journal.Restarting:
		switch {
		case !s.isUp():
			return noteOff
		case s.task.StopAt.IsZero():
			return askOff
		case s.now.Before(s.task.StopAt):
			return nothing
		}
	}
	return cut
}

// decideInDoubt grants nothing and destroys nothing: what was granted goes on
// until its last known end and the grace, then it stands still.
func decideInDoubt(s sight) action {
	switch {
	case s.task.Status == journal.Creating:
		return nothing
	case s.is(vm.StateRunning) && !s.now.Before(s.task.RentEnd.Add(s.grace)):
		return pause
	case !s.now.Before(s.task.RentEnd):
		return nothing
	case slices.Contains(asked, s.task.Status):
		return decideAsked(s)
	case s.standsStill():
		return resume
	case s.isLost():
		return restore
	case s.task.Status != journal.Running || s.isUp():
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

// isLost: the VM ended by itself, and did not start again when it was last tried.
func (s sight) isLost() bool {
	return s.task.Status == journal.StartError && s.task.Restarts > 0 && !s.isUp() && !s.now.Before(s.task.RetryAt)
}

// standsStill: the renter's VM is in memory and does not run. Whoever stopped it,
// this node, its emulator or somebody's virsh, the rental says that it runs.
func (s sight) standsStill() bool {
	return s.task.Status == journal.Running && s.is(vm.StatePaused) && !s.now.Before(s.task.RetryAt)
}

// isUp: QEMU is there and holds memory.
func (s sight) isUp() bool {
	return s.is(vm.StateRunning) || s.is(vm.StatePaused) || s.is(vm.StateStopping)
}
