package host

import "errors"

var (
	// ErrUnchanged means that the listing is up to date.
	ErrUnchanged = errors.New("the listing says this already")
	// ErrLeft means that another wallet's self-rent was cut off and is not over.
	ErrLeft = errors.New("a self-rent of another wallet was cut off")
	// ErrCooldown means that a trial of the wallet was ended, and that the chain
	// grants it no other of the same machine for a while.
	ErrCooldown = errors.New("the chain grants this wallet no other trial of this machine so soon")
	// ErrDegrees means that a text is not a coordinate in decimal degrees.
	ErrDegrees = errors.New("bad coordinate")
	// ErrNoCard means that cards are reserved for VMs, but none of them can be
	// listed.
	ErrNoCard = errors.New("no card can be listed as it is")
	// ErrWindow means that a VM with the cards would have no address space for
	// their memory.
	ErrWindow = errors.New("the cards' memory does not fit into what processor and IOMMU can address, or they do not say how much that is")
)
