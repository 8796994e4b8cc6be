package clientnode

import "errors"

var (
	// ErrHome means that another client node runs from the same home.
	ErrHome = errors.New("another node runs from this home; each needs its own")
	// ErrRole means that core.conf has another role.
	ErrRole = errors.New("unsupported role")
)
