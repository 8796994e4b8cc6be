package pci

import "errors"

var (
	// ErrAddress means that a text is not a PCI address.
	ErrAddress = errors.New("no PCI address")
	// ErrUnreadable means that the kernel's file exists but its content is not as
	// expected.
	ErrUnreadable = errors.New("unreadable PCI function")
)
