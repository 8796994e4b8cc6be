package conf

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

var (
	// ErrConfig means that a line of core.conf or peer.conf is wrong.
	ErrConfig = errors.New("wrong configuration")
	// ErrMainNetwork means that a setting is for test networks only.
	ErrMainNetwork = errors.New("not allowed on a main network")
)

// ConfigError is one wrong line.
type ConfigError struct {
	File string
	// Line counts from 1; 0 means that the line is missing.
	Line       int
	Key, Value string
	// Limit says what is right.
	Limit string
	// Reason is ErrConfig if nil.
	Reason error
}

// Error is file:line, key, value and what would be right.
func (e *ConfigError) Error() string {
	where := e.File
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	return fmt.Sprintf("%s: %s=%q: %v: want %s", where, printable(e.Key), e.Value, e.Unwrap(), e.Limit)
}

// printable quotes what could move the terminal's cursor.
func printable(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}

// Unwrap returns ErrConfig or the more specific Reason.
func (e *ConfigError) Unwrap() error {
	if e.Reason != nil {
		return e.Reason
	}
	return ErrConfig
}
