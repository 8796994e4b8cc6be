package node

import "errors"

var (
	// ErrLocked means that another mining node runs on this computer.
	ErrLocked = errors.New("another mining node runs on this computer")
	// ErrHome means that another client node runs from the same home.
	ErrHome = errors.New("another node runs from this home; each needs its own")
	// ErrOther means that another node answers where this home's should.
	ErrOther = errors.New("this home's node does not run")
	// ErrRole means that the role does not exist or can't be run yet.
	ErrRole = errors.New("unsupported role")
	// ErrRoot means that the process has privileges that it should not have, or lacks
	// those it needs.
	ErrRoot = errors.New("not with these privileges")
	// ErrBound means that the state belongs to another chain or machine.
	ErrBound = errors.New("state belongs to another chain or machine")
)
