// Package budget bounds what callers may take of a node's memory and time: the
// bodies of their requests in bytes, for all of them together; how fast they get
// an answer that says no; and how many connections they have open.
package budget

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// A body is reserved and read in pieces, each as long as all before it, between
	// these bounds in bytes.
	piece    = 16 << 10
	maxPiece = 256 << 10
	// stall and leastRate, in bytes a second, are how long a piece may take;
	// bodyLimit is how long all of it may.
	stall     = 3 * time.Second
	leastRate = 32 << 10
	bodyLimit = 30 * time.Second
	// maxEmpty is how often a reader may give nothing.
	maxEmpty = 64
	// roomLimit is how long a body waits for others to make room.
	roomLimit = time.Second
)

var (
	// ErrFull means: others' bodies hold all the bytes that there are.
	ErrFull = errors.New("too many requests are being sent; try again in a moment")
	// ErrSlow means: a body came too slowly, or stopped.
	ErrSlow = errors.New("the request's body came too slowly")
	// ErrLong means: a body is longer than it may be.
	ErrLong = errors.New("the request's body is too long")
)

// Bytes is the memory that the bodies of many requests share. The zero value has
// none; make it with NewBytes.
type Bytes struct {
	all, each int64
	pace      *rate.Limiter

	mu     sync.Mutex
	used   int64
	by     map[string]int64
	bodies map[*Body]struct{}
	freed  chan struct{}
}

// NewBytes shares all bytes, of which one source has at most each.
func NewBytes(all, each int64) *Bytes {
	return &Bytes{
		all: all, each: each, pace: rate.NewLimiter(rate.Inf, 0),
		by: map[string]int64{}, bodies: map[*Body]struct{}{}, freed: make(chan struct{}),
	}
}

// Paced bounds how many bytes are read in a second, all together. It is set
// before the first use.
func (p *Bytes) Paced(second int64) *Bytes {
	p.pace = rate.NewLimiter(rate.Limit(second), int(max(second, maxPiece)))
	return p
}

// Body is a request's body. Release gives its bytes back.
type Body struct {
	Bytes []byte

	pool   *Bytes
	source string
	held   int64
	// cut ends the reading; it is nil once the body is complete.
	cut   func()
	moved time.Time
}

// Read takes a body of at most limit bytes, whose bytes count for source. Where
// there is no room, the body that stands still the longest is cut off. It is
// ErrLong, ErrSlow, ErrFull, or the caller's fault.
func (p *Bytes) Read(w http.ResponseWriter, r *http.Request, source string, limit int64) (*Body, error) {
	if r.ContentLength > limit {
		return nil, ErrLong
	}
	control, begun := http.NewResponseController(w), time.Now()
	b := &Body{pool: p, source: source, moved: begun}
	ctx, cut := context.WithCancelCause(r.Context())
	defer cut(nil)
	b.cut = func() {
		cut(ErrSlow)
		_ = control.SetReadDeadline(time.Unix(1, 0))
	}
	p.mu.Lock()
	p.bodies[b] = struct{}{}
	p.mu.Unlock()
	err := b.fill(ctx, control, r.Body, begun.Add(bodyLimit), limit)
	p.mu.Lock()
	b.cut = nil
	p.mu.Unlock()
	if err == nil {
		// The handler has a limit of its own.
		_ = control.SetReadDeadline(time.Time{})
		return b, nil
	}
	b.Release()
	if errors.Is(context.Cause(ctx), ErrSlow) {
		return nil, ErrSlow
	}
	return nil, err
}

func (b *Body) fill(ctx context.Context, control *http.ResponseController, from io.Reader, end time.Time, limit int64) error {
	for {
		size := min(max(piece, min(int64(len(b.Bytes)), maxPiece)), limit+1-int64(len(b.Bytes)))
		if size <= 0 {
			return ErrLong
		}
		if err := b.pool.take(ctx, b, size); err != nil {
			return err
		}
		if err := b.pool.pace.WaitN(ctx, int(size)); err != nil {
			return ErrFull
		}
		patience := stall + time.Duration(size)*time.Second/leastRate
		if deadline := time.Now().Add(patience); deadline.Before(end) {
			_ = control.SetReadDeadline(deadline)
		} else {
			_ = control.SetReadDeadline(end)
		}
		if ctx.Err() != nil { // cut between the two
			return context.Cause(ctx)
		}
		grown := make([]byte, len(b.Bytes)+int(size))
		copy(grown, b.Bytes)
		n, err := readPiece(from, grown[len(b.Bytes):])
		b.Bytes = grown[:len(b.Bytes)+n]
		switch {
		case int64(len(b.Bytes)) > limit:
			return ErrLong
		case errors.Is(err, io.EOF):
			return nil
		case timedOut(err):
			return ErrSlow
		case err != nil:
			return fmt.Errorf("read the body: %w", err)
		}
	}
}

// readPiece fills p. It is io.EOF at the end of the body, and what the reader
// says, which io.ReadFull would not tell apart, where it was cut off.
func readPiece(from io.Reader, p []byte) (n int, err error) {
	for empty := 0; n < len(p) && err == nil; {
		var more int
		more, err = from.Read(p[n:])
		n += more
		if more > 0 {
			empty = 0
		} else if empty++; empty > maxEmpty && err == nil {
			err = io.ErrNoProgress
		}
	}
	return n, err
}

func timedOut(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// take reserves n bytes.
func (p *Bytes) take(ctx context.Context, b *Body, n int64) error {
	timer := time.NewTimer(roomLimit)
	defer timer.Stop()
	for {
		p.mu.Lock()
		if p.by[b.source]+n > p.each {
			p.mu.Unlock()
			return fmt.Errorf("%w: %d bytes of one source, at most %d", ErrFull, p.by[b.source]+n, p.each)
		}
		if p.used+n <= p.all {
			p.used += n
			p.by[b.source] += n
			b.held += n
			b.moved = time.Now()
			p.mu.Unlock()
			return nil
		}
		cut, freed := p.slowest(b), p.freed
		p.mu.Unlock()
		if cut != nil {
			cut()
		}
		select {
		case <-freed:
		case <-timer.C:
			return ErrFull
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// slowest is how to cut off the body that stands still the longest; it needs mu.
func (p *Bytes) slowest(but *Body) func() {
	var found *Body
	for b := range p.bodies {
		if b != but && b.cut != nil && b.held > 0 && (found == nil || b.moved.Before(found.moved)) {
			found = b
		}
	}
	if found == nil {
		return nil
	}
	cut := found.cut
	found.cut = nil
	return cut
}

// Release gives the bytes back; a second time it does nothing, as for nil.
func (b *Body) Release() {
	if b == nil {
		return
	}
	p := b.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, there := p.bodies[b]; !there {
		return
	}
	delete(p.bodies, b)
	p.used -= b.held
	if p.by[b.source] -= b.held; p.by[b.source] == 0 {
		delete(p.by, b.source)
	}
	b.Bytes = nil
	close(p.freed)
	p.freed = make(chan struct{})
}

// Used is how many bytes are held now.
func (p *Bytes) Used() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.used
}
