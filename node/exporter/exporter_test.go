package exporter_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/exporter"
	"github.com/dbc-network/dbc/node/httpapi"
	"github.com/dbc-network/dbc/node/p2p"
)

const wallet = "dbc1q9c8rlx5h9vd3qkq5p6x0t5x9c2vkq3mzsf5xy"

// service answers as a node's API does.
func service(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.Contains(r.URL.Path, "full"):
		a, _ := httpapi.Codes{}.Refusal(&api.Refusal{Code: api.TooManyRequests}, api.FaultNode)
		a.Send(w)
	case strings.Contains(r.URL.Path, "console"):
		w.WriteHeader(http.StatusSwitchingProtocols)
	default:
		_, _ = io.WriteString(w, "{}")
	}
}

// TestRequests: the labels are routes of a list, whatever a stranger asks for.
func TestRequests(t *testing.T) {
	t.Parallel()
	e := exporter.New("client", "1.2.3")
	wrapped := exporter.NewRequests(e).Wrap(http.HandlerFunc(service))
	for _, r := range []struct{ method, path string }{
		{"GET", "/"},
		{"POST", "/api/v1/tasks/" + wallet},
		{"POST", "/api/v1/tasks/full"},
		{"GET", "/api/v1/rent_orders/7?revision=a&wait=20"},
		{"GET", "/api/v1/tasks/console/" + wallet},
		{"GET", "/api/v1/" + wallet},
		{"GET", "/" + wallet},
		{"GET", "/chain/rest/cosmos/bank/v1beta1/balances/" + wallet},
		{"GET", "/docs/faq/"},
	} {
		wrapped.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), r.method, "http://localhost"+r.path, nil))
	}
	want := `
# HELP dbc_http_requests_total Requests by route and class of the status, WebSockets as 1xx.
# TYPE dbc_http_requests_total counter
dbc_http_requests_total{class="1xx",route="/api/v1/tasks/console/{id}"} 1
dbc_http_requests_total{class="2xx",route="/"} 1
dbc_http_requests_total{class="2xx",route="/api/v1/rent_orders/{rent_id}"} 1
dbc_http_requests_total{class="2xx",route="/api/v1/tasks/{id}"} 1
dbc_http_requests_total{class="2xx",route="/chain/rest"} 1
dbc_http_requests_total{class="2xx",route="/docs"} 1
dbc_http_requests_total{class="2xx",route="other"} 1
dbc_http_requests_total{class="2xx",route="pages"} 1
dbc_http_requests_total{class="4xx",route="/api/v1/tasks/{id}"} 1
# HELP dbc_http_refusals_total Requests that this node refused itself, by the code of the refusal.
# TYPE dbc_http_refusals_total counter
dbc_http_refusals_total{code="HOST_REFUSED"} 0
dbc_http_refusals_total{code="ORIGIN_REFUSED"} 0
dbc_http_refusals_total{code="TOO_MANY_OPEN"} 0
dbc_http_refusals_total{code="TOO_MANY_REQUESTS"} 1
# HELP dbc_http_long_polls Requests under way that asked to wait for a change.
# TYPE dbc_http_long_polls gauge
dbc_http_long_polls 0
`
	if err := testutil.GatherAndCompare(e.Gatherer(), strings.NewReader(want), "dbc_http_requests_total", "dbc_http_refusals_total", "dbc_http_long_polls"); err != nil {
		t.Error(err)
	}
	// Neither a long poll nor a WebSocket makes the API look slow.
	families, err := e.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.Metric {
			for _, l := range m.Label {
				if strings.Contains(l.GetValue(), wallet) {
					t.Errorf("%s shows a wallet", family.GetName())
				}
				if route := l.GetValue(); family.GetName() == "dbc_http_request_duration_seconds" && (strings.Contains(route, "rent_orders") || strings.Contains(route, "console")) {
					t.Errorf("a duration of %s", route)
				}
			}
		}
	}
}

// TestUnderWay: what waits and what is open is counted while it is.
func TestUnderWay(t *testing.T) {
	t.Parallel()
	e := exporter.New("client", "1.2.3")
	inside, leave, done := make(chan struct{}), make(chan struct{}), make(chan struct{}, 2)
	wrapped := exporter.NewRequests(e).Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "vnc") {
			w.WriteHeader(http.StatusSwitchingProtocols)
		}
		inside <- struct{}{}
		<-leave
	}))
	for _, path := range []string{"/api/v1/rent_orders/7?wait=20", "/api/v1/tasks/vnc/x"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+path, nil)
		go func() { wrapped.ServeHTTP(httptest.NewRecorder(), r); done <- struct{}{} }()
		<-inside
	}
	const text = `
# HELP dbc_http_long_polls Requests under way that asked to wait for a change.
# TYPE dbc_http_long_polls gauge
dbc_http_long_polls N
# HELP dbc_http_websockets Open WebSockets by route: consoles, screens and connections to guests that are relayed, and the chain's events.
# TYPE dbc_http_websockets gauge
dbc_http_websockets{route="/api/v1/tasks/console/{id}"} 0
dbc_http_websockets{route="/api/v1/tasks/forward/{id}"} 0
dbc_http_websockets{route="/api/v1/tasks/vnc/{id}"} N
`
	for _, now := range []string{"1", "0"} {
		if err := testutil.GatherAndCompare(e.Gatherer(), strings.NewReader(strings.ReplaceAll(text, "N", now)), "dbc_http_long_polls", "dbc_http_websockets"); err != nil {
			t.Errorf("want %s: %v", now, err)
		}
		if now == "1" {
			close(leave)
			<-done
			<-done
		}
	}
}

type pulse struct{ problem *api.Problem }

func (pulse) Seen() (int64, time.Duration, bool) { return 42, 3 * time.Second, true }
func (p pulse) Problem() *api.Problem            { return p.problem }

type peers struct{}

func (peers) Peers() int { return 3 }
func (peers) Connections() []p2p.Connections {
	return []p2p.Connections{{Direction: "in", Path: "relayed", Count: 2}}
}
func (peers) Closed() uint64 { return 5 }

// TestNames: the names are Prometheus's way, and every node tells its build.
func TestNames(t *testing.T) {
	t.Parallel()
	e := exporter.New("client", "1.2.3")
	exporter.NewRequests(e)
	e.Register(exporter.Chain(pulse{&api.Problem{Code: api.ProblemStalled}}), exporter.P2P(peers{}))
	want := `
# HELP dbc_chain_problem 1 for what is wrong with the chain as this node sees it, by code; all 0 for nothing.
# TYPE dbc_chain_problem gauge
dbc_chain_problem{code="CHAIN_FELL"} 0
dbc_chain_problem{code="CHAIN_OTHER"} 0
dbc_chain_problem{code="CHAIN_STALLED"} 1
dbc_chain_problem{code="CHAIN_UNREACHABLE"} 0
# HELP dbc_p2p_connections Connections to nodes by who opened them (in, out) and by their way: direct or relayed.
# TYPE dbc_p2p_connections gauge
dbc_p2p_connections{direction="in",path="relayed"} 2
`
	if err := testutil.GatherAndCompare(e.Gatherer(), strings.NewReader(want), "dbc_chain_problem", "dbc_p2p_connections"); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.GatherAndLint(e.Gatherer()); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	h := e.Handler(httpapi.Guard{Listen: netip.MustParseAddrPort("127.0.0.1:9464")}, slog.New(slog.DiscardHandler))
	for host, status := range map[string]int{"127.0.0.1:9464": http.StatusOK, "evil.example": http.StatusForbidden} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+host+exporter.Path, nil))
		if w.Code != status || (status == http.StatusOK) != strings.Contains(w.Body.String(), `role="client",version="1.2.3"} 1`) {
			t.Errorf("%s: %d", host, w.Code)
		}
	}
}

// TestConnections: connections that ask for nothing take no more files than some, and keep
// nobody from a scrape.
func TestConnections(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- exporter.New("client", "1.2.3").Serve(ctx, listener, httpapi.Guard{}, slog.New(slog.DiscardHandler))
	}()
	const many = 100
	conns := make([]net.Conn, many)
	for i := range conns {
		if conns[i], err = new(net.Dialer).DialContext(t.Context(), "tcp", listener.Addr().String()); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conns[i].Close() }()
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+exporter.Path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("HTTP %d, %v", res.StatusCode, err)
	}
	// Before the server's own patience with silent ones ends.
	var open atomic.Int32
	var group sync.WaitGroup
	end := time.Now().Add(2 * time.Second)
	for _, conn := range conns {
		group.Go(func() {
			_ = conn.SetReadDeadline(end)
			if _, err := conn.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
				open.Add(1)
			}
		})
	}
	group.Wait()
	if now := open.Load(); now > 32 {
		t.Errorf("%d of %d silent connections are open", now, many)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
