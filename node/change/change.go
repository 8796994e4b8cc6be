// Package change wakes those who wait until something differs.
package change

import "sync"

// Signal wakes everybody who waits for the next change. Its zero value is ready.
type Signal struct {
	mu   sync.Mutex
	wake chan struct{}
}

// Next returns a channel that the next Tell closes. Who takes it before reading misses no
// change.
func (s *Signal) Next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wake == nil {
		s.wake = make(chan struct{})
	}
	return s.wake
}

// Tell wakes all who wait.
func (s *Signal) Tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wake != nil {
		close(s.wake)
		s.wake = nil
	}
}
