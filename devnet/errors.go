package devnet

import "errors"

var (
	// ErrNotRunning means: no devnet of this home runs.
	ErrNotRunning = errors.New("no devnet is running")
	// ErrRunning means: one runs already.
	ErrRunning = errors.New("a devnet of this home is running already")
	// ErrDied means: a part ended by itself.
	ErrDied = errors.New("ended by itself")
	// ErrEnough ends, when ready of Run returns it, the devnet in order.
	ErrEnough = errors.New("that was all")
	// ErrLeft means: something of the devnet is still there after its end.
	ErrLeft = errors.New("was left behind")
	// ErrBooks means: balances are not what the steps add up to.
	ErrBooks = errors.New("the balances do not add up")
	// ErrMissing means: something that make builds is not there.
	ErrMissing = errors.New("is missing")
)
