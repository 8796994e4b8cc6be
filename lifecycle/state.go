package lifecycle

import "slices"

// State is where a VM stands, in the words of the API.
type State string

// The states that the node writes down.
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

// The states that are shown of a VM at rest, one of whose disks is being changed.
const (
	DiskAdding   State = "disk adding"
	DiskResizing State = "disk resizing"
	DiskDeleting State = "disk deleting"
)

// Kind is what the states of one kind have in common.
type Kind uint8

const (
	// Making means: the VM has not run yet.
	Making Kind = iota + 1
	// Resting means: nothing is being done with it; the last request may have failed.
	Resting
	// Asked means: it is on the way to what its renter requested, or its rental's end.
	Asked
	// Unmade means: it could not be made, and nothing of it is left.
	Unmade
	// Leaving means: it is being wiped.
	Leaving
)

// Row is a state with what may be requested in it.
type Row struct {
	State State
	Kind  Kind
	// Requests that are permitted, each with the state that it makes; the same
	// state where it only changes what is written down of the VM.
	Requests map[Request]State
	// Failed is the state if what is being done fails; "" where it is repeated.
	Failed State
}

// settings are permitted in every state of a VM that was made and rests.
func settings(state State, more map[Request]State) map[Request]State {
	requests := map[Request]State{Modify: state, ChangeDisks: state, Delete: Deleting}
	for request, to := range more {
		requests[request] = to
	}
	return requests
}

// failed: the VM may be on or off, so all may be tried again.
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
	// A guest may ignore the power button for as long as it is given.
	{ShuttingDown, Asked, map[Request]State{Modify: ShuttingDown, PowerOff: PoweringOff, Delete: Deleting}, ShutdownError},
	{PoweringOff, Asked, nil, PoweroffError},
	{Restarting, Asked, nil, RestartError},
	{Resetting, Asked, nil, ResetError},
	{CreateError, Unmade, map[Request]State{Delete: Deleting}, ""},
	{Deleting, Leaving, nil, ""},
}

// Table returns every state. The caller owns the slice, but not the maps in it.
func Table() []Row { return slices.Clone(table) }

// States are all states that the API shows.
func States() []State {
	var states []State
	for _, row := range table {
		states = append(states, row.State)
	}
	return append(states, DiskAdding, DiskResizing, DiskDeleting)
}

// Of is a state's row; ok is false for one that is in no table.
func Of(state State) (row Row, ok bool) {
	i := slices.IndexFunc(table, func(r Row) bool { return r.State == state })
	if i < 0 {
		return Row{}, false
	}
	return table[i], true
}

// Is reports whether the state is of the kind.
func (s State) Is(kind Kind) bool {
	row, ok := Of(s)
	return ok && row.Kind == kind
}

// IsOff reports whether a VM in this state surely has no guest to connect to.
func (s State) IsOff() bool {
	switch s {
	case Closed, StartError, CreateError, Deleting:
		return true
	}
	return false
}

// OnFailure is the state that a VM gets if what is being done with it fails.
func (s State) OnFailure() State {
	row, _ := Of(s)
	return row.Failed
}
