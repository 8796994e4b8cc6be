package network

import "errors"

var (
	// ErrBadConfig: the configuration can't make a network.
	ErrBadConfig = errors.New("bad guest network")

	// ErrBadBinding: a binding breaks a rule; nothing was changed.
	ErrBadBinding = errors.New("bad network binding")

	// ErrForeign: a link of that name is there and this package did not make it.
	ErrForeign = errors.New("link belongs to somebody else")

	// ErrOverlap: the host is already connected to a network that overlaps.
	ErrOverlap = errors.New("guest network overlaps")
)
