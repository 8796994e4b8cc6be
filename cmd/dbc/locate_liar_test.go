package main

import (
	"testing"

	"github.com/dbc-network/dbc/api"
)

// TestAShortIDIsNoWholeOne: a machine that lists beginnings of ids as ids, or no id at
// all, does not receive what its renter intends for a VM on another machine.
func TestAShortIDIsNoWholeOne(t *testing.T) {
	for name, word := range map[string]string{"a beginning": taskOne[:2], "no id": ""} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			honest := w.add(t, 1, taskOne)
			liar := w.add(t, 2, word)
			args := []string{"vm", "delete", "--yes"}
			if word != "" {
				args = append(args, word)
			}
			code, out, errOut := w.dbc(t, args...)
			for _, b := range []*box{honest, liar} {
				for _, path := range b.called() {
					if path != api.PathTasks {
						t.Errorf("it was sent: %s %d %s%s", path, code, out, errOut)
					}
				}
			}
			if code != exitUsage {
				t.Errorf("%d %s%s", code, out, errOut)
			}
		})
	}
}
