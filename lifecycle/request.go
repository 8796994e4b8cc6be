package lifecycle

import (
	"errors"
	"slices"
)

// Request is what a renter can request for an existing VM.
type Request string

// The requests.
const (
	// Start starts a VM that is off.
	Start Request = "start"
	// Shutdown asks the guest to power off and stops it hard after a minute.
	Shutdown Request = "shutdown"
	// PowerOff stops the VM hard.
	PowerOff Request = "poweroff"
	// Restart is Shutdown and then Start, ForceRestart PowerOff and then Start.
	Restart      Request = "restart"
	ForceRestart Request = "restart with force_reboot"
	// Reset presses the reset button: the same VM restarts at once.
	Reset Request = "reset"
	// Modify changes ports, CPUs or memory.
	Modify Request = "modify"
	// ChangeDisks adds, grows or deletes a data disk.
	ChangeDisks Request = "change disks"
	// SetPassword has the guest agent set a password.
	SetPassword Request = "set a password"
	// Delete removes the VM with its disks.
	Delete Request = "delete"
)

// Requests returns all requests.
func Requests() []Request {
	return []Request{Start, Shutdown, PowerOff, Restart, ForceRestart, Reset, Modify, ChangeDisks, SetPassword, Delete}
}

var (
	// ErrBusy means that work on the VM is in progress. The request may be
	// repeated when it is finished.
	ErrBusy = errors.New("something is being done with the VM")
	// ErrState means that the VM's state does not permit the request, and
	// waiting does not change that.
	ErrState = errors.New("not in this state")
)

// Work is what is being done with a VM besides what its state says.
type Work struct {
	// DiskChanging reports that a change of a data disk is not finished.
	DiskChanging bool
	// Started reports that the guest of a VM in creation was started.
	Started bool
}

// Permit returns the state that a request leads to, or ErrBusy or ErrState.
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

// busy reports whether the state is transient and soon passes.
func busy(row Row) bool {
	return row.Kind == Making || row.Kind == Leaving || (row.Kind == Asked && row.State != ShuttingDown)
}

// PermittedIn returns the states in which a request is permitted.
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
