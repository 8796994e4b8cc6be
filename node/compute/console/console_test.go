package console_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/dbc-network/dbc/node/compute/console"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errGone = errors.New("the rental is over")

// bench is a hub with guests that echo, behind an HTTP server.
type bench struct {
	t   *testing.T
	hub *console.Hub
	url string

	mu     sync.Mutex
	now    time.Time
	denied error
	// guests are the guests' ends of the opened connections.
	guests []net.Conn
	// guest is what a guest does. Nil means echo.
	guest func(net.Conn)
	all   sync.WaitGroup
}

func newBench(t *testing.T, guest func(net.Conn)) *bench {
	t.Helper()
	b := &bench{t: t, now: time.Now(), guest: guest}
	b.hub = console.New(console.Deps{
		Open: b.open, Log: slog.New(slog.DiscardHandler),
		Allowed: func(context.Context, console.Right) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.denied
		},
		Now: func() time.Time {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.now
		},
	})
	server := httptest.NewServer(http.HandlerFunc(b.serve))
	b.url = server.URL
	t.Cleanup(func() {
		b.hub.Close()
		server.Close()
		b.all.Wait()
	})
	return b
}

func (b *bench) open(context.Context, console.Right) (net.Conn, error) {
	guest, caller := net.Pipe()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.guests = append(b.guests, guest)
	b.all.Go(func() {
		defer func() { _ = guest.Close() }()
		if b.guest != nil {
			b.guest(guest)
			return
		}
		_, _ = io.Copy(guest, guest)
	})
	return caller, nil
}

func (b *bench) serve(w http.ResponseWriter, r *http.Request) {
	right, err := b.hub.Take(console.Kind(r.URL.Query().Get("kind")), r.URL.Query().Get("task"), r.URL.Query().Get("token"))
	if err == nil {
		err = b.hub.Serve(w, r, right)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
	}
}

func (b *bench) give(r console.Right) string {
	b.t.Helper()
	token, expires, err := b.hub.Give(r)
	if err != nil || !expires.Equal(b.now.Add(console.TokenLife)) {
		b.t.Fatalf("token expires %s, %v", expires, err)
	}
	return token
}

func (b *bench) dial(kind console.Kind, task, token string) (*websocket.Conn, error) {
	c, res, err := websocket.Dial(b.t.Context(), b.url+"?kind="+string(kind)+"&task="+task+"&token="+token, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	})
	if res != nil && res.Body != nil {
		b.t.Cleanup(func() { _ = res.Body.Close() })
	}
	if err == nil {
		b.t.Cleanup(func() { _ = c.CloseNow() })
	}
	return c, err
}

func (b *bench) must(kind console.Kind, task string, takeOver bool) *websocket.Conn {
	b.t.Helper()
	c, err := b.dial(kind, task, b.give(console.Right{Kind: kind, TaskID: task, TakeOver: takeOver}))
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

// ended reads to the end and checks the closing status and reason.
func ended(t *testing.T, c *websocket.Conn, status websocket.StatusCode, reason string) {
	t.Helper()
	for {
		_, _, err := c.Read(t.Context())
		if err == nil {
			continue
		}
		var closed websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != status || !strings.Contains(closed.Reason, reason) {
			t.Errorf("ended by %v, want %d %q", err, status, reason)
		}
		return
	}
}

func TestBytesPassBothWays(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for _, kind := range []console.Kind{console.Serial, console.VNC} {
		c := b.must(kind, "a", false)
		for _, message := range []websocket.MessageType{websocket.MessageText, websocket.MessageBinary} {
			text := "\x1b[31mhello\x00"
			if err := c.Write(t.Context(), message, []byte(text)); err != nil {
				t.Fatal(err)
			}
			got := ""
			for len(got) < len(text) {
				how, part, err := c.Read(t.Context())
				if err != nil || how != websocket.MessageBinary {
					t.Fatalf("%v, %v", how, err)
				}
				got += string(part)
			}
			if got != text {
				t.Errorf("got %q, want %q", got, text)
			}
		}
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	right := console.Right{Kind: console.Serial, TaskID: "a", Wallet: "alice", RentID: 7, Session: "s"}
	token := b.give(right)
	if got, err := b.hub.Take(console.Serial, "a", token); err != nil || got != right {
		t.Errorf("%+v, %v", got, err)
	}
	for name, take := range map[string]func() error{
		"twice": func() error { _, err := b.hub.Take(console.Serial, "a", token); return err },
		"none":  func() error { _, err := b.hub.Take(console.Serial, "a", ""); return err },
		"another kind": func() error {
			_, err := b.hub.Take(console.VNC, "a", b.give(right))
			return err
		},
		"another task": func() error {
			_, err := b.hub.Take(console.Serial, "b", b.give(right))
			return err
		},
		"late": func() error {
			token := b.give(right)
			b.mu.Lock()
			b.now = b.now.Add(console.TokenLife)
			b.mu.Unlock()
			_, err := b.hub.Take(console.Serial, "a", token)
			return err
		},
	} {
		if err := take(); !errors.Is(err, console.ErrToken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range 16 {
		b.give(right)
	}
	if _, _, err := b.hub.Give(right); !errors.Is(err, console.ErrTooMany) {
		t.Errorf("17 tokens: %v", err)
	}
	b.give(console.Right{Kind: console.Serial, TaskID: "b"})
	b.mu.Lock()
	b.now = b.now.Add(console.TokenLife)
	b.mu.Unlock()
	b.give(right) // the others have expired
}

func TestOneReaderOfAConsole(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	early := b.give(console.Right{Kind: console.Serial, TaskID: "a"})
	first := b.must(console.Serial, "a", false)
	if _, _, err := b.hub.Give(console.Right{Kind: console.Serial, TaskID: "a"}); !errors.Is(err, console.ErrBusy) {
		t.Errorf("a second reader: %v", err)
	}
	if _, err := b.dial(console.Serial, "a", early); err == nil {
		t.Error("a token of before opened a second one")
	}
	b.must(console.Serial, "b", false)
	for range 4 {
		b.must(console.VNC, "a", false)
	}
	if _, _, err := b.hub.Give(console.Right{Kind: console.VNC, TaskID: "a"}); !errors.Is(err, console.ErrBusy) {
		t.Errorf("a fifth screen: %v", err)
	}
	second := make(chan *websocket.Conn, 1)
	token := b.give(console.Right{Kind: console.Serial, TaskID: "a", TakeOver: true})
	go func() {
		c, err := b.dial(console.Serial, "a", token)
		if err != nil {
			t.Error(err)
		}
		second <- c
	}()
	ended(t, first, console.StatusTakenOver, "opened elsewhere")
	c := <-second
	if err := c.Write(t.Context(), websocket.MessageText, []byte("x")); err != nil {
		t.Error(err)
	}
	if _, text, err := c.Read(t.Context()); err != nil || string(text) != "x" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end    func(b *bench)
		status websocket.StatusCode
		reason string
	}{
		"the guest": {func(b *bench) {
			b.mu.Lock()
			defer b.mu.Unlock()
			_ = b.guests[0].Close()
		}, websocket.StatusNormalClosure, "machine stopped"},
		"the right": {func(b *bench) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.denied = errGone
		}, websocket.StatusPolicyViolation, errGone.Error()},
		"a right with a long reason": {func(b *bench) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.denied = errors.New(strings.Repeat("é", 200))
		}, websocket.StatusPolicyViolation, strings.Repeat("é", 61)},
		"the node": {func(b *bench) { go b.hub.Close() }, websocket.StatusGoingAway, "node is shutting down"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			conn := b.must(console.Serial, "a", false)
			c.end(b)
			ended(t, conn, c.status, c.reason)
			// The seat is free again, unless the reason persists.
			if b.denied == nil && name != "the node" {
				b.must(console.Serial, "a", true)
			}
		})
	}
}

func TestNoRightAtTheOpening(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	token := b.give(console.Right{Kind: console.Serial, TaskID: "a"})
	b.mu.Lock()
	b.denied = errGone
	b.mu.Unlock()
	if _, err := b.dial(console.Serial, "a", token); err == nil || len(b.guests) != 0 {
		t.Errorf("%v, %d guests were connected", err, len(b.guests))
	}
}

// TestFlood verifies that what a guest writes without end to a reader who reads
// nothing stays in the guest, except for the connection's buffers.
func TestFlood(t *testing.T) {
	t.Parallel()
	var wrote atomic.Int64
	begun := make(chan struct{})
	b := newBench(t, func(guest net.Conn) {
		once := sync.OnceFunc(func() { close(begun) })
		for buf := make([]byte, 1<<20); ; {
			n, err := guest.Write(buf)
			if wrote.Add(int64(n)) > 1<<20 {
				once()
			}
			if err != nil {
				return
			}
		}
	})
	b.must(console.Serial, "a", false)
	<-begun
	b.hub.Close()
	b.all.Wait()
	if n := wrote.Load(); n > 64<<20 {
		t.Errorf("%d bytes were taken of a guest whose reader reads none", n)
	}
}
