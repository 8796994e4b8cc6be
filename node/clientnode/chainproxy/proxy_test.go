package chainproxy

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/node/budget"
)

// upstream records what reaches it.
func upstream(t *testing.T) (*url.URL, func() string) {
	t.Helper()
	seen := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		for _, name := range []string{"Cookie", "Authorization", "Dbc-Auth", "X-Forwarded-For", "Origin"} {
			if r.Header.Get(name) != "" {
				t.Errorf("%s reached the dbcd", name)
			}
		}
		seen <- r.Method + " " + r.URL.RequestURI() + " " + string(body)
		w.Header().Set("Set-Cookie", "a=b")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"ok":true}`)
	}))
	t.Cleanup(server.Close)
	to, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return to, func() string {
		select {
		case s := <-seen:
			return s
		default:
			return ""
		}
	}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func request(method, target, body string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Cookie", "secret=1")
	r.Header.Set("Authorization", "Basic x")
	r.Header.Set("DBC-Auth", "v1")
	r.Header.Set("X-Forwarded-For", "1.2.3.4")
	r.Header.Set("Origin", "http://localhost")
	return r
}

func TestProxy(t *testing.T) {
	t.Parallel()
	const call = `{"jsonrpc":"2.0","id":1,"method":"status","params":{}}`
	for name, c := range map[string]struct {
		handler            func(*url.URL, *budget.Places, *slog.Logger) http.Handler
		method, path, body string
		// reaches is what the dbcd received, or "" for nothing.
		reaches string
	}{
		"call":             {RPC, "POST", "/chain/rpc", call, "POST / " + call},
		"call with slash":  {RPC, "POST", "/chain/rpc/", call, "POST / " + call},
		"batch":            {RPC, "POST", "/chain/rpc", "[" + call + "]", "POST / [" + call + "]"},
		"get":              {RPC, "GET", "/chain/rpc/block?height=3", "", "GET /block?height=3 "},
		"second name":      {RPC, "POST", "/chain/rpc", `{"jsonrpc":"2.0","method":"net_info","id":1,"method":"status"}`, `POST / {"jsonrpc":"2.0","id":1,"method":"status"}`},
		"unsafe":           {RPC, "POST", "/chain/rpc", `{"method":"dial_peers"}`, ""},
		"unsafe in batch":  {RPC, "POST", "/chain/rpc", "[" + call + `,{"method":"unsafe_flush_mempool"}]`, ""},
		"unsafe get":       {RPC, "GET", "/chain/rpc/net_info", "", ""},
		"commit":           {RPC, "GET", "/chain/rpc/broadcast_tx_commit?tx=0x00", "", ""},
		"grants":           {REST, "GET", "/chain/rest/cosmos/authz/v1beta1/grants?granter=a&grantee=b", "", "GET /cosmos/authz/v1beta1/grants?grantee=b&granter=a "},
		"allowances":       {REST, "GET", "/chain/rest/cosmos/feegrant/v1beta1/allowances/a", "", "GET /cosmos/feegrant/v1beta1/allowances/a "},
		"get of root":      {RPC, "GET", "/chain/rpc", "", ""},
		"up":               {RPC, "GET", "/chain/rpc/../status", "", ""},
		"put":              {RPC, "PUT", "/chain/rpc", call, ""},
		"empty batch":      {RPC, "POST", "/chain/rpc", "[]", ""},
		"long batch":       {RPC, "POST", "/chain/rpc", "[" + strings.Repeat(call+",", 20) + call + "]", ""},
		"long body":        {RPC, "POST", "/chain/rpc", `{"method":"status","id":"` + strings.Repeat("x", maxBody) + `"}`, ""},
		"query":            {REST, "GET", "/chain/rest/dbc/machine/v1/machines?state=2", "", "GET /dbc/machine/v1/machines?state=2 "},
		"send":             {REST, "POST", "/chain/rest/cosmos/tx/v1beta1/txs", `{"a":1}`, `POST /cosmos/tx/v1beta1/txs {"a":1}`},
		"other module":     {REST, "GET", "/chain/rest/cosmos/evidence/v1beta1/evidence", "", ""},
		"prefix only":      {REST, "GET", "/chain/rest/cosmos/bank", "", ""},
		"climb":            {REST, "GET", "/chain/rest/dbc/machine/v1/../../../metrics", "", ""},
		"climb by escapes": {REST, "GET", "/chain/rest/dbc/machine/v1/%2e%2e/%2e%2e/metrics", "", ""},
		"double escape":    {REST, "GET", "/chain/rest/dbc/machine/v1/%252e%252e/x", "", ""},
		"two slashes":      {REST, "GET", "/chain/rest//cosmos/bank/v1beta1/x", "", ""},
		"send elsewhere":   {REST, "POST", "/chain/rest/cosmos/tx/v1beta1/decode", "{}", ""},
		"delete":           {REST, "DELETE", "/chain/rest/cosmos/tx/v1beta1/txs", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to, seen := upstream(t)
			w := httptest.NewRecorder()
			c.handler(to, NewPlaces(), quiet()).ServeHTTP(w, request(c.method, c.path, c.body))
			if got := seen(); got != c.reaches {
				t.Errorf("the dbcd saw %q, want %q", got, c.reaches)
			}
			if c.reaches == "" {
				var reply struct {
					ErrCode int    `json:"errcode"`
					Code    string `json:"code"`
				}
				if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil || reply.ErrCode == 0 || reply.Code == "" || w.Code < 400 {
					t.Errorf("%d %s", w.Code, w.Body)
				}
				return
			}
			if w.Code != http.StatusOK || w.Body.String() != `{"ok":true}` {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if w.Header().Get("Set-Cookie") != "" || w.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("headers of the dbcd came back: %v", w.Header())
			}
		})
	}
}

func TestAway(t *testing.T) {
	t.Parallel()
	to, err := url.Parse("http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	RPC(to, NewPlaces(), quiet()).ServeHTTP(w, request("GET", "/chain/rpc/status", ""))
	if w.Code != http.StatusBadGateway || !strings.Contains(w.Body.String(), "CHAIN_UNREACHABLE") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// FuzzCalls verifies that what is forwarded contains listed methods only, also
// when another parser reads it.
func FuzzCalls(f *testing.F) {
	for _, body := range []string{`{"method":"status"}`, `[{"method":"tx"}]`, `{"method":"x","Method":"status"}`, `[]`, `[[]]`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		passed, err := checkCalls(body)
		if err != nil {
			return
		}
		again, err := checkCalls(passed)
		if err != nil || string(again) != string(passed) {
			t.Errorf("%s passed as %s, read again as %s: %v", body, passed, again, err)
		}
	})
}
