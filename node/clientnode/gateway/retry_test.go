package gateway_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/dbc-network/dbc/api"
)

// TestRetryAfterIsAlwaysThere verifies that 429 and 503 leave a client node with
// Retry-After, also where the machine did not say when to try again.
func TestRetryAfterIsAlwaysThere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status      int
		after, want string
	}{
		"503 without": {503, "", "1"}, "429 without": {429, "", "1"}, "503 with": {503, "60", "60"},
		"no number": {429, "soon", "1"}, "409": {409, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, id := worldWith(t, func(w http.ResponseWriter, _ *http.Request) {
				if c.after != "" {
					w.Header().Set("Retry-After", c.after)
				}
				w.WriteHeader(c.status)
			})
			res, _ := send(t, http.MethodPost, url+"/api/v1/tasks", `{"peer_nodes_list":["`+id+`"]}`)
			if got := res.Header.Get("Retry-After"); res.StatusCode != c.status || got != c.want {
				t.Errorf("HTTP %d, Retry-After %q, want %q", res.StatusCode, got, c.want)
			}
		})
	}
}

// TestCallersBlockReachesTheMachine verifies that a client node passes DBC-Height on.
func TestCallersBlockReachesTheMachine(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 1)
	url, id := worldWith(t, func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header.Get(api.HeaderHeight) })
	send(t, http.MethodPost, url+"/api/v1/tasks", `{"peer_nodes_list":["`+id+`"]}`, api.HeaderHeight, "77")
	if got := <-seen; got != "77" {
		t.Errorf("the machine saw %q", got)
	}
}

// TestRemovedRoutesAreGone verifies that a client node answers for them itself, by any
// method, and says what replaces them.
func TestRemovedRoutesAreGone(t *testing.T) {
	t.Parallel()
	url, _ := world(t)
	for _, gone := range api.RemovedRoutes() {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			res, text := send(t, method, url+gone.Path, `{}`)
			var reply api.Reply
			if err := json.Unmarshal([]byte(text), &reply); err != nil || res.StatusCode != http.StatusGone || reply.Code != api.Gone || reply.Params["replacement"] != gone.By {
				t.Errorf("%s %s: HTTP %d %s", method, gone.Path, res.StatusCode, text)
			}
		}
	}
}
