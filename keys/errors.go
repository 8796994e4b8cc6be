package keys

import "errors"

var (
	// ErrTaken means that another key has the name.
	ErrTaken = errors.New("there is a key of this name: choose another name, or delete that key first")
	// ErrSame means that a key was to be renamed to its own name.
	ErrSame = errors.New("the new name is the old one")
	// ErrUnreadable means that something of the name is there that can't be read, and is
	// not overwritten: it may be a key.
	ErrUnreadable = errors.New("what has this name can't be read: choose another name")
)
