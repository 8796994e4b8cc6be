package devnet

import (
	"sync"
	"testing"
)

// Devnets that start at the same moment do not listen on their ports yet.
func TestDevnetsAtOnceTakeDifferentPorts(t *testing.T) {
	t.Parallel()
	const devnets = 3
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		taken = map[ports]bool{}
	)
	for range devnets {
		group.Go(func() {
			p, release, err := freePorts(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() {
				if err := release(); err != nil {
					t.Error(err)
				}
			})
			mu.Lock()
			defer mu.Unlock()
			taken[p] = true
		})
	}
	group.Wait()
	if len(taken) != devnets {
		t.Errorf("%d devnets share the ports of %d", devnets, len(taken))
	}
}
