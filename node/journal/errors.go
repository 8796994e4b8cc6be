package journal

import "errors"

var (
	// ErrOtherBinding means: the journal belongs to another chain, genesis or machine.
	ErrOtherBinding = errors.New("journal belongs to another chain or machine")
	// ErrNotFound means: no task has the id.
	ErrNotFound = errors.New("no such task")
	// ErrExists means: a task has the id already.
	ErrExists = errors.New("task exists already")
)
