package gateway_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/clientnode/gateway"
)

// TestLongAnswersAreZipped verifies that callers that accept gzip get a long
// answer compressed, with what a machine signed in it, and a short one not.
func TestLongAnswersAreZipped(t *testing.T) {
	t.Parallel()
	long, short := strings.Repeat(`{"x":1}`, 1<<16), strings.Repeat("x", 100)
	for name, c := range map[string]struct {
		accepts, body, kind string
		zipped              bool
	}{
		"a browser":            {"gzip, deflate, br", long, "application/json", true},
		"one by its weight":    {"br, gzip;q=0.8", long, "application/json", true},
		"a caller without":     {"identity", long, "application/json", false},
		"a caller who refuses": {"gzip;q=0", long, "application/json", false},
		"a short answer":       {"gzip", short, "application/json", false},
		"bytes":                {"gzip", long, "application/octet-stream", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, id := liar(t, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\nDBC-Sign: AA==\r\n\r\n%s", c.kind, len(c.body), c.body))
			res, text := send(t, http.MethodPost, url+"/api/v1/tasks", `{"peer_nodes_list":["`+id+`"]}`, "Accept-Encoding", c.accepts)
			if got := res.Header.Get("Content-Encoding") == "gzip"; got != c.zipped {
				t.Fatalf("zipped: %v, wanted %v: %v", got, c.zipped, res.Header)
			}
			if c.zipped {
				text = unzip(t, text)
			}
			if text != c.body || res.Header.Get(auth.HeaderSign) != "AA==" || res.Header.Get("Vary") != "Accept-Encoding" && c.accepts == "gzip" {
				t.Errorf("%d bytes of %d, %v", len(text), len(c.body), res.Header)
			}
		})
	}
}

// TestAFlushedAnswerIsZipped covers handlers that pass an answer on in pieces
// and flush its header before the first one.
func TestAFlushedAnswerIsZipped(t *testing.T) {
	t.Parallel()
	long := strings.Repeat(`{"x":1}`, 1<<12)
	g := gateway.New(gateway.Config{}, gateway.Deps{
		Log: slog.New(slog.DiscardHandler),
		Mounts: []gateway.Mount{{Pattern: "/chain/rpc/", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusOK)
			for _, piece := range []string{"", long[:10], long[10:]} {
				if err := http.NewResponseController(w).Flush(); err != nil {
					t.Error(err)
				}
				_, _ = io.WriteString(w, piece)
			}
		})}},
	})
	server := httptest.NewServer(g.Handler())
	defer server.Close()
	res, text := send(t, http.MethodGet, server.URL+"/chain/rpc/", "", "Accept-Encoding", "gzip")
	if res.Header.Get("Content-Encoding") != "gzip" || unzip(t, text) != long {
		t.Errorf("HTTP %d, %d bytes, %v", res.StatusCode, len(text), res.Header)
	}
}

func unzip(t *testing.T, text string) string {
	t.Helper()
	r, err := gzip.NewReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

// TestACutAnswerIsNoWholeZip verifies that, if the machine stops early, the
// caller cannot take the answer for complete.
func TestACutAnswerIsNoWholeZip(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 6<<20)
	url, id := liar(t, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(long)+1, long))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/v1/tasks", strings.NewReader(`{"peer_nodes_list":["`+id+`"]}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Encoding", "gzip")
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return // aborted before the header arrived
	}
	defer func() { _ = res.Body.Close() }()
	var body bytes.Buffer
	if _, err := body.ReadFrom(res.Body); err == nil {
		t.Errorf("%d bytes came as a whole answer", body.Len())
	}
}
