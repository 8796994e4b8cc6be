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
	// ErrReal means that a home has a devnet with real virtual machines.
	ErrReal = errors.New("has a devnet with real virtual machines")
	// ErrFake means that a home has a devnet with simulated ones.
	ErrFake = errors.New("has a devnet with simulated virtual machines")
	// ErrNotOurs means that a folder is not a fake devnet's.
	ErrNotOurs = errors.New("is no data folder of a fake devnet; look what is in it and delete it by hand")
	// ErrNoFault means that no fault has that name.
	ErrNoFault = errors.New("no such fault")
	// ErrRefused means that a fake devnet did not carry out an order.
	ErrRefused = errors.New("the devnet refused")
	// ErrMissing means that something that make builds is missing.
	ErrMissing = errors.New("is missing")
)
