package budget

import "sync"

// Budget is a number of bytes of which nobody may have more than a share.
type Budget struct {
	total, share int64

	mu   sync.Mutex
	used int64
	by   map[string]int64
}

// New returns a budget of total bytes, of which each holder may use share.
func New(total, share int64) *Budget {
	return &Budget{total: total, share: share, by: map[string]int64{}}
}

// Lease returns an empty lease. Its methods are for one goroutine; Release ends
// it.
func (b *Budget) Lease(who string) *Lease { return &Lease{of: b, who: who} }

// Used returns the bytes of all leases.
func (b *Budget) Used() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// Lease is what one request has taken.
type Lease struct {
	of   *Budget
	who  string
	held int64
}

// Take takes n more bytes, or takes nothing and returns ErrFull. It never
// waits, because a waiting request occupies memory too.
func (l *Lease) Take(n int64) error {
	b := l.of
	b.mu.Lock()
	defer b.mu.Unlock()
	if n < 0 || n > b.total-b.used || n > b.share-b.by[l.who] {
		return ErrFull
	}
	b.used += n
	b.by[l.who] += n
	l.held += n
	return nil
}

// Release releases everything. Calling it again does nothing.
func (l *Lease) Release() {
	b := l.of
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= l.held
	if b.by[l.who] -= l.held; b.by[l.who] == 0 {
		delete(b.by, l.who)
	}
	l.held = 0
}
