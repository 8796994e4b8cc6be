package api

import (
	"fmt"
	"log/slog"
)

const dots = "••••"

// Secret is a password or key that prints as dots. Its JSON is the value: only
// the journal and the reply to its owner are written with it.
type Secret string

// String is dots.
func (s Secret) String() string { return dots }

// GoString is dots.
func (s Secret) GoString() string { return dots }

// Format is dots for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(dots)) }

// LogValue is dots.
func (s Secret) LogValue() slog.Value { return slog.StringValue(dots) }
