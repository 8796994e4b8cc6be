package api

import (
	"fmt"
	"time"
)

// Refusal says why a request was refused, and what would be accepted. Nothing
// was changed.
type Refusal struct {
	// Code is set by a program that answers itself. Otherwise Kind is an error
	// that the node's list of codes has.
	Code Code
	Kind error
	// Field, Value and Limit may be empty.
	Field, Value, Limit string
	// Remedy says what to do.
	Remedy string
	// Message replaces the sentence that Error makes of the other fields.
	Message string
	// At is from when the request can succeed. It is set for a code with RetryAt.
	At time.Time
	// Params are further values, by name.
	Params map[string]string
}

// Refuse refuses one value of a request.
func Refuse(code Code, field, value, limit string) *Refusal {
	return &Refusal{Code: code, Field: field, Value: Clip(value, MaxEcho), Limit: limit}
}

// Error returns one sentence with all of it.
func (r *Refusal) Error() string {
	if r.Message != "" {
		return r.Message
	}
	why := "not accepted"
	if r.Kind != nil {
		why = r.Kind.Error()
	}
	s := fmt.Sprintf("%s is %q: %s", Clip(r.Field, MaxEcho), Clip(r.Value, MaxEcho), why)
	if r.Limit != "" {
		s += fmt.Sprintf(" (limit: %s)", r.Limit)
	}
	if r.Remedy != "" {
		s += "; " + r.Remedy
	}
	return s
}

// Unwrap returns Kind.
func (r *Refusal) Unwrap() error { return r.Kind }
