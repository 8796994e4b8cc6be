package vfio

import "errors"

var (
	// ErrState means that a slot is not in a state in which this can be done.
	ErrState = errors.New("the slot is in another state")
	// ErrHeld means that another VM has the slot.
	ErrHeld = errors.New("another VM has the slot")
	// ErrSlot means that the host has no such slot.
	ErrSlot = errors.New("no such slot")
	// ErrJournal means that the states cannot be read: nothing may be given away.
	ErrJournal = errors.New("the journal of the cards cannot be read")
	// ErrHits means that a hot reset would reset what is not of the slot.
	ErrHits = errors.New("the reset would hit another device")
	// ErrBusy means that a program has the card's IOMMU group open.
	ErrBusy = errors.New("a program has the card open")
)
