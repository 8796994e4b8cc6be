package fake

import "errors"

var (
	// ErrOrdered means that a fault was ordered.
	ErrOrdered = errors.New("this fault was ordered")
	// errSilent means that a guest does not answer on SSH (yet).
	errSilent = errors.New("the guest does not answer")
)
