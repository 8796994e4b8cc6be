package chainproxy

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/budget"
	"github.com/dbc-network/dbc/node/httpapi"
)

// PathSocket is CometBFT's WebSocket, at the path below an RPC address where
// wallets and explorers expect it.
const PathSocket = PathRPC + "/websocket"

const (
	// sockets is the number of open sockets, socketsOf the number per address
	// and origin.
	sockets   = 64
	socketsOf = 8
	// maxSubscriptions per socket, equal to CometBFT's own limit.
	maxSubscriptions = 5
	maxSubscription  = 512
	// socketCalls are the calls per second after a burst.
	socketCalls = 10
	socketBurst = 40
	// takeLimit is how long a caller may take to read one message, and to
	// answer a ping.
	takeLimit  = 30 * time.Second
	pingPeriod = 45 * time.Second
)

var (
	errTooFast = errors.New("too many calls a second")
	errEnding  = errors.New("the node is shutting down")
	errShare   = errors.New("closed for a caller with fewer WebSockets")
)

// Sockets forwards WebSockets to CometBFT's RPC, call by call.
type Sockets struct {
	to  string
	log *slog.Logger

	ctx    context.Context //nolint:containedctx // the life of all sockets, which outlives the requests that opened them
	cancel context.CancelCauseFunc
	done   sync.WaitGroup

	mu     sync.Mutex
	open   map[*seat]struct{}
	opened uint64
}

// seat is the place of one WebSocket.
type seat struct {
	address, origin string
	// number increases in the order in which seats were taken.
	number uint64
	ctx    context.Context //nolint:containedctx // the WebSocket's own
	end    context.CancelCauseFunc
}

var _ http.Handler = (*Sockets)(nil)

// NewSockets returns sockets that forward to the RPC at to. Close ends them.
func NewSockets(to *url.URL, log *slog.Logger) *Sockets {
	s := &Sockets{to: to.JoinPath("websocket").String(), log: log, open: map[*seat]struct{}{}}
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	return s
}

// Close closes all sockets and waits for them.
func (s *Sockets) Close() error {
	s.mu.Lock()
	s.cancel(errEnding) // nobody enters from here on
	s.mu.Unlock()
	s.done.Wait()
	return nil
}

// enter takes a place. The Origin distinguishes pages and extensions of one
// browser, but a program that is not a browser can claim any. So if all places
// are taken, the address that has the most gives its latest one to an address
// that would have fewer.
func (s *Sockets) enter(r *http.Request) (*seat, error) {
	one := &seat{address: budget.Source(r.RemoteAddr), origin: r.Header.Get("Origin")}
	s.mu.Lock()
	defer s.mu.Unlock()
	same, counts := 0, map[string]int{}
	for other := range s.open {
		counts[other.address]++
		if other.address == one.address && other.origin == one.origin {
			same++
		}
	}
	var spare *seat
	if len(s.open) >= sockets {
		spare = s.beyondShare(counts, counts[one.address]+1)
	}
	if s.ctx.Err() != nil || same >= socketsOf || len(s.open) >= sockets && spare == nil {
		return nil, &api.Refusal{
			Code: api.TooManyOpen, Message: "too many WebSockets are open; close one",
		}
	}
	if spare != nil {
		spare.end(errShare)
		delete(s.open, spare)
	}
	s.opened++
	one.number = s.opened
	one.ctx, one.end = context.WithCancelCause(s.ctx)
	s.open[one] = struct{}{}
	s.done.Add(1)
	return one, nil
}

// beyondShare returns the latest seat of the address that has the most seats,
// and more than most. It must be called with s.mu held.
func (s *Sockets) beyondShare(counts map[string]int, most int) (last *seat) {
	for other := range s.open {
		n := counts[other.address]
		if n > most || last != nil && n == most && other.number > last.number {
			most, last = n, other
		}
	}
	return last
}

func (s *Sockets) leave(one *seat) {
	one.end(nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, one)
	s.done.Done()
}

// ServeHTTP runs one socket. The caller has been authorized before.
func (s *Sockets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		httpapi.Refuse(w, &api.Refusal{
			Code: api.UpgradeWanted, Field: "Upgrade", Limit: "websocket",
			Message: "this route only opens WebSockets",
		})
		return
	}
	one, err := s.enter(r)
	if err != nil {
		httpapi.Refuse(w, err)
		return
	}
	defer s.leave(one)
	ctx := one.ctx
	opening, late := context.WithTimeout(ctx, callLimit)
	defer late()
	node, res, err := websocket.Dial(opening, s.to, &websocket.DialOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		s.log.Debug("the chain's node opened no WebSocket", slog.Any("error", err))
		httpapi.Refuse(w, away(opening, err))
		return
	}
	if res.Body != nil {
		defer func() { _ = res.Body.Close() }()
	}
	defer func() { _ = node.CloseNow() }()
	caller, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		s.log.Debug("a WebSocket was not opened", slog.Any("error", err))
		return
	}
	defer func() { _ = caller.CloseNow() }()
	caller.SetReadLimit(maxBody)
	node.SetReadLimit(maxReply)
	err = carry(ctx, caller, node)
	s.log.Debug("a WebSocket to the chain ended", slog.Any("error", err))
	_ = caller.Close(why(err), "")
}

func why(err error) websocket.StatusCode {
	if errors.Is(err, errTooFast) {
		return websocket.StatusPolicyViolation
	}
	return websocket.StatusGoingAway
}

// carry forwards calls up and answers down until one side ends.
func carry(ctx context.Context, caller, node *websocket.Conn) error {
	ctx, cancel := context.WithCancel(ctx)
	parts := []func() error{
		func() error { return up(ctx, caller, node) },
		func() error { return down(ctx, caller, node) },
		func() error { return ping(ctx, caller) },
	}
	ended := make(chan error, len(parts))
	for _, part := range parts {
		go func() { ended <- part() }()
	}
	first := <-ended
	cancel()
	for range parts[1:] {
		<-ended //nolint:errcheck // they end because the first did
	}
	return first
}

// ping detects callers that vanished without closing.
func ping(ctx context.Context, caller *websocket.Conn) error {
	ticker := time.NewTicker(pingPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		limited, cancel := context.WithTimeout(ctx, takeLimit)
		err := caller.Ping(limited)
		cancel()
		if err != nil {
			return err
		}
	}
}

// down copies messages in chunks, however long they are.
func down(ctx context.Context, caller, node *websocket.Conn) error {
	for {
		kind, message, err := node.Reader(ctx)
		if err != nil {
			return err
		}
		if err := pass(ctx, caller, kind, message); err != nil {
			return err
		}
	}
}

func pass(ctx context.Context, caller *websocket.Conn, kind websocket.MessageType, message io.Reader) error {
	ctx, cancel := context.WithTimeout(ctx, takeLimit)
	defer cancel()
	out, err := caller.Writer(ctx, kind)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, message); err != nil {
		return err
	}
	return out.Close()
}

// up forwards each permitted call, and answers the others itself.
func up(ctx context.Context, caller, node *websocket.Conn) error {
	limit := rate.NewLimiter(socketCalls, socketBurst)
	has := subscriptions{}
	for {
		kind, text, err := caller.Read(ctx)
		if err != nil {
			return err
		}
		if !limit.Allow() {
			return errTooFast
		}
		call, err := has.check(kind, text)
		if err != nil {
			err = write(ctx, caller, refused(call, err))
		} else {
			err = write(ctx, node, call)
		}
		if err != nil {
			return err
		}
	}
}

func write(ctx context.Context, to *websocket.Conn, message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, takeLimit)
	defer cancel()
	return to.Write(ctx, websocket.MessageText, text)
}

type rpcRefusal struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Error   struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// refused returns a refusal in JSON-RPC format.
func refused(call rpcCall, err error) rpcRefusal {
	no := rpcRefusal{Version: "2.0", ID: call.ID}
	if len(no.ID) == 0 {
		no.ID = json.RawMessage("null")
	}
	no.Error.Code, no.Error.Message = -32600, err.Error()
	return no
}
