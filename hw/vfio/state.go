package vfio

import "fmt"

// State is what a slot is in.
type State string

// The states of a slot.
const (
	// Ready slots were reset and are as recorded: a VM may take one.
	Ready State = "ready"
	// InUse slots belong to a VM, whether or not it runs.
	InUse State = "in_use"
	// Resetting slots may hold what the last VM left.
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
	checked  event = "checked" // its host wants it looked at again
)

// table has every step that there is. Only a reset that was found clean makes a
// slot ready.
var table = map[State]map[event]State{
	Ready:       {taken: InUse, checked: Resetting},
	InUse:       {released: Resetting},
	Resetting:   {clean: Ready, faulty: Quarantined, checked: Resetting},
	Quarantined: {checked: Resetting},
}

func next(s State, e event) (State, error) {
	to, ok := table[s][e]
	if !ok {
		return s, fmt.Errorf("%w: %s cannot be %s", ErrState, s, e)
	}
	return to, nil
}
