package named

import "errors"

var (
	// ErrName means that a text is not a name.
	ErrName = errors.New("a name wanted: 1 to 32 lower-case letters, digits and dashes, with a letter first and no dash last")
	// ErrNone means that nothing has the name.
	ErrNone = errors.New("nothing here has that name")
	// ErrBusy means that another program works on what has the name.
	ErrBusy = errors.New("another command is at work on it")
)
