package register

import "errors"

var (
	// ErrNoMachine means that the chain has no machine with this id.
	ErrNoMachine = errors.New("no machine of this chain")
	// ErrAsked means that there were too many queries for machines that the
	// index does not have.
	ErrAsked = errors.New("too many other machines are being looked up; try again in a second")
)
