package pci

import "errors"

var (
	// ErrAddress means: a text is no PCI address.
	ErrAddress = errors.New("no PCI address")
	// ErrUnreadable means: the kernel's file is there but does not say what it should.
	ErrUnreadable = errors.New("unreadable PCI function")
)
