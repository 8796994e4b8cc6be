package budget

import "sync"

// Budget is a number of bytes, of which no one has more than a share.
type Budget struct {
	total, share int64

	mu   sync.Mutex
	used int64
	by   map[string]int64
}

// New has total bytes, and share of them for each who takes from it.
func New(total, share int64) *Budget {
	return &Budget{total: total, share: share, by: map[string]int64{}}
}

// Lease begins with nothing. Its methods are for one goroutine; Release ends it.
func (b *Budget) Lease(who string) *Lease { return &Lease{of: b, who: who} }

// Used is what all leases have.
func (b *Budget) Used() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// Lease is what one request took.
type Lease struct {
	of   *Budget
	who  string
	held int64
}

// Take takes n more bytes, or nothing and returns ErrFull. It never waits: who
// waits is held too.
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

// Release gives all of it back; a second call gives nothing.
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
