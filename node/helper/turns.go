package helper

import (
	"context"
	"sync"
)

// turns lets one call at a time at a folder: a node that was killed and started
// again repeats a step that its first call may still be at.
type turns struct {
	mu   sync.Mutex
	busy map[string]*turn
}

type turn struct {
	free    chan struct{}
	waiting int
}

// take returns when it is the caller's turn, or ctx is done.
func (t *turns) take(ctx context.Context, name string) (done func(), err error) {
	t.mu.Lock()
	if t.busy == nil {
		t.busy = map[string]*turn{}
	}
	own := t.busy[name]
	if own == nil {
		own = &turn{free: make(chan struct{}, 1)}
		own.free <- struct{}{}
		t.busy[name] = own
	}
	own.waiting++
	t.mu.Unlock()
	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if own.waiting--; own.waiting == 0 {
			delete(t.busy, name)
		}
	}
	select {
	case <-own.free:
		return func() { own.free <- struct{}{}; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
