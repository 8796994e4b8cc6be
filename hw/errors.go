package hw

import "errors"

// ErrUnreadable means: the kernel's file is there but does not say what it should.
var ErrUnreadable = errors.New("unreadable inventory")
