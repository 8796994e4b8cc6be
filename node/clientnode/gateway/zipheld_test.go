package gateway_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/node/clientnode/gateway"
)

// TestZippingIsBounded: a compressed answer occupies most of a MiB until its
// caller has read it, so only some are compressed at once; the others are sent
// uncompressed. The test takes the places of all, so it does not run in
// parallel.
func TestZippingIsBounded(t *testing.T) {
	const callers, most = 60, 32
	answer := make([]byte, 8<<20) // cannot be compressed, and fits into no buffer on the way
	for i := range answer {
		answer[i] = byte(rand.IntN(256))
	}
	g := gateway.New(gateway.Config{}, gateway.Deps{
		Log: slog.New(slog.DiscardHandler),
		Mounts: []gateway.Mount{{Pattern: "/chain/rpc/", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.Copy(w, struct{ io.Reader }{bytes.NewReader(answer)}) // in pieces, like a proxy
		})}},
	})
	server := httptest.NewServer(g.Handler())
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	at := strings.TrimPrefix(server.URL, "http://")
	zipped := 0
	for range callers {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if _, err := fmt.Fprintf(c, "GET /chain/rpc/ HTTP/1.1\r\nHost: %s\r\nAccept-Encoding: gzip\r\n\r\n", at); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatal(response, err)
		}
		t.Cleanup(func() { _ = response.Body.Close() })
		if response.Header.Get("Content-Encoding") == "gzip" {
			zipped++
		}
	}
	if zipped == 0 || zipped > most {
		t.Errorf("%d of %d answers that nobody takes are zipped, want 1 to %d", zipped, callers, most)
	}
}
