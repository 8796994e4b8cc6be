package devnet

import "errors"

var (
	// ErrNotRunning: no devnet of this home runs.
	ErrNotRunning = errors.New("no devnet is running")
	// ErrRunning: one runs already.
	ErrRunning = errors.New("a devnet of this home is running already")
	// ErrDied: a part ended by itself.
	ErrDied = errors.New("ended by itself")
	// ErrEnough, returned by Run's ready, ends the devnet in order.
	ErrEnough = errors.New("that was all")
	// ErrLeft: something of the devnet is still there after its end.
	ErrLeft = errors.New("was left behind")
	// ErrBooks: balances are not what the steps add up to.
	ErrBooks = errors.New("the balances do not add up")
	// ErrMissing: something that make builds is not there.
	ErrMissing = errors.New("is missing")
)
