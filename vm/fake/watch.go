package fake

import (
	"context"

	"github.com/dbc-network/dbc/vm"
)

// watcher has an unbounded queue, so that a slow reader never blocks a guest.
type watcher struct {
	queue []vm.UUID
	wake  chan struct{}
}

// Watch implements vm.Driver.
func (d *Driver) Watch(ctx context.Context) (<-chan vm.UUID, error) {
	if err := d.enter(ctx, "Watch", ""); err != nil {
		return nil, err
	}
	defer d.mu.Unlock()
	w := &watcher{queue: []vm.UUID{""}, wake: make(chan struct{}, 1)}
	w.wake <- struct{}{}
	if d.watchers == nil {
		d.watchers = map[*watcher]struct{}{}
	}
	d.watchers[w] = struct{}{}
	out := make(chan vm.UUID)
	go d.deliver(ctx, w, out)
	return out, nil
}

func (d *Driver) deliver(ctx context.Context, w *watcher, out chan<- vm.UUID) {
	defer close(out)
	defer d.forget(w)
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		}
		for _, id := range d.take(w) {
			select {
			case out <- id:
			case <-ctx.Done():
				return
			}
		}
	}
}

func (d *Driver) take(w *watcher) []vm.UUID {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := w.queue
	w.queue = nil
	return ids
}

func (d *Driver) forget(w *watcher) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.watchers, w)
}

// notify must be called with the lock held.
func (d *Driver) notify(id vm.UUID) {
	for w := range d.watchers {
		w.queue = append(w.queue, id)
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}
