package console

import "errors"

var (
	// ErrToken means: the token is of none that was given and not used yet.
	ErrToken = errors.New("no such token")
	// ErrBusy means: as many as may have it open have it open.
	ErrBusy = errors.New("it is open elsewhere")
	// ErrTooMany means: more are asked for than one machine keeps.
	ErrTooMany = errors.New("too many at once")

	// What ends a WebSocket; its reader is told.
	errGuest    = errors.New("the virtual machine went off")
	errCaller   = errors.New("the caller left")
	errTakeOver = errors.New("it was opened elsewhere")
	errClosed   = errors.New("the node is ending")
	errShare    = errors.New("another renter of this machine needs it; you have more open than others")
	errTime     = errors.New("it was open for as long as it may be")
	errSlow     = errors.New("the caller takes too little of it")
)
