package market

import "errors"

var (
	// ErrIncomplete means that the index is still being filled, so an answer
	// would lack machines.
	ErrIncomplete = errors.New("the index of machines is being filled")
	// errGap means that events of some blocks cannot be read, so the index has
	// to be filled again.
	errGap = errors.New("events were missed")
)
