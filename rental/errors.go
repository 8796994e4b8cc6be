package rental

import "errors"

var (
	// ErrNotAllowed is returned for an event that is not possible in the
	// rental's state.
	ErrNotAllowed = errors.New("not allowed")
	// ErrOverflow is returned for an amount of money that does not fit into 64
	// bits.
	ErrOverflow = errors.New("amount too large")
	// ErrZeroRent is returned when the rent rounds to zero.
	ErrZeroRent = errors.New("rent rounds to zero")
	// ErrDuration is returned for a duration that is too short, too long or not
	// a multiple of the unit.
	ErrDuration = errors.New("duration out of bounds")
	// ErrSpelling is returned for a text that is not a duration.
	ErrSpelling = errors.New("not a duration")
	// ErrExitNotice is returned for an exit notice that a listing may not have.
	ErrExitNotice = errors.New("exit notice out of bounds")
	// ErrSegments is returned for a renewal that would need more segments than
	// allowed.
	ErrSegments = errors.New("too many price segments")
)
