package rental

import "errors"

var (
	// ErrNotAllowed means that the event can't happen in the rental's state.
	ErrNotAllowed = errors.New("not allowed")
	// ErrOverflow means that an amount of money does not fit 64 bits.
	ErrOverflow = errors.New("amount too large")
	// ErrZeroRent means that the rent rounds to zero.
	ErrZeroRent = errors.New("rent rounds to zero")
	// ErrDuration means that a duration is no multiple of the unit, too short or too long.
	ErrDuration = errors.New("duration out of bounds")
	// ErrSegments means that a renewal would need a segment too many.
	ErrSegments = errors.New("too many price segments")
)
