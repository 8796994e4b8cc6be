package gateway_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/clientnode/gateway"
)

// html is what a browser would run if it were ever displayed.
const html = `<!doctype html><script>navigator.serviceWorker.register("/api/v1/tasks/console/sw.js")</script>`

// liar is a machine that writes arbitrary bytes, in which %s is replaced by the
// right Sec-WebSocket-Accept.
func liar(t *testing.T, says string) (url, machineID string) {
	t.Helper()
	return worldWith(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		c, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = c.Close() }()
		text := strings.ReplaceAll(says, "%s", gateway.AcceptOf(r.Header.Get("Sec-Websocket-Key")))
		if _, err := io.WriteString(buffered, text); err == nil {
			_ = buffered.Flush()
		}
	})
}

// ask sends one request as it is written and reads the answer.
func ask(t *testing.T, url, request string) (*http.Response, string, error) {
	t.Helper()
	at := strings.TrimPrefix(url, "http://")
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, strings.ReplaceAll(request, "HOST", at)); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode == http.StatusSwitchingProtocols {
		return res, "", nil
	}
	text, err := io.ReadAll(res.Body)
	return res, string(text), err
}

// harmless are the headers that an answer below /api may have.
var harmless = []string{
	"Cache-Control", "Content-Length", "Content-Security-Policy", "Content-Type", "Cross-Origin-Resource-Policy", "Date",
	"Referrer-Policy", "X-Content-Type-Options", "X-Frame-Options", "Retry-After", "Dbc-Machine", "Dbc-Sign", "Connection", "Transfer-Encoding",
}

func mustBeData(t *testing.T, res *http.Response) {
	t.Helper()
	for name := range res.Header {
		if !slices.Contains(harmless, name) {
			t.Errorf("the header %s: %s came through", name, res.Header.Get(name))
		}
	}
	kind := res.Header.Get("Content-Type")
	if kind != "application/json" && kind != "application/octet-stream" || res.Header.Get("X-Content-Type-Options") != "nosniff" ||
		res.Header.Get("Content-Security-Policy") != "default-src 'none'; frame-ancestors 'none'; sandbox" {
		t.Errorf("a browser could show it: %v", res.Header)
	}
	if len(res.Trailer) > 0 {
		t.Errorf("trailers came through: %v", res.Trailer)
	}
	if res.StatusCode != http.StatusOK && (res.StatusCode < 400 || res.StatusCode > 504) {
		t.Errorf("HTTP %d came through", res.StatusCode)
	}
}

const (
	opensConsole = "GET /api/v1/tasks/console/x?machine_id=ID HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	asksTasks = "POST /api/v1/tasks HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 88\r\n\r\n" +
		`{"peer_nodes_list":["ID"]}`
)

// TestNothingOfALyingMachineActs sends each lie in answer to a call and to the
// opening of a console. status 0 is for an incomplete answer.
func TestNothingOfALyingMachineActs(t *testing.T) {
	t.Parallel()
	const evil = "Set-Cookie: a=b\r\nService-Worker-Allowed: /\r\nClear-Site-Data: \"*\"\r\nRefresh: 0; url=//evil.example\r\n" +
		"Link: </x.js>; rel=preload; as=script\r\nAccess-Control-Allow-Origin: *\r\nContent-Security-Policy: script-src *\r\n" +
		"Alt-Svc: h2=\"evil.example:443\"\r\nStrict-Transport-Security: max-age=1\r\nSourceMap: /x\r\nNEL: {}\r\nReport-To: {}\r\n" +
		"Content-Disposition: attachment; filename=x.html\r\nDBC-Sign: <script>\r\nRetry-After: never\r\nWWW-Authenticate: Basic\r\n"
	long := "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: "+strings.Repeat("x", 1000)+"\r\n", 40) + "\r\n"
	for name, c := range map[string]struct {
		says         string
		call, socket int
	}{
		"HTML":             {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + evil + "\r\n" + html, 200, 502},
		"a script":         {"HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\n" + evil + "\r\nself.addEventListener('fetch',()=>{})", 200, 502},
		"HTML as JSON":     {"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-7\r\n\r\n" + html, 200, 502},
		"HTML as nothing":  {"HTTP/1.1 200 OK\r\n\r\n" + html, 200, 502},
		"HTML refusal":     {"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n" + evil + "\r\n" + html, 404, 404},
		"a login":          {"HTTP/1.1 401 x\r\n" + evil + "\r\n{}", 401, 401},
		"a redirect":       {"HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n", 502, 502},
		"moved for ever":   {"HTTP/1.1 308 x\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", 502, 502},
		"not modified":     {"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n", 502, 502},
		"a part":           {"HTTP/1.1 206 x\r\nContent-Range: bytes 0-1/9\r\nContent-Length: 2\r\n\r\n{}", 502, 502},
		"no content":       {"HTTP/1.1 204 x\r\n" + evil + "\r\n", 502, 502},
		"a teapot":         {"HTTP/1.1 418 x\r\nContent-Length: 0\r\n\r\n", 502, 502},
		"a proxy's login":  {"HTTP/1.1 407 x\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n", 502, 502},
		"asked elsewhere":  {"HTTP/1.1 421 x\r\nContent-Length: 0\r\n\r\n", 502, 502},
		"unknown":          {"HTTP/1.1 999 x\r\nContent-Length: 0\r\n\r\n", 502, 502},
		"early hints":      {"HTTP/1.1 103 x\r\nLink: </x.js>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, 502},
		"hints for ever":   {strings.Repeat("HTTP/1.1 103 x\r\nLink: </x.js>; rel=preload\r\n\r\n", 10000), 502, 502},
		"trailers":         {"HTTP/1.1 200 OK\r\nTrailer: Set-Cookie\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nSet-Cookie: a=b\r\n\r\n", 200, 502},
		"trailers and why": {"HTTP/1.1 400 x\r\nTrailer: Set-Cookie\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nSet-Cookie: a=b\r\n\r\n", 400, 400},
		"long headers":     {long, 502, 502},
		"endless headers":  {"HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 1<<18), 502, 502},
		"an endless line":  {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("y", 1<<20), 502, 502},
		"no HTTP":          {"SSH-2.0-OpenSSH_9.2p1\r\n", 502, 502},
		"nothing":          {"", 502, 502},
		"cut off":          {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", 502, 502},
		"cut off late":     {"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("x", 500_000), 0, 502},
		"too long":         {"HTTP/1.1 200 OK\r\nContent-Length: 8388609\r\n\r\n{", 502, 502},
		"endless":          {"HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 8<<20+1), 0, 502},
		"split":            {"HTTP/1.1 200 OK\r\nDBC-Machine: x\rSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\n{}", 502, 502},

		"another protocol":     {"HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 502, 502},
		"no upgrade":           {"HTTP/1.1 101 x\r\n\r\n" + html, 502, 502},
		"no proof":             {"HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 502, 502},
		"a wrong proof":        {"HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", 502, 502},
		"a protocol unasked":   {"HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: x\r\n\r\n", 502, 502},
		"an extension unasked": {"HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: %s\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", 502, 502},
		"a WebSocket and more": {"HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: %s\r\n" + evil + "\r\n", 502, 101},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, id := liar(t, c.says)
			for request, status := range map[string]int{asksTasks: c.call, opensConsole: c.socket} {
				res, text, err := ask(t, url, strings.ReplaceAll(request, "ID", id))
				switch {
				case status == 0:
					if err == nil {
						t.Errorf("%d bytes of an answer that broke off came as whole", len(text))
					}
				case err != nil || res.StatusCode != status:
					t.Errorf("%.60q: HTTP %d, want %d: %v", request, res.StatusCode, status, err)
				}
				if res.StatusCode == http.StatusSwitchingProtocols {
					for name := range res.Header {
						if !slices.Contains([]string{"Upgrade", "Connection", "Sec-Websocket-Accept", "Date"}, name) {
							t.Errorf("the header %s: %s came through", name, res.Header.Get(name))
						}
					}
					continue
				}
				mustBeData(t, res)
			}
		})
	}
}

// TestOnlyAPagesCodeMayAsk checks the headers in which a browser states the
// purpose of a request.
func TestOnlyAPagesCodeMayAsk(t *testing.T) {
	t.Parallel()
	url, id := world(t)
	call := []string{"Sec-Fetch-Dest", "empty", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Site", "same-origin"}
	with := func(more ...string) []string { return append(slices.Clone(call), more...) }
	console := "/api/v1/tasks/console/x?machine_id=" + id
	for name, c := range map[string]struct {
		method, path string
		headers      []string
		code         api.Code
	}{
		"the own page":        {"POST", "/api/v1/own", with("Origin", url), ""},
		"its reading":         {"GET", "/api/v1/web", call, ""},
		"an allowed page":     {"POST", "/api/v1/own", with("Sec-Fetch-Site", "cross-site", "Origin", "https://app.example"), ""},
		"a program":           {"POST", "/api/v1/own", nil, ""},
		"a program of Node's": {"POST", "/api/v1/own", []string{"Sec-Fetch-Mode", "cors"}, ""},
		"an address typed":    {"GET", "/api/v1/web", with("Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "none"), "FETCH_REFUSED"},
		"a link":              {"GET", console, with("Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "cross-site"), "FETCH_REFUSED"},
		"a form":              {"POST", "/api/v1/own", with("Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"), "FETCH_REFUSED"},
		"a frame":             {"GET", "/api/v1/web", with("Sec-Fetch-Dest", "iframe", "Sec-Fetch-Mode", "navigate"), "FETCH_REFUSED"},
		"a script":            {"GET", "/api/v1/web", with("Sec-Fetch-Dest", "script", "Sec-Fetch-Mode", "no-cors"), "FETCH_REFUSED"},
		"a module":            {"GET", "/api/v1/web", with("Sec-Fetch-Dest", "script"), "FETCH_REFUSED"},
		"a worker":            {"GET", "/api/v1/web", with("Sec-Fetch-Dest", "worker", "Sec-Fetch-Mode", "same-origin"), "FETCH_REFUSED"},
		"a service worker":    {"GET", "/api/v1/web", with("Sec-Fetch-Dest", "serviceworker", "Sec-Fetch-Mode", "same-origin"), "FETCH_REFUSED"},
		"an old browser's":    {"GET", "/api/v1/web", []string{"Service-Worker", "script"}, "FETCH_REFUSED"},
		"a style":             {"GET", "/api/v1/web", with("Sec-Fetch-Dest", "style"), "FETCH_REFUSED"},
		"a picture":           {"GET", "/api/v1/web", with("Sec-Fetch-Dest", "image", "Sec-Fetch-Mode", "no-cors"), "FETCH_REFUSED"},
		"a manifest":          {"GET", "/api/v1/web", with("Sec-Fetch-Dest", "manifest"), "FETCH_REFUSED"},
		"a prefetch":          {"GET", "/api/v1/web", with("Sec-Fetch-Mode", "no-cors"), "FETCH_REFUSED"},
		"something new":       {"GET", "/api/v1/web", with("Sec-Fetch-Dest", "hologram"), "FETCH_REFUSED"},
		"another site":        {"GET", "/api/v1/web", with("Sec-Fetch-Site", "cross-site"), "ORIGIN_REFUSED"},
		"another port":        {"GET", "/api/v1/web", with("Sec-Fetch-Site", "same-site"), "ORIGIN_REFUSED"},
		"another port, named": {"GET", "/api/v1/web", with("Sec-Fetch-Site", "same-site", "Origin", "http://127.0.0.1:1"), "ORIGIN_REFUSED"},
		"nobody's page":       {"GET", "/api/v1/web", with("Sec-Fetch-Site", "cross-site", "Origin", "null"), "ORIGIN_REFUSED"},
		"escaped":             {"GET", "/%61pi/v1/web", with("Sec-Fetch-Dest", "script"), "FETCH_REFUSED"},
		"the chain":           {"GET", "/chain/rpc/status", with("Sec-Fetch-Dest", "script"), "FETCH_REFUSED"},
		"a wallet's reading":  {"GET", "/chain/rpc/x", with("Sec-Fetch-Site", "none"), ""},
		"a wallet's sending":  {"POST", "/chain/rpc/x", with("Sec-Fetch-Site", "none", "Origin", "chrome-extension://oihmcijgeejmpfnkiakadckkpdbfobma"), ""},
		"Firefox's wallet":    {"POST", "/chain/rpc/x", with("Sec-Fetch-Site", "same-origin", "Origin", "moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc"), ""},
		"a wallet elsewhere":  {"POST", "/api/v1/own", with("Sec-Fetch-Site", "none", "Origin", "chrome-extension://oihmcijgeejmpfnkiakadckkpdbfobma"), "ORIGIN_REFUSED"},
		"a site on the chain": {"GET", "/chain/rpc/x", with("Sec-Fetch-Site", "cross-site"), "ORIGIN_REFUSED"},
		"its page on it":      {"GET", "/chain/rpc/x", with("Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"), "ORIGIN_REFUSED"},
		"a site's name":       {"GET", "/chain/rpc/x", with("Origin", "https://chrome-extension"), "ORIGIN_REFUSED"},
		"a file":              {"GET", "/chain/rpc/x", with("Sec-Fetch-Site", "cross-site", "Origin", "null"), "ORIGIN_REFUSED"},
		"not a WebSocket":     {"GET", console, call, "UPGRADE_WANTED"},
		"half a WebSocket":    {"GET", console, []string{"Connection", "Upgrade", "Upgrade", "websocket"}, "UPGRADE_WANTED"},
		"an old WebSocket": {"GET", console, []string{
			"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "8", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==",
		}, "UPGRADE_WANTED"},
		"a stranger's WebSocket": {"GET", console, []string{
			"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==",
			"Origin", "https://evil.example",
		}, "ORIGIN_REFUSED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := ""
			if c.method == http.MethodPost {
				body = "{}"
			}
			res, text := send(t, c.method, url+c.path, body, c.headers...)
			var reply api.Reply
			_ = json.Unmarshal([]byte(text), &reply)
			if reply.Code != c.code || c.code == "" && res.StatusCode != http.StatusOK {
				t.Errorf("HTTP %d %s, want %q", res.StatusCode, text, c.code)
			}
			if c.code != "" {
				res.Header.Del("Vary")
				mustBeData(t, res)
			}
		})
	}
}

// TestNothingOfAMountActs verifies that what the node answers itself is under
// the same rule, including answers of the chain's node.
func TestNothingOfAMountActs(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(w http.ResponseWriter){
		"a page": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Set-Cookie", "a=b")
			_, _ = io.WriteString(w, html)
		},
		"no type":      func(w http.ResponseWriter) { _, _ = io.WriteString(w, html) },
		"a redirect":   func(w http.ResponseWriter) { w.Header().Set("Location", "/"); w.WriteHeader(http.StatusFound) },
		"early hints":  func(w http.ResponseWriter) { w.WriteHeader(http.StatusEarlyHints); _, _ = io.WriteString(w, "{}") },
		"an upgrade":   func(w http.ResponseWriter) { w.WriteHeader(http.StatusSwitchingProtocols) },
		"two statuses": func(w http.ResponseWriter) { w.WriteHeader(http.StatusOK); w.WriteHeader(http.StatusFound) },
		"nothing":      func(http.ResponseWriter) {},
		"a trailer": func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, strings.Repeat("x", 1<<20))
			w.Header().Set(http.TrailerPrefix+"Set-Cookie", "a=b")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := gateway.New(gateway.Config{}, gateway.Deps{
				Log: slog.New(slog.DiscardHandler),
				Mounts: []gateway.Mount{{Pattern: "/chain/rpc/", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					answer(w)
				})}},
			})
			server := httptest.NewServer(g.Handler())
			defer server.Close()
			res, _, err := ask(t, server.URL, "GET /chain/rpc/status HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n")
			if err != nil {
				t.Fatal(err)
			}
			mustBeData(t, res)
		})
	}
}

// TestALongAnswerComesWhole verifies that an answer longer than the buffer is
// passed on.
func TestALongAnswerComesWhole(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 8<<20)
	url, id := liar(t, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nDBC-Sign: AA==\r\n\r\n%s", len(long), long))
	res, text := send(t, http.MethodPost, url+"/api/v1/tasks", `{"peer_nodes_list":["`+id+`"]}`)
	if res.StatusCode != http.StatusOK || text != long || res.Header.Get(auth.HeaderSign) != "AA==" || res.Header.Get("Content-Type") != "application/json" {
		t.Errorf("HTTP %d, %d bytes, %v", res.StatusCode, len(text), res.Header)
	}
}
