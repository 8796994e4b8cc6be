// Package turns lets callers that want the same thing have it one after another.
package turns

import (
	"context"
	"sync"
)

// Turns are by name, such as a folder's: a node that was killed and started again
// repeats a step that its first call may still be at. The zero value is ready.
type Turns struct {
	mu   sync.Mutex
	busy map[string]*turn
}

type turn struct {
	free    chan struct{}
	waiting int
}

// Take returns when it is the caller's turn, or ctx is done.
func (t *Turns) Take(ctx context.Context, name string) (done func(), err error) {
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
