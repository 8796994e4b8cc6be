package binding

import "errors"

var (
	// ErrFile means that gpus.toml says something that it must not.
	ErrFile = errors.New("gpus.toml is not as dbc host gpu bind writes it")
	// ErrForeign means that a file is in the way that is not ours, or no longer.
	ErrForeign = errors.New("a file is in the way that dbc host gpu bind did not write")
	// ErrSlot means that a slot was asked for that this computer does not have.
	ErrSlot = errors.New("no such slot")
	// ErrProgram means that the program cannot be what the boot unit starts.
	ErrProgram = errors.New("the boot unit cannot start this program")
	// ErrBusy means that another command changes the same files.
	ErrBusy = errors.New("another command is binding or unbinding")
	// ErrNotBound means that there is nothing to revert.
	ErrNotBound = errors.New("no card is bound by dbc host gpu bind")
)
