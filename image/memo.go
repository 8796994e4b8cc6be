//go:build linux

package image

import (
	"context"
	"errors"
	"os"
	"sync"
	"syscall"
	"time"
)

// version identifies a state of a file.
type version struct {
	device, inode uint64
	size          int64
	changed       time.Time
}

// versionOf returns the state of a file; ok is false where the system has none.
func versionOf(info os.FileInfo) (v version, ok bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return version{}, false
	}
	return version{stat.Dev, stat.Ino, info.Size(), info.ModTime()}, true
}

// memo remembers what reading a file through showed, since that takes long. Callers that
// ask at the same time share one reading.
type memo[T any] struct {
	mu      sync.Mutex
	known   map[version]T
	reading map[version]*reading[T]
}

// reading is one that is under way: value and err are set when done is closed.
type reading[T any] struct {
	done  chan struct{}
	value T
	err   error
}

// get returns what read returned for this version of a file, or calls it. Errors are not
// remembered; a reading that ended with its own caller's context is begun again by the
// next one that waits.
func (m *memo[T]) get(ctx context.Context, of version, read func() (T, error)) (T, error) {
	for {
		m.mu.Lock()
		if value, ok := m.known[of]; ok {
			m.mu.Unlock()
			return value, nil
		}
		r, ok := m.reading[of]
		if !ok {
			r = m.begin(of)
			m.mu.Unlock()
			r.value, r.err = read()
			m.end(of, r)
			return r.value, r.err
		}
		m.mu.Unlock()
		select {
		case <-r.done:
			if !errors.Is(r.err, context.Canceled) && !errors.Is(r.err, context.DeadlineExceeded) {
				return r.value, r.err
			}
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
	}
}

// begin needs the lock.
func (m *memo[T]) begin(of version) *reading[T] {
	if m.reading == nil {
		m.reading = map[version]*reading[T]{}
	}
	r := &reading[T]{done: make(chan struct{})}
	m.reading[of] = r
	return r
}

func (m *memo[T]) end(of version, r *reading[T]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.reading, of)
	if r.err == nil {
		if m.known == nil || len(m.known) >= maxImages {
			m.known = map[version]T{}
		}
		m.known[of] = r.value
	}
	close(r.done)
}
