package node

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

var (
	// ErrConfig means: a line of core.conf or peer.conf is wrong.
	ErrConfig = errors.New("wrong configuration")
	// ErrLocked means: another mining node runs on this computer.
	ErrLocked = errors.New("another mining node runs on this computer")
	// ErrHome means: another client node runs from the same home.
	ErrHome = errors.New("another node runs from this home; each needs its own")
	// ErrOther means: another node answers where this home's should.
	ErrOther = errors.New("this home's node does not run")
	// ErrMainNetwork means: a setting for tests on a main network.
	ErrMainNetwork = errors.New("not allowed on a main network")
	// ErrRole means: the role does not exist or can't be run yet.
	ErrRole = errors.New("unsupported role")
	// ErrRoot means: the process has privileges that it should not have, or lacks those it needs.
	ErrRoot = errors.New("not with these privileges")
	// ErrBound means: the state belongs to another chain or machine.
	ErrBound = errors.New("state belongs to another chain or machine")
)

// ConfigError is one wrong line.
type ConfigError struct {
	File string
	// Line counts from 1; 0 is a line that is missing.
	Line       int
	Key, Value string
	// Limit says what is right.
	Limit string
	// Reason is ErrConfig where nil.
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

// Unwrap is ErrConfig or the sharper Reason.
func (e *ConfigError) Unwrap() error {
	if e.Reason != nil {
		return e.Reason
	}
	return ErrConfig
}
