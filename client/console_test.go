package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/coder/websocket"
)

// socketTo opens a socket to a machine that runs the given function.
func socketTo(t *testing.T, machine func(ctx context.Context, c *websocket.Conn)) *Socket {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		machine(r.Context(), c)
	}))
	t.Cleanup(server.Close)
	c, res, err := websocket.Dial(t.Context(), server.URL, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if res.Body != nil {
		t.Cleanup(func() { _ = res.Body.Close() })
	}
	return &Socket{conn: c}
}

func TestPass(t *testing.T) {
	t.Parallel()
	s := socketTo(t, func(ctx context.Context, c *websocket.Conn) {
		for {
			kind, text, err := c.Read(ctx)
			if err != nil {
				return
			}
			if err := c.Write(ctx, kind, append([]byte("guest: "), text...)); err != nil {
				t.Error(err)
			}
		}
	})
	in, typed := io.Pipe()
	out := &ender{end: func() { _ = typed.Close() }}
	go func() { _, _ = typed.Write([]byte("hello")) }()
	if err := s.Pass(t.Context(), in, out); err != nil || out.seen.String() != "guest: hello" {
		t.Errorf("%q, %v", out.seen.String(), err)
	}
}

// ender calls end after the first write.
type ender struct {
	seen bytes.Buffer
	end  func()
}

func (e *ender) Write(p []byte) (int, error) {
	defer e.end()
	return e.seen.Write(p)
}

func TestPassTellsWhyTheMachineEnded(t *testing.T) {
	t.Parallel()
	s := socketTo(t, func(_ context.Context, c *websocket.Conn) {
		_ = c.Close(websocket.StatusPolicyViolation, "the rental\x1b[31m is over")
	})
	in, typed := io.Pipe()
	t.Cleanup(func() { _ = typed.Close() })
	err := s.Pass(t.Context(), in, io.Discard)
	if !errors.Is(err, ErrClosed) || err.Error() != `closed by the machine: the rental\u001b[31m is over` {
		t.Errorf("%v", err)
	}
}

func TestPassEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := socketTo(t, func(ctx context.Context, c *websocket.Conn) { _, _, _ = c.Read(ctx) })
	ctx, cancel := context.WithCancel(t.Context())
	in, typed := io.Pipe()
	t.Cleanup(func() { _ = typed.Close() })
	cancel()
	if err := s.Pass(ctx, in, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
