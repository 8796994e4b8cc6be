package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func app(t *testing.T) http.Handler {
	t.Helper()
	h, err := newHandler(fstest.MapFS{
		"index.html":      {Data: []byte("<!doctype html>" + strings.Repeat("app ", 100))},
		"assets/x-123.js": {Data: []byte(strings.Repeat("let x;", 100))},
		"icon.svg":        {Data: []byte("<svg/>")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func ask(t *testing.T, h http.Handler, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestHandler(t *testing.T) {
	t.Parallel()
	h := app(t)
	const page = "text/html,application/xhtml+xml"
	for name, c := range map[string]struct {
		method, path, accept string
		status               int
		kind, cache          string
	}{
		"page":            {"GET", "/", page, 200, "text/html; charset=utf-8", "no-cache"},
		"page of the app": {"GET", "/machines/ab", page, 200, "text/html; charset=utf-8", "no-cache"},
		"code":            {"GET", "/assets/x-123.js", "*/*", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		"icon":            {"GET", "/icon.svg", "image/*", 200, "image/svg+xml", "no-cache"},
		"older code":      {"GET", "/assets/x-000.js", page, 404, "text/plain; charset=utf-8", ""},
		"a program":       {"GET", "/etc/passwd", "*/*", 404, "text/plain; charset=utf-8", ""},
		"a climb":         {"GET", "/../web.go", "*/*", 404, "text/plain; charset=utf-8", ""},
		"a change":        {"POST", "/", page, 405, "text/plain; charset=utf-8", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := ask(t, h, c.method, c.path, "Accept", c.accept)
			if res.StatusCode != c.status || res.Header.Get("Content-Type") != c.kind || res.Header.Get("Cache-Control") != c.cache {
				t.Errorf("HTTP %d, %v", res.StatusCode, res.Header)
			}
			if res.Header.Get("Content-Security-Policy") != Policy {
				t.Errorf("policy %q", res.Header.Get("Content-Security-Policy"))
			}
		})
	}
}

func TestZippedAndNotModified(t *testing.T) {
	t.Parallel()
	h := app(t)
	res := ask(t, h, "GET", "/assets/x-123.js", "Accept-Encoding", "gzip, br")
	if res.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("headers %v", res.Header)
	}
	r, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil || string(text) != strings.Repeat("let x;", 100) {
		t.Errorf("%q, %v", text, err)
	}
	etag := res.Header.Get("ETag")
	if again := ask(t, h, "GET", "/assets/x-123.js", "If-None-Match", etag); again.StatusCode != http.StatusNotModified || etag == "" {
		t.Errorf("HTTP %d with %s", again.StatusCode, etag)
	}
}

// TestPolicy: nothing of another origin, no inline script, no eval; inline
// styles as elements only, which the console's terminal makes.
func TestPolicy(t *testing.T) {
	t.Parallel()
	const styles = "style-src 'self'; style-src-elem 'self' 'unsafe-inline'; "
	if !strings.Contains(Policy, styles) {
		t.Errorf("the policy lacks %s", styles)
	}
	rest := strings.Replace(Policy, styles, "", 1)
	for _, weak := range []string{"*", "http:", "https:", "data:", "'unsafe-inline'", "'unsafe-eval'"} {
		if strings.Contains(rest, weak) {
			t.Errorf("the policy has %s", weak)
		}
	}
}

// TestEmbedded: whatever was built, there is a page.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	h, err := Handler()
	if err != nil {
		t.Fatal(err)
	}
	res := ask(t, h, "GET", "/", "Accept", "text/html")
	if text, err := io.ReadAll(res.Body); err != nil || !strings.HasPrefix(string(text), "<!doctype html>") {
		t.Errorf("%.40q, %v", text, err)
	}
}

func TestNoApp(t *testing.T) {
	t.Parallel()
	if _, err := newHandler(fstest.MapFS{}); err == nil {
		t.Error("an app without a page")
	}
}
