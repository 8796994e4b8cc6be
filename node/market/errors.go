package market

import "errors"

var (
	// ErrIncomplete means: the index is still being filled, so an answer would
	// lack machines.
	ErrIncomplete = errors.New("the index of machines is being filled")
	// errGap means: blocks passed whose events can't be read, so the index is filled anew.
	errGap = errors.New("events were missed")
)
