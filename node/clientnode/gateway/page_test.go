package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/clientnode/gateway"
	"github.com/dbc-network/dbc/node/httpapi"
)

// TestHealth: 200 or 503 with the same reply, for everybody, whatever a browser accepts.
func TestHealth(t *testing.T) {
	t.Parallel()
	var reasons []api.HealthReason
	g := gateway.New(gateway.Config{ChainID: "dbc-devnet-1"}, gateway.Deps{
		Log: slog.New(slog.DiscardHandler), Health: func(context.Context) []api.HealthReason { return reasons },
	})
	server := httptest.NewServer(g.Handler())
	t.Cleanup(server.Close)
	for want, now := range map[int][]api.HealthReason{200: nil, 503: {{Code: api.HealthDisk, Params: map[string]string{"disk": "home"}}}} {
		reasons = now
		res, text := send(t, http.MethodGet, server.URL+api.PathHealth, "", "Accept", "text/html")
		var reply struct{ Message api.Health }
		if err := json.Unmarshal([]byte(text), &reply); err != nil {
			t.Fatal(err)
		}
		if m := reply.Message; res.StatusCode != want || m.Healthy != (want == 200) || len(m.Reasons) != len(now) || m.Role != "client" || m.ChainID != "dbc-devnet-1" {
			t.Errorf("HTTP %d: %s", res.StatusCode, text)
		}
	}
	if res, text := send(t, http.MethodGet, server.URL+api.PathHealth, "", "Origin", "https://evil.example"); res.StatusCode != http.StatusForbidden {
		t.Errorf("another page: HTTP %d %s", res.StatusCode, text)
	}
}

// TestPages verifies that a browser gets the app where a program gets the
// status, and that no path of the API is ever a page.
func TestPages(t *testing.T) {
	t.Parallel()
	g := gateway.New(gateway.Config{
		ChainID: "dbc-devnet-1", Faucet: true, Guard: httpapi.Guard{Hosts: []string{"node.example"}},
	}, gateway.Deps{
		Log:    slog.New(slog.DiscardHandler),
		Status: func(context.Context) api.ClientRoot { return api.ClientRoot{} },
		Web: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprintf(w, "page %s", r.URL.Path)
		}),
	})
	server := httptest.NewServer(g.Handler())
	t.Cleanup(server.Close)
	const browser = "text/html,*/*;q=0.8"
	for _, c := range []struct {
		method, path, accept string
		status               int
		page                 bool
	}{
		{"GET", "/", browser, 200, true},
		{"GET", "/", "*/*", 200, false},
		{"GET", "/machines/ab", browser, 200, true},
		{"GET", "/assets/x.js", "*/*", 200, true},
		{"GET", "/api/v1/", browser, 200, false},
		{"GET", "/api/v1/tasks", browser, 404, false},
		{"GET", "/api/v2/tasks", browser, 404, false},
		{"GET", "/chain/rpc", browser, 404, false},
		{"POST", "/machines", browser, 404, false},
	} {
		res, text := send(t, c.method, server.URL+c.path, "", "Accept", c.accept)
		if page := text == "page "+c.path; res.StatusCode != c.status || page != c.page {
			t.Errorf("%s %s for %s: HTTP %d %s", c.method, c.path, c.accept, res.StatusCode, text)
		}
	}
	_, text := send(t, http.MethodGet, server.URL+api.PathWeb, "")
	var reply struct{ Message api.WebApp }
	if err := json.Unmarshal([]byte(text), &reply); err != nil {
		t.Fatal(err)
	}
	if m := reply.Message; m.ChainID != "dbc-devnet-1" || len(m.KeyHosts) != 1 || !m.Faucet {
		t.Errorf("the app is told %s", text)
	}
}

// TestDocs verifies that the documentation's pages, whose origin is null, load
// their own files and get nothing else of the node.
func TestDocs(t *testing.T) {
	t.Parallel()
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprintf(w, "page %s", r.URL.Path) })
	g := gateway.New(gateway.Config{ChainID: "dbc-devnet-1", Guard: httpapi.Guard{}}, gateway.Deps{
		Log:    slog.New(slog.DiscardHandler),
		Status: func(context.Context) api.ClientRoot { return api.ClientRoot{} },
		Web:    page, Docs: page,
	})
	server := httptest.NewServer(g.Handler())
	t.Cleanup(server.Close)
	for name, c := range map[string]struct {
		method, path, origin string
		status               int
	}{
		"navigation":           {"GET", "/docs/", "", 200},
		"its code":             {"GET", "/docs/assets/x.js", "null", 200},
		"the app":              {"GET", "/", "null", 403},
		"the app's code":       {"GET", "/assets/x.js", "null", 403},
		"the node's API":       {"GET", "/api/v1/web", "null", 403},
		"the chain":            {"GET", "/chain/rpc/status", "null", 403},
		"a similar path":       {"GET", "/docsx", "null", 403},
		"climb to the API":     {"GET", "/docs/../api/v1/web", "null", 403},
		"encoded climb":        {"GET", "/docs/%2e%2e/api/v1/web", "null", 403},
		"climb from a console": {"GET", "/api/v1/tasks/console/..%2f..%2f..%2f..%2f..%2fdocs", "null", 403},
		"climb from data":      {"GET", "/api/v1/..%2f..%2fdocs/", "null", 403},
		"climb from chain":     {"GET", "/chain/rest/..%2f..%2fdocs/", "null", 403},
		"plain climb":          {"GET", "/chain/../docs/", "null", 403},
		"encoded slash":        {"GET", "/docs%2fassets", "null", 403},
		"change":               {"POST", "/docs/", "null", 403},
		"page of other host":   {"GET", "/docs/", "https://evil.example", 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := []string{"Accept", "text/html"}
			if c.origin != "" {
				header = append(header, "Origin", c.origin)
			}
			if res, text := send(t, c.method, server.URL+c.path, "", header...); res.StatusCode != c.status {
				t.Errorf("HTTP %d %s", res.StatusCode, text)
			}
		})
	}
}
