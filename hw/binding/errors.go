package binding

import "errors"

var (
	// ErrFile means that gpus.toml has a value that is not allowed.
	ErrFile = errors.New("gpus.toml is not as dbc host gpu bind writes it")
	// ErrForeign means that a file is in the way that is not ours, or no longer ours.
	ErrForeign = errors.New("a file is in the way that dbc host gpu bind did not write")
	// ErrSlot means that the computer does not have a slot that was asked for.
	ErrSlot = errors.New("no such slot")
	// ErrProgram means that the boot unit cannot start the program.
	ErrProgram = errors.New("the boot unit cannot start this program")
	// ErrBusy means that another command is changing the same files.
	ErrBusy = errors.New("another command is binding or unbinding")
	// ErrNotBound means that there is nothing to revert.
	ErrNotBound = errors.New("no card is bound by dbc host gpu bind")
)
