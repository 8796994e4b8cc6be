package auth

import (
	"fmt"
	"slices"
	"strings"
)

// Scope is what a session may do: a set, written as words in a fixed order and
// separated by commas. Each scope also allows reading.
type Scope string

const (
	// ScopeRead allows reading only.
	ScopeRead Scope = "read"
	// ScopeOperate allows creating, changing, starting and stopping VMs, and
	// opening their consoles and ports.
	ScopeOperate Scope = "operate"
	// ScopeData allows deleting VMs and disks.
	ScopeData Scope = "data"
	// ScopeKeys allows setting passwords in VMs.
	ScopeKeys Scope = "keys"
	// ScopeFull allows everything that the wallet may do in the rental,
	// including ending sessions.
	ScopeFull Scope = "full"
)

// scopes are the words, in the order in which a set is written.
var scopes = []Scope{ScopeRead, ScopeOperate, ScopeData, ScopeKeys, ScopeFull}

// ParseScope parses a set. It refuses unknown words: what they allow is unknown too.
func ParseScope(text string) (Scope, error) {
	last := -1
	for word := range strings.SplitSeq(text, ",") {
		at := slices.Index(scopes, Scope(word))
		if at <= last || Scope(word) == ScopeFull && text != word {
			return "", fmt.Errorf("%w: field scope: want full, or some of read, operate, data, keys, in this order and separated by commas", ErrMalformed)
		}
		last = at
	}
	return Scope(text), nil
}

// Covers reports whether a session of scope s may do what requires the scope
// needs, one word. A route that names none requires full.
func (s Scope) Covers(needs Scope) bool {
	if _, err := ParseScope(string(s)); err != nil {
		return false
	}
	if s == ScopeFull || needs == ScopeRead {
		return true
	}
	return slices.Contains(strings.Split(string(s), ","), string(needs))
}

// String returns the scope as it is written in a grant.
func (s Scope) String() string { return string(s) }
