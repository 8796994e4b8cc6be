package main

import "fmt"

// The environment of a test binary names one mutant, or a file that lists all
// that are reached.
const (
	activeVar = "MUTATION_ACTIVE"
	traceVar  = "MUTATION_TRACE"
)

// switchCode is the file that joins a package with mutants: mutantOn reports
// whether a mutant is the active one.
func switchCode(pkg, folder string, mutants int) string {
	return fmt.Sprintf(`package %s

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

type mutantSwitch struct {
	active int
	trace  *os.File
	seen   [%d]atomic.Bool
}

var mutants = newMutants()

func newMutants() *mutantSwitch {
	m := new(mutantSwitch)
	if folder, id, ok := strings.Cut(os.Getenv(%q), "#"); ok && folder == %q {
		m.active, _ = strconv.Atoi(id)
	}
	if name := os.Getenv(%q); name != "" {
		m.trace, _ = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	}
	return m
}

func mutantOn(id int) bool {
	if mutants.trace != nil && !mutants.seen[id].Swap(true) {
		_, _ = mutants.trace.WriteString(%q + strconv.Itoa(id) + "\n")
	}
	return mutants.active == id
}
`, pkg, mutants+1, activeVar, folder, traceVar, folder+"#")
}
