package api

import (
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
)

// TestEveryRouteIsAnswered verifies that the routes of machines have a handler,
// and that no handler lacks a route.
func TestEveryRouteIsAnswered(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, r := range api.Routes() {
		names[r.Name] = true
		_, answers := handlers[r.Name]
		_, streams := streams[r.Name]
		if r.Scope != "" && (!auth.ScopeFull.Covers(auth.Scope(r.Scope)) || !auth.Scope(r.Scope).Covers(auth.Scope(r.Scope))) {
			t.Errorf("%s needs %q, which no session can have", r.Name, r.Scope)
		}
		if own := r.By == api.ByClientNode; own == (answers || streams) || r.Stream != streams {
			t.Errorf("%s: a handler %v, a stream %v", r.Name, answers, streams)
		}
	}
	for name := range handlers {
		if !names[name] {
			t.Errorf("%s is no route", name)
		}
	}
}
