package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/clientnode/gateway"
	"github.com/dbc-network/dbc/node/httpapi"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/node/p2p"
	"github.com/dbc-network/dbc/node/register"
)

// TestMain ignores a timer that the keyring's library starts when it is loaded.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/desertbit/timer.timerRoutine"))
}

type finder map[string][]string

func (f finder) Addresses(_ context.Context, id string) ([]string, error) { return f[id], nil }

func peer(t *testing.T, cfg p2p.Config) (*p2p.Host, string) {
	t.Helper()
	k, err := key.Create(filepath.Join(t.TempDir(), "node.key"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Key, cfg.ChainID, cfg.Log = k, "dbc-devnet-1", slog.New(slog.DiscardHandler)
	h, err := p2p.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h, k.MachineID()
}

// machine echoes the request, with all kinds of headers.
func machine(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		kind, text, err := c.Read(r.Context())
		if err == nil {
			_ = c.Write(r.Context(), kind, fmt.Appendf(nil, "%s %q", text, r.Header.Get("Cookie")))
		}
		_ = c.Close(websocket.StatusNormalClosure, "")
		return
	}
	body, _ := io.ReadAll(r.Body)
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set(auth.HeaderMachine, "m")
	h.Set(auth.HeaderSign, "s")
	h.Set("Set-Cookie", "a=b")
	w.WriteHeader(http.StatusConflict)
	fmt.Fprintf(w, "%s|%s|%s|%s", r.RequestURI, r.Header.Get(auth.HeaderName), r.Header.Get("Cookie"), body)
}

// stranger is a key whose peer is not a machine of the chain.
var stranger = strings.Repeat("0", 63) + "2"

// world is the API of a client node with one machine.
func world(t *testing.T) (url, machineID string) {
	t.Helper()
	return worldWith(t, machine)
}

// worldWith uses another handler for the machine.
func worldWith(t *testing.T, machine http.HandlerFunc) (url, machineID string) {
	t.Helper()
	return build(t, machine, func(way http.RoundTripper) http.RoundTripper { return way })
}

// worldBehind puts something between the node and the machine.
func worldBehind(t *testing.T, behind func(way http.RoundTripper) http.RoundTripper) (url, machineID string) {
	t.Helper()
	return build(t, machine, behind)
}

func build(t *testing.T, machine http.HandlerFunc, behind func(way http.RoundTripper) http.RoundTripper) (url, machineID string) {
	t.Helper()
	mining, machineID := peer(t, p2p.Config{Listen: netip.MustParseAddrPort("127.0.0.1:0"), Server: true})
	s, err := mining.NewServer(&http.Server{ReadHeaderTimeout: time.Minute}, machine, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- s.Serve() }()
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), <-ended); err != nil {
			t.Error(err)
		}
	})
	client, _ := peer(t, p2p.Config{Finder: finder{machineID: mining.Addrs()}})
	g := gateway.New(gateway.Config{Guard: httpapi.Guard{Origins: []string{"https://app.example"}}}, gateway.Deps{
		Machines: behind(client.Transport()), Log: slog.New(slog.DiscardHandler),
		Bonded: func(_ context.Context, id string) error {
			if id == stranger {
				return register.ErrNoMachine
			}
			return nil
		},
		Known:  func(context.Context) ([]api.Node, error) { return []api.Node{{NodeID: machineID}}, nil },
		Status: func(context.Context) api.ClientRoot { return api.ClientRoot{PeerID: client.ID()} },
		Mounts: []gateway.Mount{{Pattern: "/api/v1/own", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("own"))
		})}, {Pattern: "/chain/rpc/x", Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}},
	})
	server := httptest.NewServer(g.Handler())
	t.Cleanup(server.Close)
	return server.URL, machineID
}

func send(t *testing.T, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
	}
	transport := &http.Transport{DisableKeepAlives: true}
	res, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

func TestBytesGoToTheMachineAndBack(t *testing.T) {
	t.Parallel()
	url, id := world(t)
	body := `{ "peer_nodes_list" : ["` + id + `"], "additional":{"x": 1e3},  "y":"é" }` + "\n"
	res, text := send(t, http.MethodPost, url+"/api/v1/tasks/a%2Fb?x=%20y", body, auth.HeaderName, "v1 a b", "Cookie", "c=d")
	if want := "/api/v1/tasks/a%2Fb?x=%20y|v1 a b||" + body; text != want {
		t.Errorf("the machine saw %q, want %q", text, want)
	}
	if res.StatusCode != http.StatusConflict || res.Header.Get(auth.HeaderMachine) != "m" || res.Header.Get(auth.HeaderSign) != "s" {
		t.Errorf("HTTP %d, %v", res.StatusCode, res.Header)
	}
	if cookies := res.Header.Get("Set-Cookie"); cookies != "" {
		t.Errorf("a cookie came through: %s", cookies)
	}
}

// stale accepts and loses the given number of requests, like a connection whose
// other end was killed.
type stale struct {
	way  http.RoundTripper
	left int
}

func (s *stale) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.left == 0 {
		return s.way.RoundTrip(r)
	}
	s.left--
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("received a stateless reset: %w", net.ErrClosed)
}

func TestOnlyWhatIsTakenOnceIsAskedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lost   int
		exact  bool
		status int
	}{
		"signed exactly":         {lost: 2, exact: true, status: http.StatusConflict}, // the machine's
		"a ticket":               {lost: 1, exact: false, status: http.StatusBadGateway},
		"a machine that is gone": {lost: 1000, exact: true, status: http.StatusBadGateway},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, id := worldBehind(t, func(way http.RoundTripper) http.RoundTripper { return &stale{way, c.lost} })
			body, headers := `{"peer_nodes_list":["`+id+`"]}`, []string{}
			if c.exact {
				headers = append(headers, auth.HeaderName, "v1 a b")
			}
			res, text := send(t, http.MethodPost, url+"/api/v1/tasks", body, headers...)
			if res.StatusCode != c.status || c.status == http.StatusConflict && !strings.HasSuffix(text, "|"+body) {
				t.Errorf("HTTP %d: %s", res.StatusCode, text)
			}
		})
	}
}

// taken loses the answer to a request that its machine had accepted, and
// returns that machine's answer to the next one.
type taken struct{ before bool }

func (s *taken) RoundTrip(r *http.Request) (*http.Response, error) {
	if !s.before {
		s.before = true
		return nil, fmt.Errorf("received a stateless reset: %w", net.ErrClosed)
	}
	return &http.Response{
		StatusCode: http.StatusUnauthorized, Request: r, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(`{"errcode":-3,"code":"REPLAYED","message":"nonce was used before"}`)),
	}, nil
}

// TestLostAnswerIsNoRefusal verifies that the caller learns that the request
// may have been executed.
func TestLostAnswerIsNoRefusal(t *testing.T) {
	t.Parallel()
	url, id := worldBehind(t, func(http.RoundTripper) http.RoundTripper { return &taken{} })
	res, text := send(t, http.MethodPost, url+"/api/v1/tasks", `{"peer_nodes_list":["`+id+`"]}`, auth.HeaderName, "v1 a b")
	if res.StatusCode != http.StatusBadGateway || !strings.Contains(text, "check whether it was executed") || strings.Contains(text, "REPLAYED") {
		t.Errorf("HTTP %d: %s", res.StatusCode, text)
	}
}

// another is a transport whose address is answered by another node.
type another struct{}

func (another) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, &p2p.UnreachableError{MachineID: strings.Repeat("0", 63) + "1", Others: []string{"12D3KooWother"}, Timeout: true}
}

// TestAnotherNodeAnswers verifies that a separate code tells the renter that
// another node is at the machine's address, and which.
func TestAnotherNodeAnswers(t *testing.T) {
	t.Parallel()
	url, id := worldBehind(t, func(http.RoundTripper) http.RoundTripper { return another{} })
	res, text := send(t, http.MethodPost, url+"/api/v1/tasks", `{"peer_nodes_list":["`+id+`"]}`)
	var reply api.Reply
	if err := json.Unmarshal([]byte(text), &reply); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusBadGateway || reply.Code != "ANOTHER_NODE" || reply.Field != "peer_id" || reply.Value != "12D3KooWother" {
		t.Errorf("HTTP %d: %s", res.StatusCode, text)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	url, id := world(t)
	ours := `{"peer_nodes_list":["` + id + `"]}`
	// A valid key whose machine cannot be found.
	gone := strings.Repeat("0", 63) + "1"
	for name, c := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
		code               api.Code
	}{
		"rebound name":   {"POST", "/api/v1/tasks", ours, []string{"Host", "evil.example"}, 403, "HOST_REFUSED"},
		"foreign page":   {"POST", "/api/v1/tasks", ours, []string{"Origin", "https://evil.example"}, 403, "ORIGIN_REFUSED"},
		"form":           {"POST", "/api/v1/tasks", ours, []string{"Content-Type", "text/plain"}, 400, "BAD_REQUEST"},
		"form to itself": {"POST", "/api/v1/own", ours, []string{"Content-Type", "text/plain"}, 400, "BAD_REQUEST"},
		"not JSON":       {"POST", "/api/v1/tasks", "{", nil, 400, "BAD_REQUEST"},
		"no machine":     {"POST", "/api/v1/tasks", `{}`, nil, 400, "BAD_REQUEST"},
		"two machines":   {"POST", "/api/v1/tasks", `{"peer_nodes_list":["` + id + `","` + id + `"]}`, nil, 400, "BAD_REQUEST"},
		"a name":         {"POST", "/api/v1/tasks", `{"peer_nodes_list":["example.com"]}`, nil, 400, "BAD_REQUEST"},
		"too long":       {"POST", "/api/v1/tasks", `{"x":"` + strings.Repeat("x", api.MaxBody) + `"}`, nil, 400, "BAD_REQUEST"},
		"no route":       {"GET", "/etc/passwd", "", nil, 404, "NOT_FOUND"},
		"gone machine":   {"POST", "/api/v1/tasks", `{"peer_nodes_list":["` + gone + `"]}`, nil, 502, "UNREACHABLE"},
		"a stranger":     {"POST", "/api/v1/tasks", `{"peer_nodes_list":["` + stranger + `"]}`, nil, 404, "NO_MACHINE"},
		"its nodes":      {"POST", "/api/v1/mining_nodes", `{"peer_nodes_list":["` + stranger + `"]}`, nil, 404, "NO_MACHINE"},
		"its console": {"GET", "/api/v1/tasks/console/x?machine_id=" + stranger, "", []string{
			"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==",
		}, 404, "NO_MACHINE"},
		"console of any": {"GET", "/api/v1/tasks/console/a", "", nil, 400, "UPGRADE_WANTED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res, text := send(t, c.method, url+c.path, c.body, c.headers...)
			var reply api.Reply
			if err := json.Unmarshal([]byte(text), &reply); err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != c.status || reply.Code != c.code || reply.ErrCode == 0 || res.Header.Get(auth.HeaderSign) != "" {
				t.Errorf("HTTP %d %s, want %d %s", res.StatusCode, text, c.status, c.code)
			}
			if c.code == "UNREACHABLE" && !strings.Contains(text, "tried the chain: ") {
				t.Errorf("does not say what was tried: %s", text)
			}
		})
	}
}

func TestOwnPagesAndListedOnesMayAsk(t *testing.T) {
	t.Parallel()
	url, _ := world(t)
	for _, origin := range []string{url, "https://app.example"} {
		res, _ := send(t, http.MethodOptions, url+"/api/v1/tasks", "", "Origin", origin, "Access-Control-Request-Method", "POST")
		if res.StatusCode != http.StatusNoContent || res.Header.Get("Access-Control-Allow-Origin") != origin {
			t.Errorf("%s: HTTP %d, %v", origin, res.StatusCode, res.Header)
		}
		res, text := send(t, http.MethodPost, url+"/api/v1/own", "{}", "Origin", origin)
		if text != "own" || res.Header.Get("Access-Control-Allow-Origin") != origin {
			t.Errorf("%s: HTTP %d %s, %v", origin, res.StatusCode, text, res.Header)
		}
	}
}

func TestKnownMachinesWhereNoneIsNamed(t *testing.T) {
	t.Parallel()
	url, id := world(t)
	res, text := send(t, http.MethodPost, url+api.PathMiningNodes, `{"peer_nodes_list":[]}`)
	if res.StatusCode != http.StatusOK || !strings.Contains(text, `"node_id":"`+id+`"`) {
		t.Errorf("HTTP %d %s", res.StatusCode, text)
	}
	if _, text := send(t, http.MethodGet, url+"/", ""); !strings.Contains(text, `"role":"client"`) || !strings.Contains(text, `"peer_id":"12D3`) {
		t.Errorf("status %s", text)
	}
}

func TestWebSocketPasses(t *testing.T) {
	t.Parallel()
	url, id := world(t)
	transport := &http.Transport{DisableKeepAlives: true}
	c, res, err := websocket.Dial(t.Context(), url+"/api/v1/tasks/console/x?machine_id="+id, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, HTTPHeader: http.Header{"Cookie": {"c=d"}, "Origin": {url}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if res.Body != nil {
		defer func() { _ = res.Body.Close() }()
	}
	if err := c.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, text, err := c.Read(t.Context()); err != nil || string(text) != `hello ""` {
		t.Errorf("%q, %v", text, err)
	}
	_ = c.Close(websocket.StatusNormalClosure, "")
}
