package journal

import "errors"

var (
	// ErrOtherBinding means that the journal belongs to another chain, genesis or machine.
	ErrOtherBinding = errors.New("journal belongs to another chain or machine")
	// ErrNotFound means that no task has the id.
	ErrNotFound = errors.New("no such task")
	// ErrExists means that a task already has the id.
	ErrExists = errors.New("task exists already")
	// ErrSessions means that a rental has as many sessions as it may have.
	ErrSessions = errors.New("the rental has too many sessions")
	// ErrNonces means that a wallet sent more signed requests than its share of the
	// replay memory holds.
	ErrNonces = errors.New("the wallet sent too many signed requests; wait a minute")
	// ErrNewer means that a newer build wrote the journal.
	ErrNewer = errors.New("the journal is of a newer version")
	// ErrDamaged means that the journal holds what this program never writes.
	ErrDamaged = errors.New("the journal is damaged")
	// ErrNoSession means that no session has the id, or that it is over.
	ErrNoSession = errors.New("no such session")
)
