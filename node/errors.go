package node

import "errors"

var (
	// ErrHeld means that another process holds a lock.
	ErrHeld = errors.New("held by another process; stop that first")
	// ErrOther means that another node answers where this home's should.
	ErrOther = errors.New("this home's node does not run")
	// ErrSimulated means that a node of a chain other than a devnet's was to be simulated.
	ErrSimulated = errors.New("nodes are simulated on a devnet only")
	// ErrBound means that the state belongs to another chain or machine.
	ErrBound = errors.New("state belongs to another chain or machine")
)
