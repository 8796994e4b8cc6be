package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/dbc-network/dbc/client/named"
)

// book returns the names that were given on this computer, for the chain in use.
func (s *settings) book() (named.Book, error) {
	home, err := s.homeDir()
	if err != nil {
		return named.Book{}, err
	}
	return named.Open(home, s.chainID)
}

// byName returns what the user named with word. A word that is nobody's name here is
// ErrNone, and costs no question to the chain.
func byName(ctx context.Context, s *settings, word string) (named.VM, error) {
	home, err := s.homeDir()
	if err != nil {
		return named.VM{}, err
	}
	if s.session != "" || !named.Known(home, word) {
		return named.VM{}, named.ErrNone
	}
	if _, err := s.dial(ctx); err != nil { // which chain
		return named.VM{}, err
	}
	book, err := s.book()
	if err != nil {
		return named.VM{}, err
	}
	return book.Get(word)
}

// namedVM replaces the user's name for a virtual machine by its machine and its id.
func namedVM(ctx context.Context, s *settings, machineID, word string) (onMachine, id string, err error) {
	v, err := byName(ctx, s, word)
	switch {
	case errors.Is(err, named.ErrNone) && wasName(s, word):
		return "", "", fmt.Errorf("%s was a name on this computer, and what had it was deleted; no such virtual machine is %w: dbc vm list shows them, give more of an id", word, errNotThere)
	case errors.Is(err, named.ErrNone):
		return machineID, word, nil
	case err == nil && v.TaskID == "":
		return "", "", fmt.Errorf("%s is dbc up's name, which has made no virtual machine yet; none is %w: dbc vm list shows them, give more of an id", word, errNotThere)
	case err != nil:
		return "", "", err
	case machineID != "":
		return machineID, v.TaskID, nil
	}
	return v.MachineID, v.TaskID, nil
}

// wasName reports whether a word that is no name was one, on the chain in use.
func wasName(s *settings, word string) bool {
	if s.session != "" || s.chainID == "" {
		return false
	}
	book, err := s.book()
	return err == nil && book.Gone(word)
}

// forgetNames takes the names of a virtual machine away.
func forgetNames(s *settings, taskID string) {
	book, err := s.book()
	if err != nil {
		return
	}
	for name := book.Of(taskID); name != ""; name = book.Of(taskID) {
		if book.Delete(name) != nil {
			return
		}
	}
}
