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
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/node/gateway"
)

// TestZippingHoldsLittle: what zipping needs is bounded for all callers together,
// also where they don't take their answers.
func TestZippingHoldsLittle(t *testing.T) {
	const callers, most = 120, 40 << 20
	answer := make([]byte, 8<<20) // that can't be zipped
	for i := range answer {
		answer[i] = byte(rand.IntN(256))
	}
	g := gateway.New(gateway.Config{}, gateway.Deps{
		Log: slog.New(slog.DiscardHandler),
		Mounts: []gateway.Mount{{Pattern: "/chain/rpc/", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.Copy(w, struct{ io.Reader }{bytes.NewReader(answer)}) // in pieces, as a proxy
		})}},
	})
	server := httptest.NewServer(g.Handler())
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	at := strings.TrimPrefix(server.URL, "http://")
	held := func(accept string) int64 {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var conns []net.Conn
		for range callers {
			c, err := new(net.Dialer).DialContext(t.Context(), "tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			conns = append(conns, c)
			_ = c.(*net.TCPConn).SetReadBuffer(4 << 10)
			if _, err := fmt.Fprintf(c, "GET /chain/rpc/ HTTP/1.1\r\nHost: %s\r\nAccept-Encoding: %s\r\n\r\n", at, accept); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReaderSize(io.LimitReader(c, 16), 16).ReadString('\n'); !strings.HasPrefix(line, "HTTP/1.1 200") {
				t.Fatal(line, err)
			}
		}
		time.Sleep(time.Second)
		runtime.GC()
		runtime.ReadMemStats(&after)
		for _, c := range conns {
			_ = c.Close()
		}
		time.Sleep(time.Second)
		return int64(after.HeapAlloc) - int64(before.HeapAlloc)
	}
	plain, zipped := held("identity"), held("gzip")
	t.Logf("%d callers: %d KiB, zipped %d KiB", callers, plain>>10, zipped>>10)
	if zipped-plain > most {
		t.Errorf("zipping for %d callers who wait holds %d MiB more, want at most %d", callers, (zipped-plain)>>20, int64(most)>>20)
	}
}
