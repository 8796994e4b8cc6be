package host

import (
	"errors"
	"fmt"

	"github.com/dbc-network/dbc/node/envelope"
)

var (
	// ErrInvalid means: a value is not what the field takes.
	ErrInvalid = errors.New("not allowed")
	// ErrPortTaken means: a port is published already or in use on the host.
	ErrPortTaken = errors.New("the port is taken")
	// ErrShare means: more than is left of the rental's share.
	ErrShare = errors.New("more than is left of the rental's share")
	// ErrClearing means: what the rental pays for is still held by the one before.
	ErrClearing = errors.New("still being cleared of the rental before")
	// ErrDisk means: the host's disk has no room.
	ErrDisk = errors.New("not enough room on the host's disk")
	// ErrImage means: the machine has no such image.
	ErrImage = errors.New("no such image")
	// ErrExists means: the task id is taken.
	ErrExists = errors.New("the task exists already")
	// ErrNotFound means: no task of the caller has the id.
	ErrNotFound = errors.New("no such task")
	// ErrBusy means: another operation on the VM is going on.
	ErrBusy = errors.New("another operation is going on")
	// ErrState means: the VM's state does not allow this.
	ErrState = errors.New("not in this state")
	// ErrNotSupported means: the machine can't do this yet.
	ErrNotSupported = errors.New("not supported")
	// ErrAgent means: the guest's agent is not there, did not answer or refused.
	ErrAgent = errors.New("the guest's agent did not do it")
	// errNotReady: a guest does not answer on SSH yet.
	errNotReady = errors.New("the guest does not answer on SSH")
)

// Refusal says which value of a request was refused, and what would be taken.
// Nothing was changed.
type Refusal struct {
	// Kind is one of the sentinels above.
	Kind                error
	Field, Value, Limit string
	// Remedy says what to do.
	Remedy string
}

// Error is one sentence with all of it.
func (r *Refusal) Error() string {
	s := fmt.Sprintf("%s is %q: %v", envelope.Clip(r.Field, envelope.MaxEcho), envelope.Clip(r.Value, envelope.MaxEcho), r.Kind)
	if r.Limit != "" {
		s += fmt.Sprintf(" (limit: %s)", r.Limit)
	}
	if r.Remedy != "" {
		s += "; " + r.Remedy
	}
	return s
}

// Unwrap is Kind.
func (r *Refusal) Unwrap() error { return r.Kind }

func refuse(kind error, field string, value any, limit, remedy string) *Refusal {
	return &Refusal{Kind: kind, Field: field, Value: fmt.Sprint(value), Limit: limit, Remedy: remedy}
}
