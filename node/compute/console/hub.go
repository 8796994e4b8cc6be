// Package console carries a guest's serial console and screen over WebSockets.
// A signed request yields a token, which opens one WebSocket once. The guest's
// output is passed on as fast as its reader accepts it and stored nowhere. A
// WebSocket ends with the VM, the rental, or the session that requested it.
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

// Limits of open WebSockets.
const (
	// maxScreens per VM: VNC shows the same picture to all. Only one console
	// can be open, because two readers would take each other's output.
	maxScreens = 4
	// maxForwards per VM: a browser opens several dozen connections.
	maxForwards = 48
	// maxOpen per machine. If all are open, a renter who has fewer than another
	// gets one of that other's.
	maxOpen = 128
	// openLimit is the longest time that one may be open.
	openLimit = 12 * time.Hour
	// lookEvery is how often the right to it is checked.
	lookEvery = time.Second
)

// Deps are the dependencies of a hub.
type Deps struct {
	// Open connects to the guest.
	Open func(ctx context.Context, r Right) (net.Conn, error)
	// Allowed returns an error once the right is gone, which is sent to its
	// holder.
	Allowed func(ctx context.Context, r Right) error
	Log     *slog.Logger
	// Now defaults to time.Now.
	Now func() time.Time
}

// Hub issues tokens and manages the WebSockets that they opened.
type Hub struct {
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

// seat is a WebSocket that is open or being opened.
type seat struct {
	right Right
	// number increases in the order in which seats were taken.
	number uint64
	ctx    context.Context //nolint:containedctx // the WebSocket's own
	end    context.CancelCauseFunc
	gone   chan struct{}
}

// New returns a hub without WebSockets.
func New(deps Deps) *Hub {
	if deps.Now == nil {
		deps.Now = time.Now
	}
	h := &Hub{deps: deps, seats: map[*seat]struct{}{}}
	h.life, h.end = context.WithCancelCause(context.Background())
	return h
}

// Close closes all WebSockets with a reason, and waits for them.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.end(errClosed)
	h.open.Wait()
}

// Give returns a token for r. It returns ErrBusy if it could not be opened now,
// and ErrTooMany if there are too many unused tokens.
func (h *Hub) Give(r Right) (token string, expires time.Time, err error) {
	h.mu.Lock()
	_, _, err = h.free(r)
	h.mu.Unlock()
	if err != nil {
		return "", expires, err
	}
	return h.tokens.give(r, h.deps.Now())
}

// Take consumes a token and returns what it opens, or ErrToken.
func (h *Hub) Take(kind Kind, taskID, token string) (Right, error) {
	return h.tokens.take(kind, taskID, token, h.deps.Now())
}

// Serve upgrades the request and returns when the WebSocket has ended. If it
// returns an error, the upgrade has not happened and w is untouched. The caller
// has checked whether the page may connect.
func (h *Hub) Serve(w http.ResponseWriter, req *http.Request, r Right) error {
	if err := h.deps.Allowed(req.Context(), r); err != nil {
		return err
	}
	s, err := h.sit(req.Context(), r)
	if err != nil {
		return err
	}
	defer h.leave(s)
	guest, err := h.deps.Open(req.Context(), r)
	if err != nil {
		return err
	}
	defer func() { _ = guest.Close() }()
	caller, err := websocket.Accept(w, req, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // the Origin was checked, by the node's own rules
		Subprotocols:       []string{"binary"}, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		h.deps.Log.Debug("no WebSocket", "error", err) // the library has answered the caller
		return nil
	}
	why := h.carry(s, caller, guest)
	h.deps.Log.Debug("a WebSocket ended", "kind", string(r.Kind), "task_id", r.TaskID, "reason", why)
	return nil
}

// free returns the seats that would have to make room for r, and why. It must
// be called with h.mu held.
func (h *Hub) free(r Right) (others []*seat, why, err error) {
	for s := range h.seats {
		if s.right.TaskID == r.TaskID && s.right.Kind == r.Kind {
			others = append(others, s)
		}
	}
	most := map[Kind]int{Serial: 1, VNC: maxScreens, Forward: maxForwards}[r.Kind]
	switch {
	case h.closed:
		return nil, nil, errClosed
	case len(others) >= most && !r.TakeOver:
		return nil, nil, fmt.Errorf("%w: %d of %d; close one there, or a console with take_over", ErrBusy, len(others), most)
	case len(others) >= most:
		return others, errTakeOver, nil
	case len(h.seats) < maxOpen:
		return nil, nil, nil
	}
	if spare := h.beyondShare(r.Wallet); spare != nil {
		return []*seat{spare}, errShare, nil
	}
	return nil, nil, fmt.Errorf("%w: %d consoles, screens and forwarded ports of this machine are open; try again later", ErrTooMany, len(h.seats))
}

// beyondShare returns the latest seat of the renter with the most, if that is
// more than wallet would have with one more. It must be called with h.mu held.
func (h *Hub) beyondShare(wallet string) (last *seat) {
	counts := map[string]int{}
	for s := range h.seats {
		counts[s.right.Wallet]++
	}
	most := counts[wallet] + 1
	for s := range h.seats {
		n := counts[s.right.Wallet]
		if n > most || last != nil && n == most && s.number > last.number {
			most, last = n, s
		}
	}
	return last
}

// sit waits for the seats that it closes, because QEMU serves one caller of a
// console at a time.
func (h *Hub) sit(ctx context.Context, r Right) (*seat, error) {
	for {
		h.mu.Lock()
		others, why, err := h.free(r)
		if err == nil && len(others) == 0 {
			h.opened++
			s := &seat{right: r, number: h.opened, gone: make(chan struct{})}
			s.ctx, s.end = context.WithCancelCause(h.life)
			h.seats[s] = struct{}{}
			h.open.Add(1)
			h.mu.Unlock()
			return s, nil
		}
		h.mu.Unlock()
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

func (h *Hub) leave(s *seat) {
	s.end(nil)
	h.mu.Lock()
	delete(h.seats, s)
	h.mu.Unlock()
	close(s.gone)
	h.open.Done()
}
