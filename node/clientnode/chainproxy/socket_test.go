package chainproxy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// echoes is the RPC of a dbcd whose WebSocket echoes; it answers "long" with
// the given number of bytes.
func echoes(t *testing.T, long int) *url.URL {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/websocket" || r.Header.Get("Cookie") != "" || r.Header.Get("Origin") != "" {
			t.Errorf("the dbcd was asked for %s with %v", r.URL, r.Header)
		}
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		c.SetReadLimit(-1)
		for {
			kind, text, err := c.Read(r.Context())
			if err != nil {
				return
			}
			if strings.Contains(string(text), `"abci_info"`) {
				text = []byte(strings.Repeat("x", long))
			}
			if c.Write(r.Context(), kind, text) != nil {
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	to, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func socketsTo(t *testing.T, to *url.URL) (at string, s *Sockets) {
	t.Helper()
	s = NewSockets(to, quiet())
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return server.URL, s
}

func dial(t *testing.T, at, origin string) (*websocket.Conn, error) {
	t.Helper()
	c, res, err := websocket.Dial(t.Context(), at, &websocket.DialOptions{
		HTTPHeader: http.Header{"Origin": {origin}, "Cookie": {"a=b"}}, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	})
	if err != nil {
		return nil, err
	}
	if res.Body != nil {
		t.Cleanup(func() { _ = res.Body.Close() })
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	c.SetReadLimit(-1)
	return c, nil
}

// exchange sends one message and reads one.
func exchange(t *testing.T, c *websocket.Conn, kind websocket.MessageType, text string) (string, error) {
	t.Helper()
	if err := c.Write(t.Context(), kind, []byte(text)); err != nil {
		return "", err
	}
	_, answer, err := c.Read(t.Context())
	return string(answer), err
}

func call(method, params string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":7,"method":%q,"params":%s}`, method, params)
}

func TestSocketPassesWhatMayBeAsked(t *testing.T) {
	t.Parallel()
	at, _ := socketsTo(t, echoes(t, 5<<20))
	c, err := dial(t, at, "http://localhost")
	if err != nil {
		t.Fatal(err)
	}
	query := func(n int) string { return fmt.Sprintf(`{"query":"tm.event='NewBlock' AND x=%d"}`, n) }
	const no = `"error":{"code":-32600`
	for i, step := range []struct {
		kind websocket.MessageType
		text string
		// want is part of the answer. What is forwarded comes back unchanged.
		want string
	}{
		{websocket.MessageText, call("status", `{}`), ""},
		{websocket.MessageText, call("broadcast_tx_sync", `{"tx":"AA=="}`), ""},
		{websocket.MessageText, call("net_info", `{}`), no},
		{websocket.MessageText, call("dial_peers", `{}`), no},
		{websocket.MessageText, "[" + call("status", `{}`) + "]", no},
		{websocket.MessageText, "rubbish", `"id":null,"error"`},
		{websocket.MessageBinary, call("status", `{}`), no},
		{websocket.MessageText, `{"jsonrpc":"2.0","method":"net_info","id":1,"method":"status"}`, `{"jsonrpc":"2.0","id":1,"method":"status"}`},
		{websocket.MessageText, call("subscribe", query(1)), ""},
		{websocket.MessageText, call("subscribe", `["tm.event='Tx'"]`), ""},
		{websocket.MessageText, call("subscribe", query(2)), ""},
		{websocket.MessageText, call("subscribe", query(3)), ""},
		{websocket.MessageText, call("subscribe", query(4)), ""},
		{websocket.MessageText, call("subscribe", query(5)), no},
		{websocket.MessageText, call("subscribe", query(4)), ""},
		{websocket.MessageText, call("unsubscribe", query(4)), ""},
		{websocket.MessageText, call("subscribe", query(5)), ""},
		{websocket.MessageText, call("subscribe", query(6)), no},
		{websocket.MessageText, call("unsubscribe_all", `{}`), ""},
		{websocket.MessageText, call("subscribe", query(6)), ""},
		{websocket.MessageText, call("subscribe", `{}`), no},
		{websocket.MessageText, call("subscribe", `["`+strings.Repeat("x", 600)+`"]`), no},
	} {
		answer, err := exchange(t, c, step.kind, step.text)
		if err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		if step.want == "" && answer != step.text || !strings.Contains(answer, step.want) || !json.Valid([]byte(answer)) {
			t.Errorf("step %d: %s became %.200s", i, step.text, answer)
		}
		if len(answer) > 2000 {
			t.Errorf("step %d: %d bytes come back", i, len(answer))
		}
	}
	if answer, err := exchange(t, c, websocket.MessageText, call("abci_info", `{}`)); err != nil || len(answer) != 5<<20 {
		t.Errorf("a long answer: %d bytes, %v", len(answer), err)
	}
}

func TestSocketsAreBounded(t *testing.T) {
	t.Parallel()
	at, s := socketsTo(t, echoes(t, 1))
	var one *websocket.Conn
	for i := range socketsOf {
		c, err := dial(t, at, "chrome-extension://greedy")
		if err != nil {
			t.Fatalf("socket %d: %v", i, err)
		}
		one = c
	}
	if _, err := dial(t, at, "chrome-extension://greedy"); err == nil || !strings.Contains(err.Error(), "429") {
		t.Errorf("one more: %v", err)
	}
	other, err := dial(t, at, "http://localhost")
	if err != nil {
		t.Fatalf("another origin: %v", err)
	}
	// A message that is too long, or too many calls, end one socket and no
	// other.
	if _, err := exchange(t, one, websocket.MessageText, strings.Repeat("x", maxBody+1)); err == nil {
		t.Error("a long message was taken")
	}
	var last error
	for range 10 * socketBurst {
		if _, last = exchange(t, other, websocket.MessageText, call("status", `{}`)); last != nil {
			break
		}
	}
	closed := new(websocket.CloseError)
	if !errors.As(last, closed) || closed.Code != websocket.StatusPolicyViolation {
		t.Errorf("a flood of calls: %v", last)
	}
	if err := s.Close(); err != nil { // waits for all of them
		t.Error(err)
	}
	if len(s.open) > 0 {
		t.Errorf("%v stay", s.open)
	}
	if _, err := dial(t, at, "http://localhost"); err == nil {
		t.Error("opened after the end")
	}
}

func TestSocketRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		to   string
		asks http.Header
		code string
	}{
		"no upgrade": {"http://127.0.0.1:1", http.Header{}, "UPGRADE_WANTED"},
		"no dbcd":    {"http://127.0.0.1:1", http.Header{"Upgrade": {"websocket"}}, "CHAIN_UNREACHABLE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to, err := url.Parse(c.to)
			if err != nil {
				t.Fatal(err)
			}
			s := NewSockets(to, quiet())
			w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, PathSocket, nil).WithContext(context.Background())
			r.Header = c.asks
			s.ServeHTTP(w, r)
			if !strings.Contains(w.Body.String(), c.code) {
				t.Errorf("HTTP %d %s", w.Code, w.Body)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
