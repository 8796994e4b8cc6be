package network

import "errors"

var (
	// ErrBadConfig says that the configuration can't make a network.
	ErrBadConfig = errors.New("bad guest network")

	// ErrBadBinding says that a binding breaks a rule; nothing was changed.
	ErrBadBinding = errors.New("bad network binding")

	// ErrForeign says that a link of that name is there and this package did not make it.
	ErrForeign = errors.New("link belongs to somebody else")

	// ErrOverlap says that the host is already connected to a network that overlaps.
	ErrOverlap = errors.New("guest network overlaps")
)
