package lifecycle

import "slices"

// State is the state of a VM, as the API names it.
type State string

// The states that the node records.
const (
	Creating      State = "creating"
	Running       State = "running"
	Starting      State = "starting"
	ShuttingDown  State = "being shutdown"
	PoweringOff   State = "being poweroff"
	Restarting    State = "restarting"
	Resetting     State = "resetting"
	Closed        State = "closed"
	Deleting      State = "deleting"
	CreateError   State = "create error"
	StartError    State = "start error"
	ShutdownError State = "shutdown error"
	PoweroffError State = "poweroff error"
	RestartError  State = "restart error"
	ResetError    State = "reset error"
)

// The states shown for a VM at rest while one of its disks is being changed.
const (
	DiskAdding   State = "disk adding"
	DiskResizing State = "disk resizing"
	DiskDeleting State = "disk deleting"
)

// Kind groups states with a common meaning.
type Kind uint8

const (
	// Making means that the VM has not run yet.
	Making Kind = iota + 1
	// Resting means that no work is in progress; the last request may have
	// failed.
	Resting
	// Asked means that a request of the renter, or the end of the rental, is
	// being carried out.
	Asked
	// Unmade means that creation failed and nothing of the VM is left.
	Unmade
	// Leaving means that the VM is being wiped.
	Leaving
)

// Row is a state and what may be requested in it.
type Row struct {
	State State
	Kind  Kind
	// Requests maps each permitted request to the state it leads to. That is
	// the same state if the request changes only the VM's record.
	Requests map[Request]State
	// Failed is the state after a failure, or "" if the work is retried.
	Failed State
}

// settings permits changes of settings; it applies to every created VM at rest.
func settings(state State, more map[Request]State) map[Request]State {
	requests := map[Request]State{Modify: state, ChangeDisks: state, Delete: Deleting}
	for request, to := range more {
		requests[request] = to
	}
	return requests
}

// failed is the row of a failed state: the VM may be on or off, so every
// request may be tried again.
func failed(state State) Row {
	return Row{State: state, Kind: Resting, Requests: settings(state, map[Request]State{
		Start: Starting, Shutdown: ShuttingDown, PowerOff: PoweringOff,
		Restart: Restarting, ForceRestart: Restarting, Reset: Resetting,
	})}
}

var table = []Row{
	{Creating, Making, map[Request]State{Shutdown: ShuttingDown, PowerOff: PoweringOff, Delete: Deleting}, CreateError},
	{Running, Resting, settings(Running, map[Request]State{
		Shutdown: ShuttingDown, PowerOff: PoweringOff,
		Restart: Restarting, ForceRestart: Restarting, Reset: Resetting, SetPassword: Running,
	}), ""},
	{Closed, Resting, settings(Closed, map[Request]State{Start: Starting}), ""},
	{StartError, Resting, settings(StartError, map[Request]State{Start: Starting, PowerOff: PoweringOff}), ""},
	failed(ShutdownError),
	failed(PoweroffError),
	failed(RestartError),
	failed(ResetError),
	{Starting, Asked, nil, StartError},
	// A guest may ignore the power button until its time is up.
	{ShuttingDown, Asked, map[Request]State{Modify: ShuttingDown, PowerOff: PoweringOff, Delete: Deleting}, ShutdownError},
	{PoweringOff, Asked, nil, PoweroffError},
	{Restarting, Asked, nil, RestartError},
	{Resetting, Asked, nil, ResetError},
	{CreateError, Unmade, map[Request]State{Delete: Deleting}, ""},
	{Deleting, Leaving, nil, ""},
}

// Table returns every state. The caller owns the slice, but not the maps in it.
func Table() []Row { return slices.Clone(table) }

// States returns all states that the API shows.
func States() []State {
	var states []State
	for _, row := range table {
		states = append(states, row.State)
	}
	return append(states, DiskAdding, DiskResizing, DiskDeleting)
}

// Of returns a state's row. ok is false for an unknown state.
func Of(state State) (row Row, ok bool) {
	i := slices.IndexFunc(table, func(r Row) bool { return r.State == state })
	if i < 0 {
		return Row{}, false
	}
	return table[i], true
}

// Is reports whether the state is of the given kind.
func (s State) Is(kind Kind) bool {
	row, ok := Of(s)
	return ok && row.Kind == kind
}

// IsOff reports whether a VM in this state certainly has no guest to connect
// to.
func (s State) IsOff() bool {
	switch s {
	case Closed, StartError, CreateError, Deleting:
		return true
	}
	return false
}

// OnFailure returns the VM's state after the current work fails.
func (s State) OnFailure() State {
	row, _ := Of(s)
	return row.Failed
}
