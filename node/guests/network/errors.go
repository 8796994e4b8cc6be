package network

import "errors"

var (
	// ErrBadConfig means that the configuration is invalid.
	ErrBadConfig = errors.New("bad guest network")

	// ErrBadBinding means that a binding breaks a rule; nothing was changed.
	ErrBadBinding = errors.New("bad network binding")

	// ErrForeign means that a link of that name exists which this package did
	// not create.
	ErrForeign = errors.New("link belongs to somebody else")

	// ErrOverlap means that the computer is already connected to a network that
	// overlaps.
	ErrOverlap = errors.New("guest network overlaps")
)
