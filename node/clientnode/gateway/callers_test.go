package gateway_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// from is a gateway whose callers have the address that a test sets.
func from(t *testing.T, next http.Handler) (at string, address *atomic.Value) {
	t.Helper()
	address = new(atomic.Value)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr, _ = address.Load().(string)
		next.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, address
}

// TestOneCallerLeavesMachines verifies that a caller who calls a machine as
// often as possible, from one address or from many of one network, leaves room
// for other addresses.
func TestOneCallerLeavesMachines(t *testing.T) {
	t.Parallel()
	post := fmt.Sprintf("POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 88\r\n\r\n"+
		`{"peer_nodes_list":[%q]}`, stranger)
	opens := strings.NewReplacer("HOST", "localhost", "ID", stranger).Replace(opensConsole)
	for kind, request := range map[string]string{"calls": post, "WebSockets": opens} {
		for whose, flood := range map[string]func(i int) string{
			"of one address": func(int) string { return "198.51.100.7:1" },
			"of one network": func(i int) string { return fmt.Sprintf("[2001:db8::%x]:1", i+1) },
		} {
			t.Run(kind+" "+whose, func(t *testing.T) {
				t.Parallel()
				g, _, machines := bounded(t)
				at, address := from(t, g.Handler())
				var conns []net.Conn
				answered := func(source string) {
					address.Store(source)
					before := machines.asked.Load()
					c := begin(t, at, request)
					conns = append(conns, c)
					said := make(chan struct{})
					go func() { _, _ = c.Read(make([]byte, 1)); close(said) }()
					until(t, "neither asked nor answered", func() bool {
						select {
						case <-said:
							return true
						default:
							return machines.asked.Load() > before
						}
					})
				}
				for i := range 150 {
					answered(flood(i))
				}
				before := machines.asked.Load()
				answered("203.0.113.1:1")
				if machines.asked.Load() == before {
					t.Errorf("another address does not reach the machine after %d of these", before)
				}
				close(machines.end)
				for _, c := range conns {
					_ = c.Close()
				}
				until(t, "memory is not given back", func() bool { return g.Held() == 0 })
			})
		}
	}
}
