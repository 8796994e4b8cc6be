// Package console carries a guest's serial console and screen over WebSockets.
// A signed request gives a token, which opens one WebSocket once. What the guest
// sends is passed on as fast as its reader takes it and kept nowhere; a WebSocket
// ends with the VM, the rental, or the session that asked for it.
package console

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// The bounds of open WebSockets.
const (
	// maxScreens of one VM: VNC shows one picture to all. Of a console only one
	// is open, for two readers would take each other's lines.
	maxScreens = 4
	// maxForwards of one VM: a browser opens some dozens of connections.
	maxForwards = 48
	// maxOpen of the machine. Where all are open, a renter who has fewer of them
	// than another gets one of that other's.
	maxOpen = 128
	// openLimit is the longest that one is open.
	openLimit = 12 * time.Hour
	// lookEvery is how often the right to it is looked at again.
	lookEvery = time.Second
)

// Deps are what a desk works with.
type Deps struct {
	// Open connects to the guest.
	Open func(ctx context.Context, r Right) (net.Conn, error)
	// Allowed is an error once the right is gone, which its holder is told.
	Allowed func(ctx context.Context, r Right) error
	Log     *slog.Logger
	// Now is time.Now where nil.
	Now func() time.Time
}

// Desk gives tokens and keeps the WebSockets that they opened.
type Desk struct {
	deps   Deps
	tokens tokens
	life   context.Context //nolint:containedctx // ended by Close
	end    context.CancelCauseFunc
	open   sync.WaitGroup

	mu     sync.Mutex
	closed bool
	seats  map[*seat]struct{}
	opened uint64
}

// seat is one open WebSocket, or one that is being opened.
type seat struct {
	right Right
	// number counts seats in the order in which they were taken.
	number uint64
	ctx    context.Context //nolint:containedctx // the WebSocket's own
	end    context.CancelCauseFunc
	gone   chan struct{}
}

// New is a desk without WebSockets.
func New(deps Deps) *Desk {
	if deps.Now == nil {
		deps.Now = time.Now
	}
	d := &Desk{deps: deps, seats: map[*seat]struct{}{}}
	d.life, d.end = context.WithCancelCause(context.Background())
	return d
}

// Close ends all WebSockets, tells their callers, and waits for that.
func (d *Desk) Close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.end(errClosed)
	d.open.Wait()
}

// Give is a token for r. ErrBusy where it could not be opened now, ErrTooMany
// where others were not used.
func (d *Desk) Give(r Right) (token string, expires time.Time, err error) {
	d.mu.Lock()
	_, _, err = d.free(r)
	d.mu.Unlock()
	if err != nil {
		return "", expires, err
	}
	return d.tokens.give(r, d.deps.Now())
}

// Take is what a token opens; it is used up. Else it is ErrToken.
func (d *Desk) Take(kind Kind, taskID, token string) (Right, error) {
	return d.tokens.take(kind, taskID, token, d.deps.Now())
}

// Serve upgrades the request and returns when the WebSocket has ended. An error
// comes before the upgrade, and w is untouched then. Whether the page may ask
// was checked by the caller.
func (d *Desk) Serve(w http.ResponseWriter, req *http.Request, r Right) error {
	if err := d.deps.Allowed(req.Context(), r); err != nil {
		return err
	}
	s, err := d.sit(req.Context(), r)
	if err != nil {
		return err
	}
	defer d.leave(s)
	guest, err := d.deps.Open(req.Context(), r)
	if err != nil {
		return err
	}
	defer func() { _ = guest.Close() }()
	caller, err := websocket.Accept(w, req, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // the Origin was checked, by rules of the node's own
		Subprotocols:       []string{"binary"}, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		d.deps.Log.Debug("no WebSocket", "error", err) // and the caller was told
		return nil
	}
	why := d.carry(s, caller, guest)
	d.deps.Log.Debug("a WebSocket ended", "kind", string(r.Kind), "task_id", r.TaskID, "reason", why)
	return nil
}

// free needs d.mu. others are who would have to leave, and why.
func (d *Desk) free(r Right) (others []*seat, why, err error) {
	for s := range d.seats {
		if s.right.TaskID == r.TaskID && s.right.Kind == r.Kind {
			others = append(others, s)
		}
	}
	most := map[Kind]int{Serial: 1, VNC: maxScreens, Forward: maxForwards}[r.Kind]
	switch {
	case d.closed:
		return nil, nil, errClosed
	case len(others) >= most && !r.TakeOver:
		return nil, nil, fmt.Errorf("%w: %d of %d; close one there, or a console with take_over", ErrBusy, len(others), most)
	case len(others) >= most:
		return others, errTakeOver, nil
	case len(d.seats) < maxOpen:
		return nil, nil, nil
	}
	if spare := d.beyondShare(r.Wallet); spare != nil {
		return []*seat{spare}, errShare, nil
	}
	return nil, nil, fmt.Errorf("%w: %d consoles, screens and forwarded ports of this machine are open; try again later", ErrTooMany, len(d.seats))
}

// beyondShare is the last seat of the renter with the most, if that is more than
// wallet would have with one more; it needs d.mu.
func (d *Desk) beyondShare(wallet string) (last *seat) {
	counts := map[string]int{}
	for s := range d.seats {
		counts[s.right.Wallet]++
	}
	most := counts[wallet] + 1
	for s := range d.seats {
		n := counts[s.right.Wallet]
		if n > most || last != nil && n == most && s.number > last.number {
			most, last = n, s
		}
	}
	return last
}

// sit waits for whom it sends away: QEMU serves one caller of a console at a time.
func (d *Desk) sit(ctx context.Context, r Right) (*seat, error) {
	for {
		d.mu.Lock()
		others, why, err := d.free(r)
		if err == nil && len(others) == 0 {
			d.opened++
			s := &seat{right: r, number: d.opened, gone: make(chan struct{})}
			s.ctx, s.end = context.WithCancelCause(d.life)
			d.seats[s] = struct{}{}
			d.open.Add(1)
			d.mu.Unlock()
			return s, nil
		}
		d.mu.Unlock()
		if err != nil {
			return nil, err
		}
		for _, other := range others {
			other.end(why)
			select {
			case <-other.gone:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
}

func (d *Desk) leave(s *seat) {
	s.end(nil)
	d.mu.Lock()
	delete(d.seats, s)
	d.mu.Unlock()
	close(s.gone)
	d.open.Done()
}
