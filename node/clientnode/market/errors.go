package market

import "errors"

var (
	// ErrIncomplete means that the index is still being filled, so an answer
	// would lack machines.
	ErrIncomplete = errors.New("the index of machines is being filled")
	// ErrNoMachine means that the chain has no machine with this id.
	ErrNoMachine = errors.New("no machine of this chain")
	// ErrAsked means that there were too many queries for machines that the
	// index does not have.
	ErrAsked = errors.New("too many other machines are being looked up; try again in a second")
	// errGap means that events of some blocks cannot be read, so the index has
	// to be filled again.
	errGap = errors.New("events were missed")
)
