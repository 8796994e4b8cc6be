package vfio

import "fmt"

// State is the state of a slot.
type State string

// The states of a slot.
const (
	// Ready slots were reset and are as recorded: a VM may take one.
	Ready State = "ready"
	// InUse slots belong to a VM, whether or not it runs.
	InUse State = "in_use"
	// Resetting slots may hold data of the last VM.
	Resetting State = "resetting"
	// Quarantined slots did not come back as recorded.
	Quarantined State = "quarantined"
)

// event is what happens to a slot.
type event string

const (
	taken    event = "taken"
	released event = "released"
	clean    event = "clean"
	faulty   event = "faulty"
	checked  event = "checked" // its host wants it checked again
	found    event = "found"   // a VM has it that the journal does not name
)

// table has every allowed transition. Only a reset that was found clean makes a
// slot ready.
var table = map[State]map[event]State{
	Ready:       {taken: InUse, checked: Resetting, found: InUse},
	InUse:       {released: Resetting},
	Resetting:   {clean: Ready, faulty: Quarantined, checked: Resetting, found: InUse},
	Quarantined: {checked: Resetting},
}

func next(s State, e event) (State, error) {
	to, ok := table[s][e]
	if !ok {
		return s, fmt.Errorf("%w: %s cannot be %s", ErrState, s, e)
	}
	return to, nil
}
