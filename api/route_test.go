package api

import (
	"net/http"
	"strings"
	"testing"
)

// TestRoutes verifies what every route must say, and that no two have the same
// name or pattern.
func TestRoutes(t *testing.T) {
	t.Parallel()
	names, mux := map[string]bool{}, http.NewServeMux()
	for _, r := range Routes() {
		if r.Name == "" || names[r.Name] || r.Summary == "" || r.SummaryZH == "" {
			t.Errorf("%s %s: wants a name of its own, and a summary in both languages", r.Method, r.Path)
		}
		names[r.Name] = true
		mux.HandleFunc(r.Method+" "+r.Path, http.NotFound) // panics for a conflict
		if bytes, limit := r.Bounds(); limit <= 0 || (bytes == 0) != (r.Method == http.MethodGet) {
			t.Errorf("%s: %d bytes in %v", r.Name, bytes, limit)
		}
		if r.Stream != (r.Authority == TokenHolder) || r.Stream && r.Method != http.MethodGet {
			t.Errorf("%s: a stream is opened by GET with a token, and nothing else is", r.Name)
		}
		if r.Method == http.MethodPost && !strings.HasSuffix(r.Path, "{$}") {
			id := strings.NewReplacer("{id}", "3mJr7AoUXx2Wqd4yHw9kPz", "{rent_id}", "7").Replace(r.Path)
			if found, ok := RouteOf(id); !ok || found.Name != r.Name {
				t.Errorf("%s is found as %q", r.Name, found.Name)
			}
		}
	}
	if r, ok := RouteOf("/api/v1/unknown"); ok {
		t.Errorf("an unknown path is found as %s", r.Name)
	}
}
