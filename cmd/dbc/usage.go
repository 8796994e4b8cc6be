package main

import (
	"fmt"
)

// interrupted means that the user, or whoever stopped the program, did not wait for the
// end.
type interrupted struct{ err error }

func (e *interrupted) Error() string { return e.err.Error() }

func (e *interrupted) Unwrap() error { return e.err }

// usageError means that the command line itself was wrong.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }

func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }
