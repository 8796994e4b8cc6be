package vfio

import "errors"

var (
	// ErrState means that a slot's state does not allow this.
	ErrState = errors.New("the slot is in another state")
	// ErrHeld means that another VM has the slot.
	ErrHeld = errors.New("another VM has the slot")
	// ErrSlot means that the host has no such slot.
	ErrSlot = errors.New("no such slot")
	// ErrJournal means that the states cannot be read: nothing may be given away.
	ErrJournal = errors.New("the journal of the cards cannot be read")
	// ErrHits means that a hot reset would reset devices outside the slot.
	ErrHits = errors.New("the reset would hit another device")
	// ErrUndone means that a reset was not started, or its process was ended by
	// somebody else: it is still due.
	ErrUndone = errors.New("the reset was not done")
	// ErrBusy means that a program has the card's IOMMU group open.
	ErrBusy = errors.New("a program has the card open")
)
