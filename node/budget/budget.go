// Package budget limits what callers may use of a node's memory and time: the
// bytes of their request bodies in total, how fast they get a refusal, and how
// many connections they have open.
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
	// A body is reserved and read in pieces, each as long as all before it,
	// between these bounds in bytes.
	piece    = 16 << 10
	maxPiece = 256 << 10
	// stall and leastRate, in bytes per second, bound the time of a piece;
	// bodyLimit bounds that of a whole body.
	stall     = 3 * time.Second
	leastRate = 32 << 10
	bodyLimit = 30 * time.Second
	// maxEmpty is how often a reader may return no data.
	maxEmpty = 64
	// roomLimit is how long a body waits for others to release memory.
	roomLimit = time.Second
)

var (
	// ErrFull means that other bodies occupy all the memory.
	ErrFull = errors.New("too many requests are being sent; try again in a moment")
	// ErrSlow means that a body arrived too slowly, or stopped.
	ErrSlow = errors.New("the request's body came too slowly")
	// ErrLong means that a body exceeds its limit.
	ErrLong = errors.New("the request's body is too long")
)

// Bytes is the memory shared by the bodies of many requests. Use NewBytes; the
// zero value has no memory.
type Bytes struct {
	all, each int64
	pace      *rate.Limiter

	mu     sync.Mutex
	used   int64
	by     map[string]int64
	bodies map[*Body]struct{}
	freed  chan struct{}
}

// NewBytes returns a pool of all bytes, of which one source may use at most
// each.
func NewBytes(all, each int64) *Bytes {
	return &Bytes{
		all: all, each: each, pace: rate.NewLimiter(rate.Inf, 0),
		by: map[string]int64{}, bodies: map[*Body]struct{}{}, freed: make(chan struct{}),
	}
}

// Paced limits how many bytes are read per second in total. It must be called
// before the first use.
func (p *Bytes) Paced(second int64) *Bytes {
	p.pace = rate.NewLimiter(rate.Limit(second), int(max(second, maxPiece)))
	return p
}

// Body is a request's body. Release releases its bytes.
type Body struct {
	Bytes []byte

	pool   *Bytes
	source string
	held   int64
	// cut stops reading. It is nil once the body is complete.
	cut   func()
	moved time.Time
}

// Read reads a body of at most limit bytes, which count towards source. If
// there is no room, the body that has stalled longest is cut off. It returns
// ErrLong, ErrSlow, ErrFull, or an error of the caller's connection.
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
		// The handler has its own limit.
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
		if ctx.Err() != nil { // cut off between the two
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

// readPiece fills p. It returns io.EOF at the end of the body and the reader's
// own error if it was cut off, which io.ReadFull would not distinguish.
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

// slowest returns the cut function of the body that has stalled longest. It
// must be called with mu held.
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

// Release releases the bytes. Calling it again, or on nil, does nothing.
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

// Used returns how many bytes are held now.
func (p *Bytes) Used() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.used
}
