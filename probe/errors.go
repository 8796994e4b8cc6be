package probe

import (
	"errors"
	"fmt"
)

var (
	// ErrAnswer means that what came back is not what the script prints.
	ErrAnswer = errors.New("not the script's answer")
	// ErrCut means that the answer ends too early.
	ErrCut = errors.New("the answer is cut off")
	// ErrLong means that the answer is longer than it may be.
	ErrLong = errors.New("the answer is too long")
	// ErrLogin means that the script could not be run in the guest.
	ErrLogin = errors.New("no login to the guest")
	// ErrHere means that this computer could not try it: it has no ssh, or not the key.
	// It says nothing about the machine.
	ErrHere = errors.New("nothing was compared, because of this computer")
)

// LineError is an ErrAnswer with the line that is at fault, from 1.
type LineError struct {
	Line int
	err  error
}

// Error returns the line and what is wrong with it.
func (e *LineError) Error() string { return fmt.Sprintf("%v: line %d: %v", ErrAnswer, e.Line, e.err) }

// Is reports whether target is ErrAnswer.
func (e *LineError) Is(target error) bool { return target == ErrAnswer }
