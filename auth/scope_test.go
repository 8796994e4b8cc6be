package auth

import (
	"errors"
	"testing"
)

// TestScopes verifies every set of words against a model of what each allows.
func TestScopes(t *testing.T) {
	t.Parallel()
	words := []Scope{ScopeRead, ScopeOperate, ScopeData, ScopeKeys}
	for bits := 1; bits < 1<<len(words); bits++ {
		text := ""
		for i, word := range words {
			if bits&(1<<i) != 0 {
				if text != "" {
					text += ","
				}
				text += string(word)
			}
		}
		s, err := ParseScope(text)
		if err != nil || s.String() != text {
			t.Fatalf("%s: %q, %v", text, s, err)
		}
		for i, needs := range words {
			if want := i == 0 || bits&(1<<i) != 0; s.Covers(needs) != want {
				t.Errorf("%s covers %s: want %v", text, needs, want)
			}
		}
		if s.Covers(ScopeFull) || s.Covers("") || s.Covers("unknown") {
			t.Errorf("%s covers what only full does", text)
		}
	}
	for _, needs := range append(words, ScopeFull, "") {
		if !ScopeFull.Covers(needs) {
			t.Errorf("full does not cover %q", needs)
		}
	}
	for _, text := range []string{
		"", ",", "read,", ",read", "read,read", "operate,read", "read, operate", "Read", "full,read", "read,full", "full,full", "admin", "read,admin", "read\n",
	} {
		if s, err := ParseScope(text); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q is %q, %v", text, s, err)
		}
		if Scope(text).Covers(ScopeRead) {
			t.Errorf("%q covers reading", text)
		}
	}
}
