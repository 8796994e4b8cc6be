package chainproxy

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/x/rental"
)

// stuck is a dbcd that answers "status" and blocks every other call.
func stuck(t *testing.T) (to *url.URL, waiting *atomic.Int64) {
	t.Helper()
	waiting = new(atomic.Int64)
	end := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/status" {
			waiting.Add(1)
			defer waiting.Add(-1)
			select {
			case <-end:
			case <-r.Context().Done():
			}
		}
		_, _ = w.Write([]byte(`{}`))
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(end) })
	to, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return to, waiting
}

// TestOneAddressLeavesPlaces verifies that many calls from one address, or from
// the many addresses of one network, leave room for others.
func TestOneAddressLeavesPlaces(t *testing.T) {
	t.Parallel()
	for name, flood := range map[string]func(i int) string{
		"of one address": func(int) string { return "198.51.100.7:1" },
		"of one network": func(i int) string { return fmt.Sprintf("[2001:db8::%x]:1", i+1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to, waiting := stuck(t)
			handler := RPC(to, NewPlaces(), quiet())
			ctx, cancel := context.WithCancel(t.Context())
			var all sync.WaitGroup
			defer all.Wait()
			defer cancel()
			for i := range 2 * calls {
				all.Go(func() {
					r := httptest.NewRequestWithContext(ctx, http.MethodGet, PathRPC+"/tx_search?query=x", nil)
					r.RemoteAddr = flood(i)
					handler.ServeHTTP(httptest.NewRecorder(), r)
				})
			}
			limit := time.After(3 * time.Second)
			for waiting.Load() < calls/2 {
				select {
				case <-limit:
					t.Fatal("the flood does not reach the chain's node")
				case <-time.After(5 * time.Millisecond):
				}
			}
			honest, stop := context.WithTimeout(t.Context(), 2*time.Second)
			defer stop()
			r := httptest.NewRequestWithContext(honest, http.MethodGet, PathRPC+"/status", nil)
			r.RemoteAddr = "203.0.113.1:1"
			w := httptest.NewRecorder()
			if handler.ServeHTTP(w, r); w.Code != http.StatusOK {
				t.Errorf("another address: %d %s", w.Code, w.Body)
			}
		})
	}
}

// slowBook counts its concurrent calls.
type slowBook struct {
	book
	now, most atomic.Int64
	end       chan struct{}
}

func (b *slowBook) Rental(ctx context.Context, id uint64) (rental.Rental, error) {
	n := b.now.Add(1)
	defer b.now.Add(-1)
	for most := b.most.Load(); n > most && !b.most.CompareAndSwap(most, n); most = b.most.Load() {
	}
	select {
	case <-b.end:
	case <-ctx.Done():
	}
	return b.book.Rental(ctx, id)
}

// TestOrdersAreCalls verifies that rent_orders is subject to the same limit of
// concurrent calls as everything else.
func TestOrdersAreCalls(t *testing.T) {
	t.Parallel()
	b := &slowBook{end: make(chan struct{})}
	handler := RentOrders(b, NewPlaces(), nil, quiet())
	var all sync.WaitGroup
	for range 4 * calls {
		all.Go(func() {
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, api.PathRentOrders+"/7", nil))
		})
	}
	for limit := time.After(10 * time.Second); b.now.Load() < callsOf; {
		select {
		case <-limit:
			t.Fatal("the chain is not asked")
		case <-time.After(5 * time.Millisecond):
		}
	}
	close(b.end)
	all.Wait()
	if n := b.most.Load(); n > callsOf {
		t.Errorf("one address asked the chain %d times at once, want at most %d", n, callsOf)
	}
}

// TestOriginsAreFree: a program that is not a browser can claim any extension's
// origin, and must still leave other addresses a WebSocket.
func TestOriginsAreFree(t *testing.T) {
	t.Parallel()
	s := NewSockets(echoes(t, 0), quiet())
	address := ""
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		r.RemoteAddr = address
		mu.Unlock()
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	address = "198.51.100.7:1"
	for i := range sockets {
		if _, err := dial(t, server.URL, fmt.Sprintf("chrome-extension://%032d", i/socketsOf)); err != nil {
			t.Fatal(i, err)
		}
	}
	mu.Lock()
	address = "203.0.113.1:1"
	mu.Unlock()
	for range 3 {
		c, err := dial(t, server.URL, "http://localhost")
		if err != nil {
			t.Fatal("another address: ", err)
		}
		if got, err := exchange(t, c, websocket.MessageText, call("status", `{}`)); err != nil || !strings.Contains(got, "status") {
			t.Errorf("another address: %q, %v", got, err)
		}
	}
}
