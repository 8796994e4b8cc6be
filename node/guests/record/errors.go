package record

import "errors"

var (
	// ErrUnknown means: the record has no such folder or VM.
	ErrUnknown = errors.New("not in the helper's record")
	// ErrNewer means: a newer helper wrote the record.
	ErrNewer = errors.New("the helper's record is of a newer version")
	// ErrDamaged means: the record holds what no helper writes.
	ErrDamaged = errors.New("the helper's record is damaged")
	// ErrShared means: another folder has the task, or a part of the VM's identity.
	ErrShared = errors.New("another folder has it")
	// ErrFull means: it would be more than the helper remembers, whoever asks for it.
	ErrFull = errors.New("more than the helper remembers")
	// ErrUsed means: the signed request was used before.
	ErrUsed = errors.New("the renter's request was used before")
	// ErrForgotten means: it is not known any more whether the request was used.
	ErrForgotten = errors.New("the renter's request is of a time whose requests were forgotten, as by a clock that was ahead")
)
