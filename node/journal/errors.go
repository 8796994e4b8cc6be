package journal

import "errors"

var (
	// ErrOtherBinding means: the journal belongs to another chain, genesis or machine.
	ErrOtherBinding = errors.New("journal belongs to another chain or machine")
	// ErrNotFound means: no task has the id.
	ErrNotFound = errors.New("no such task")
	// ErrExists means: a task has the id already.
	ErrExists = errors.New("task exists already")
	// ErrSessions means: a rental has as many sessions as it may have.
	ErrSessions = errors.New("the rental has too many sessions")
	// ErrNonces means: a wallet sent more signed requests than its share of the
	// replay memory holds.
	ErrNonces = errors.New("the wallet sent too many signed requests; wait a minute")
	// ErrDamaged means: the journal holds what this program never writes.
	ErrDamaged = errors.New("the journal is damaged")
	// ErrNoSession means: no session has the id, or it is over.
	ErrNoSession = errors.New("no such session")
)
