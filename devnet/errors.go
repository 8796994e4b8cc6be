package devnet

import "errors"

var (
	// ErrNotRunning means that no devnet of this home is running.
	ErrNotRunning = errors.New("no devnet is running")
	// ErrRunning means that one is running already.
	ErrRunning = errors.New("a devnet of this home is running already")
	// ErrDied means that a part ended unexpectedly.
	ErrDied = errors.New("ended by itself")
	// ErrEnough makes Run end the devnet in order when ready returns it.
	ErrEnough = errors.New("that was all")
	// ErrLeft means that something of the devnet is still there after its end.
	ErrLeft = errors.New("was left behind")
	// ErrBooks means that balances differ from the sum of the steps.
	ErrBooks = errors.New("the balances do not add up")
	// ErrCopy means that a home is a copy of another one.
	ErrCopy = errors.New("is a copy")
	// ErrIdentity means that a home's identity can't be read.
	ErrIdentity = errors.New("is no identity of a devnet")
	// ErrMissing means that something that make builds is missing.
	ErrMissing = errors.New("is missing")
)
