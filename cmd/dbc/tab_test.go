package main

import (
	"strings"
	"testing"
	"time"
)

// TestTabTakesNoTime: a machine, or a chain, that does not answer does not block a shell.
func TestTabTakesNoTime(t *testing.T) {
	w := newWorld(t)
	w.add(t, 1, taskOne).hangs = true
	for _, args := range [][]string{{"vm", "show", ""}, {"ssh", ""}, {"session", "revoke", ""}} {
		begun := time.Now()
		_, out, errOut := w.dbc(t, append([]string{"__complete"}, args...)...)
		if took := time.Since(begun); took > time.Second || strings.Contains(out+errOut, taskOne) {
			t.Errorf("%v: %s after %s", args, out, took)
		}
	}
}
