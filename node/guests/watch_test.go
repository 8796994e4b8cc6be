package guests

import (
	"fmt"
	"slices"
	"testing"

	"github.com/dbc-network/dbc/vm"
)

// TestChangesThatNobodyReads: a reader that stands still costs a bounded number of ids,
// blocks no driver, and learns afterwards that something changed.
func TestChangesThatNobodyReads(t *testing.T) {
	t.Parallel()
	read := func(send func(changes chan<- vm.UUID), want ...vm.UUID) {
		t.Helper()
		changes, out := make(chan vm.UUID), make(chan vm.UUID)
		go relay(changes, out)
		send(changes)
		var got []vm.UUID
		for range want {
			got = append(got, <-out)
		}
		close(changes)
		for id := range out {
			got = append(got, id)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	read(func(changes chan<- vm.UUID) {
		for range 100_000 {
			changes <- "a"
			changes <- "b"
		}
	}, "a", "b")
	read(func(changes chan<- vm.UUID) {
		for n := range maxChanges + 1 {
			changes <- vm.UUID(fmt.Sprint(n))
		}
		changes <- "later"
	}, "", "later")
}
