package lifecycle

import (
	"errors"
	"slices"
)

// Request is what a renter can ask for of a VM that is there.
type Request string

// The requests.
const (
	// Start runs a VM that is off.
	Start Request = "start"
	// Shutdown asks the guest to power off, and stops it hard after a minute.
	Shutdown Request = "shutdown"
	// PowerOff stops the VM hard.
	PowerOff Request = "poweroff"
	// Restart is Shutdown and then Start, ForceRestart PowerOff and then Start.
	Restart      Request = "restart"
	ForceRestart Request = "restart with force_reboot"
	// Reset presses the reset button: the same computer begins anew at once.
	Reset Request = "reset"
	// Modify changes ports, CPUs or memory.
	Modify Request = "modify"
	// ChangeDisks adds, grows or deletes a data disk.
	ChangeDisks Request = "change disks"
	// SetPassword has the guest's agent set a password.
	SetPassword Request = "set a password"
	// Delete removes the VM with its disks.
	Delete Request = "delete"
)

// Requests are all of them.
func Requests() []Request {
	return []Request{Start, Shutdown, PowerOff, Restart, ForceRestart, Reset, Modify, ChangeDisks, SetPassword, Delete}
}

var (
	// ErrBusy means: something is being done with the VM, after which the request may be repeated.
	ErrBusy = errors.New("something is being done with the VM")
	// ErrState means: the VM's state does not permit the request, however long it is waited for.
	ErrState = errors.New("not in this state")
)

// Work is what is being done with a VM beside what its state says.
type Work struct {
	// DiskChanging: a change of a data disk is not finished.
	DiskChanging bool
	// Started: of a VM that is being made, the guest was started.
	Started bool
}

// Permit is the state that a request makes of a VM, or ErrBusy or ErrState.
func Permit(state State, work Work, request Request) (State, error) {
	row, ok := Of(state)
	if !ok {
		return "", ErrState
	}
	to, permitted := row.Requests[request]
	switch {
	case work.DiskChanging:
		return "", ErrBusy
	case !permitted && busy(row):
		return "", ErrBusy
	case !permitted:
		return "", ErrState
	case state == Creating && request != Delete && !work.Started:
		return "", ErrBusy // nothing to stop yet, and nothing to start again from
	}
	return to, nil
}

// busy: the state passes by itself, soon.
func busy(row Row) bool {
	return row.Kind == Making || row.Kind == Leaving || (row.Kind == Asked && row.State != ShuttingDown)
}

// PermittedIn are the states in which a request is permitted.
func PermittedIn(request Request) []State {
	var states []State
	for _, row := range table {
		if _, ok := row.Requests[request]; ok {
			states = append(states, row.State)
		}
	}
	slices.Sort(states)
	return states
}
