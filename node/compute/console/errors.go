package console

import "errors"

var (
	// ErrToken means that there is no such unused token.
	ErrToken = errors.New("no such token")
	// ErrBusy means that the maximum number are open already.
	ErrBusy = errors.New("it is open elsewhere")
	// ErrTooMany means that a machine's limit is exceeded.
	ErrTooMany = errors.New("too many at once")

	// Reasons that end a WebSocket. They are sent to its reader.
	errGuest    = errors.New("the virtual machine stopped")
	errCaller   = errors.New("the caller left")
	errTakeOver = errors.New("it was opened elsewhere")
	errClosed   = errors.New("the node is shutting down")
	errShare    = errors.New("another renter of this machine needs it; you have more open than others")
	errTime     = errors.New("it reached its time limit")
	errSlow     = errors.New("the caller reads too slowly")
)
