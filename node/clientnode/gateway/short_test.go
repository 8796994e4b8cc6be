package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dbc-network/dbc/api"
)

// TestRefusalsAreShort verifies that a refused value is returned truncated,
// without splitting a character.
func TestRefusalsAreShort(t *testing.T) {
	t.Parallel()
	url, _ := world(t)
	long := strings.Repeat("é", 4000)
	for name, c := range map[string]struct {
		method, path, body string
		headers            []string
	}{
		"a path":       {"GET", "/chain/" + strings.Repeat("x", 8000), "", nil},
		"a machine":    {"POST", "/api/v1/tasks", `{"peer_nodes_list":["` + long + `"]}`, nil},
		"machines":     {"POST", "/api/v1/tasks", `{"peer_nodes_list":["` + strings.Repeat(`x","`, 9000) + `"]}`, nil},
		"a body":       {"POST", "/api/v1/tasks", long, nil},
		"a field":      {"POST", "/api/v1/tasks", `{"peer_nodes_list":{"` + long + `":1}}`, nil},
		"a host":       {"POST", "/api/v1/tasks", `{}`, []string{"Host", strings.Repeat("x", 8000)}},
		"an origin":    {"POST", "/api/v1/tasks", `{}`, []string{"Origin", long}},
		"a type":       {"POST", "/api/v1/tasks", `{}`, []string{"Content-Type", long}},
		"what for":     {"GET", "/api/v1/web", "", []string{"Sec-Fetch-Dest", long}},
		"an upgrade":   {"GET", "/api/v1/tasks/console/x", "", []string{"Connection", "Upgrade", "Upgrade", long}},
		"a key":        {"GET", "/api/v1/tasks/console/x", "", []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", long}},
		"a machine_id": {"GET", "/api/v1/tasks/console/x?machine_id=" + strings.Repeat("x", 8000), "", []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res, text := send(t, c.method, url+c.path, c.body, c.headers...)
			if res.StatusCode == http.StatusOK || len(text) > 6*api.MaxEcho || !utf8.ValidString(text) {
				t.Errorf("HTTP %d, %d bytes: %.300s", res.StatusCode, len(text), text)
			}
		})
	}
}
