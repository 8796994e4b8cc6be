package api_test

import (
	"sync"
	"testing"

	"github.com/dbc-network/dbc/api"
)

// TestStrangersReadNoJournal: who has no rental does not have all tasks read from
// the disk for each of his requests.
func TestStrangersReadNoJournal(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var group sync.WaitGroup
	for range 60 {
		group.Go(func() {
			if _, reply := b.ask(bob, api.PathTasks, `{}`, nil); reply.Code != "NO_RENTAL" {
				t.Errorf("%s", reply.Code)
			}
		})
	}
	group.Wait()
	if n := b.m.read.Load(); n > 5 {
		t.Errorf("60 requests of a stranger: all tasks were read %d times", n)
	}
}
