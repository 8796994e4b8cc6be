package gateway_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/clientnode/gateway"
)

// pipes is a listener whose connections are pipes, so that the test's clock
// applies to them.
type pipes struct {
	next chan net.Conn
	once sync.Once
	end  chan struct{}
}

func newPipes() *pipes { return &pipes{next: make(chan net.Conn), end: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.next:
		return c, nil
	case <-p.end:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.end) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5050} }

func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.next <- theirs
	return ours
}

// slow are ways to hold a connection open. Each returns when the node closes
// it.
var slow = map[string]func(c net.Conn){
	"silent":    func(net.Conn) {},
	"half head": func(c net.Conn) { _, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: loc") },
	"a byte each second": func(c net.Conn) {
		for _, b := range []byte("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + string(make([]byte, 100))) {
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
			<-time.After(time.Second)
		}
	},
	"half body": func(c net.Conn) {
		_, _ = io.WriteString(c, "POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	},
	"takes no answer": func(c net.Conn) { _, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") },
}

// TestOneThousandSlowClients verifies that others are answered while they hold
// their connections, and that the node closes all of theirs in the end.
func TestOneThousandSlowClients(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gateway.New(gateway.Config{}, gateway.Deps{
			Log:    slog.New(slog.DiscardHandler),
			Status: func(context.Context) api.ClientRoot { return api.ClientRoot{} },
		})
		var opened, closed atomic.Int64
		server, listener := g.HTTP(), newPipes()
		server.ConnState = func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				opened.Add(1)
			case http.StateClosed:
				closed.Add(1)
			}
		}
		served := make(chan error, 1)
		go func() { served <- server.Serve(listener) }()

		const each = 200
		var clients sync.WaitGroup
		var conns []net.Conn
		for _, hold := range slow {
			for range each {
				c := listener.dial()
				conns = append(conns, c)
				clients.Go(func() { hold(c) })
			}
		}
		synctest.Wait()
		if want := int64(each * len(slow)); opened.Load() != want || closed.Load() != 0 {
			t.Fatalf("%d are open and %d closed, want %d open", opened.Load(), closed.Load(), want)
		}
		answerOthers(t, listener)
		<-time.After(2 * time.Minute) // by the test's clock: longer than each limit
		synctest.Wait()
		if opened.Load() != closed.Load() {
			t.Errorf("%d of %d connections are still open", opened.Load()-closed.Load(), opened.Load())
		}
		for _, c := range conns {
			_ = c.Close()
		}
		clients.Wait()
		if err := server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
}

// answerOthers makes calls, 64 at a time. None may fail.
func answerOthers(t *testing.T, listener *pipes) {
	t.Helper()
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return listener.dial(), nil },
	}
	var callers sync.WaitGroup
	for range 64 {
		callers.Go(func() {
			for range 4 {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/", nil)
				if err != nil {
					t.Error(err)
					return
				}
				res, err := transport.RoundTrip(req)
				if err != nil {
					t.Error(err)
					return
				}
				_, err = io.Copy(io.Discard, res.Body)
				if err := errors.Join(err, res.Body.Close()); err != nil || res.StatusCode != http.StatusOK {
					t.Errorf("HTTP %d, %v", res.StatusCode, err)
				}
			}
		})
	}
	callers.Wait()
}
