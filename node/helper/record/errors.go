package record

import "errors"

var (
	// ErrUnknown means: the record has no such folder or VM.
	ErrUnknown = errors.New("not in the helper's record")
	// ErrUsed means: the signed request was used before.
	ErrUsed = errors.New("the renter's request was used before")
	// ErrForgotten means: it is not known any more whether the request was used.
	ErrForgotten = errors.New("the renter's request is of a time whose requests were forgotten, as by a clock that was ahead")
)
