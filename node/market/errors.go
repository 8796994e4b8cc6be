package market

import "errors"

var (
	// ErrIncomplete means: the index is still being filled, so an answer would
	// lack machines.
	ErrIncomplete = errors.New("the index of machines is being filled")
	// ErrNoMachine means: the chain has no machine of this id.
	ErrNoMachine = errors.New("no machine of this chain")
	// ErrAsked means: too many machines were asked for that the index does not have.
	ErrAsked = errors.New("the chain is being asked for other machines; ask again in a second")
	// errGap means: blocks passed whose events can't be read, so the index is filled anew.
	errGap = errors.New("events were missed")
)
