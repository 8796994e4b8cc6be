package compute

import "errors"

var (
	// ErrLocked means that another mining node runs on this computer.
	ErrLocked = errors.New("another mining node runs on this computer")
	// ErrRoot means that the process has privileges that it should not have, or lacks
	// those it needs.
	ErrRoot = errors.New("not with these privileges")
)
