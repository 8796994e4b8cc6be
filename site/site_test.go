package site

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/dbc-network/dbc/web"
)

func pages() http.Handler {
	return New(fstest.MapFS{
		"index.html":      {Data: []byte("<!doctype html>index")},
		"guide.html":      {Data: []byte("<!doctype html>guide")},
		"zh/index.html":   {Data: []byte("<!doctype html>中文")},
		"404.html":        {Data: []byte("<!doctype html>" + strings.Repeat("missing ", 100))},
		"assets/x-123.js": {Data: []byte("let x;")},
	})
}

func ask(t *testing.T, h http.Handler, method, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestHandler(t *testing.T) {
	t.Parallel()
	const page = "text/html"
	for name, c := range map[string]struct {
		method, target, accept string
		status                 int
		body, location         string
	}{
		"start":            {"GET", "/docs/", page, 200, "<!doctype html>index", ""},
		"page":             {"GET", "/docs/guide", page, 200, "<!doctype html>guide", ""},
		"page by its file": {"GET", "/docs/guide.html", page, 200, "<!doctype html>guide", ""},
		"Chinese":          {"GET", "/docs/zh/", page, 200, "<!doctype html>中文", ""},
		"folder":           {"GET", "/docs/zh", page, 301, "", "/docs/zh/"},
		"code":             {"GET", "/docs/assets/x-123.js", "*/*", 200, "let x;", ""},
		"head":             {"HEAD", "/docs/guide", page, 200, "", ""},
		"no page":          {"GET", "/docs/nothing", page, 404, "<!doctype html>missing ", ""},
		"no file":          {"GET", "/docs/nothing.js", "*/*", 404, "404 page not found", ""},
		"climb":            {"GET", "/docs/../site.go", "*/*", 404, "404 page not found", ""},
		"other host":       {"GET", "/docs//evil.example/zh", page, 404, "<!doctype html>missing ", ""},
		"change":           {"POST", "/docs/", page, 405, "only GET and HEAD", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := ask(t, pages(), c.method, c.target, "Accept", c.accept)
			text, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != c.status || c.location != res.Header.Get("Location") || c.status != 301 && !strings.HasPrefix(string(text), c.body) {
				t.Errorf("HTTP %d, Location %q, %q, %v", res.StatusCode, res.Header.Get("Location"), text, err)
			}
			if res.Header.Get("Content-Security-Policy") != Policy {
				t.Errorf("policy %q", res.Header.Get("Content-Security-Policy"))
			}
		})
	}
}

// TestPolicy verifies that a page of the documentation gets neither the origin
// of the wallet nor anything from elsewhere.
func TestPolicy(t *testing.T) {
	t.Parallel()
	if !strings.HasPrefix(Policy, "sandbox allow-scripts; default-src 'none'; ") {
		t.Errorf("policy %q", Policy)
	}
	for _, weak := range []string{"allow-same-origin", "*", "http:", "https:", "'unsafe-", "connect-src"} {
		if strings.Contains(Policy, weak) {
			t.Errorf("the policy has %s", weak)
		}
	}
	if strings.Contains(web.Policy, "frame-src") || !strings.Contains(web.Policy, "frame-ancestors 'none'") {
		t.Error("the app's pages may be framed, or frame the documentation")
	}
}

// TestEmbedded verifies that there is a page, whatever was built.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	h, err := Handler()
	if err != nil {
		t.Fatal(err)
	}
	res := ask(t, h, "GET", "/docs/", "Accept", "text/html")
	if text, err := io.ReadAll(res.Body); err != nil || res.StatusCode != 200 || !strings.HasPrefix(strings.ToLower(string(text)), "<!doctype html>") {
		t.Errorf("HTTP %d, %.40q, %v", res.StatusCode, text, err)
	}
}
