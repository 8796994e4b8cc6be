package hw

import "errors"

// ErrUnreadable means that the kernel's file exists but its content is not as expected.
var ErrUnreadable = errors.New("unreadable inventory")
