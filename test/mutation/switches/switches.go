// Package switches is linked into a test binary with mutants. It makes one of
// them the active one, and runs single tests for the program that judges them.
package switches

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

// Environment variables for what is reached before the first test: one names the
// active mutant, the other asks for a trace.
const (
	ActiveVar = "MUTATION_ACTIVE"
	TraceVar  = "MUTATION_TRACE"
)

// Switch has the mutants of one package.
type Switch struct {
	folder string
	seen   []atomic.Bool
	// active is the number of the active mutant, 0 for none.
	active  atomic.Int32
	tracing atomic.Bool
}

// all is complete before the first test starts.
var all []*Switch

// New returns the switch of a package with mutants from 1 to n. It is called
// only while packages are initialized.
func New(folder string, n int) *Switch {
	s := &Switch{folder: folder, seen: make([]atomic.Bool, n+1)}
	s.tracing.Store(os.Getenv(TraceVar) != "")
	s.activate(os.Getenv(ActiveVar))
	all = append(all, s)
	return s
}

// On reports whether a mutant is active.
func (s *Switch) On(id int) bool {
	if s.tracing.Load() {
		s.seen[id].Store(true)
	}
	return s.active.Load() == int32(id)
}

// activate makes the mutant of a name such as "rental#12" the active one. No
// mutant of the package is active after the name of another one's, or none.
func (s *Switch) activate(name string) {
	folder, id, _ := strings.Cut(name, "#")
	n, err := strconv.Atoi(id)
	if err != nil || folder != s.folder {
		n = 0
	}
	s.active.Store(int32(n))
}

// reached returns and forgets the mutants reached since the last call.
func reached() []string {
	var names []string
	for _, s := range all {
		for id := range s.seen {
			if s.seen[id].Swap(false) {
				names = append(names, s.folder+"#"+strconv.Itoa(id))
			}
		}
	}
	return names
}
