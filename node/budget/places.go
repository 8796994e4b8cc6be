package budget

import (
	"context"
	"sync"
)

// Places limits concurrency, in total and per source.
type Places struct {
	all, each int

	mu    sync.Mutex
	used  int
	by    map[string]int
	freed chan struct{}
}

// NewPlaces returns all places, of which one source may have each.
func NewPlaces(all, each int) *Places {
	return &Places{all: all, each: each, by: map[string]int{}, freed: make(chan struct{})}
}

// Enter waits for a place, or returns the error of ctx.
func (p *Places) Enter(ctx context.Context, source string) (leave func(), err error) {
	for {
		p.mu.Lock()
		if p.used < p.all && p.by[source] < p.each {
			p.used++
			p.by[source]++
			p.mu.Unlock()
			return sync.OnceFunc(func() { p.leave(source) }), nil
		}
		freed := p.freed
		p.mu.Unlock()
		select {
		case <-freed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (p *Places) leave(source string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used--
	if p.by[source]--; p.by[source] == 0 {
		delete(p.by, source)
	}
	close(p.freed)
	p.freed = make(chan struct{})
}
