package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
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

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/clientnode/gateway"
)

// stalls is a transport to machines of which one starts long answers and
// finishes none.
type stalls struct {
	stalling string
	asked    atomic.Int64
	end      chan struct{}
}

func (s *stalls) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != s.stalling {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, ContentLength: 2, Body: io.NopCloser(strings.NewReader("{}"))}, nil
	}
	s.asked.Add(1)
	if r.Method == http.MethodGet { // a WebSocket that does not open
		select {
		case <-s.end:
		case <-r.Context().Done():
		}
		return nil, io.ErrUnexpectedEOF
	}
	body := io.MultiReader(io.LimitReader(zeros{}, 8<<20-1), waits{s.end})
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, ContentLength: 8 << 20, Body: io.NopCloser(body)}, nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

type waits struct{ end chan struct{} }

func (w waits) Read([]byte) (int, error) { <-w.end; return 0, io.ErrUnexpectedEOF }

// bounded is a gateway in front of one machine that stalls.
func bounded(t *testing.T) (g *gateway.Gateway, at string, machines *stalls) {
	t.Helper()
	machines = &stalls{stalling: stranger, end: make(chan struct{})}
	g = gateway.New(gateway.Config{}, gateway.Deps{
		Machines: machines, Streams: machines, Log: slog.New(slog.DiscardHandler),
		Bonded: func(context.Context, string) error { return nil },
		Mounts: []gateway.Mount{{Pattern: "/chain/rpc", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(w, r.Body)
		})}},
	})
	server := httptest.NewServer(g.Handler())
	t.Cleanup(server.Close)
	return g, server.URL, machines
}

// begin opens a connection and sends a request whose answer only the caller
// waits for.
func begin(t *testing.T, at, request string) net.Conn {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(at, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	return c
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !is() {
		select {
		case <-ticker.C:
		case <-t.Context().Done():
			t.Fatal(what)
		}
	}
}

// TestAStallingMachineHoldsItsShare verifies that further requests to it are
// refused at once, that other machines answer, and that everything is released.
func TestAStallingMachineHoldsItsShare(t *testing.T) {
	t.Parallel()
	const calls, share = 300, 16 << 20
	g, at, machines := bounded(t)
	var busy, other atomic.Int64
	var all sync.WaitGroup
	for range calls {
		all.Go(func() {
			res, err := http.Post(at+"/api/v1/tasks", "application/json", strings.NewReader(`{"peer_nodes_list":["`+stranger+`"]}`))
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = res.Body.Close() }()
			var reply api.Reply
			if res.StatusCode == http.StatusTooManyRequests && json.NewDecoder(res.Body).Decode(&reply) == nil &&
				reply.Code == "TOO_MANY_REQUESTS" && res.Header.Get("Retry-After") == "1" {
				busy.Add(1)
				return
			}
			if _, err := io.Copy(io.Discard, res.Body); err == nil {
				other.Add(1)
			}
		})
	}
	until(t, "not all were begun", func() bool { return machines.asked.Load()+busy.Load() == calls })
	if n := g.Held(); n > share+share || n < share/2 || busy.Load() == 0 {
		t.Errorf("%d bytes are held, %d calls refused", n, busy.Load())
	}
	nice := `{"peer_nodes_list":["` + strings.Repeat("0", 63) + `1"]}`
	if res, text := send(t, http.MethodPost, at+"/api/v1/tasks", nice); res.StatusCode != http.StatusOK || text != "{}" {
		t.Errorf("another machine: HTTP %d %s", res.StatusCode, text)
	}
	close(machines.end)
	all.Wait()
	if other.Load() > 0 {
		t.Errorf("%d answers that broke off came as whole", other.Load())
	}
	until(t, "memory is not given back", func() bool { return g.Held() == 0 })
}

// TestSocketsLeaveRoomForCalls verifies that a machine's WebSockets have a
// budget of their own.
func TestSocketsLeaveRoomForCalls(t *testing.T) {
	t.Parallel()
	g, at, machines := bounded(t)
	open := strings.NewReplacer("HOST", "localhost", "ID", stranger).Replace(opensConsole)
	const most = 128
	var conns []net.Conn
	for range most {
		conns = append(conns, begin(t, at, open))
	}
	until(t, "not all were begun", func() bool { return machines.asked.Load() == most })
	res, text, err := ask(t, at, strings.ReplaceAll(opensConsole, "ID", stranger))
	if err != nil || res.StatusCode != http.StatusTooManyRequests || !strings.Contains(text, "TOO_MANY_REQUESTS") {
		t.Errorf("one more: HTTP %d %s, %v", res.StatusCode, text, err)
	}
	c := begin(t, at, fmt.Sprintf("POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 88\r\n\r\n"+
		`{"peer_nodes_list":[%q]}`, stranger))
	until(t, "a call has no place", func() bool { return machines.asked.Load() == most+1 })
	close(machines.end)
	for _, c := range append(conns, c) {
		_ = c.Close()
	}
	until(t, "memory is not given back", func() bool { return g.Held() == 0 })
}

// TestBodiesThatStopOneByteShort verifies that they hold what was sent, up to
// one caller's share.
func TestBodiesThatStopOneByteShort(t *testing.T) {
	t.Parallel()
	g, at, _ := bounded(t)
	announced := "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1048576\r\n\r\n"
	var conns []net.Conn
	for range 200 { // an announced length alone holds nothing
		conns = append(conns, begin(t, at, fmt.Sprintf(announced, "/api/v1/tasks")))
	}
	for i := range 40 {
		path := []string{"/api/v1/tasks", "/chain/rpc"}[i%2]
		conns = append(conns, begin(t, at, fmt.Sprintf(announced, path)+strings.Repeat(" ", 1<<20-1)))
	}
	until(t, "little is held", func() bool { return g.Held() > 8<<20 })
	if n := g.Held(); n > 16<<20 {
		t.Errorf("%d bytes are held for one caller", n)
	}
	for _, c := range conns {
		_ = c.Close()
	}
	until(t, "memory is not given back", func() bool { return g.Held() == 0 })
	if res, text := send(t, http.MethodPost, at+"/chain/rpc", `{"x":1}`); res.StatusCode != http.StatusOK || text != `{"x":1}` {
		t.Errorf("afterwards: HTTP %d %s", res.StatusCode, text)
	}
}
