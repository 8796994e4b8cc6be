package client

import (
	"fmt"
	"strings"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/api"
)

// DryRun is the end of a request with NodeConfig.DryRun that would change something.
type DryRun struct {
	// Name of the request, as api.Routes has it.
	Name string
	// MachineID it would go to.
	MachineID string
}

// Error says that nothing happened.
func (d *DryRun) Error() string {
	return fmt.Sprintf("nothing was sent: %s would go to machine %s", strings.ReplaceAll(d.Name, "_", " "), d.MachineID)
}

// routeOf is the route that a path belongs to.
func routeOf(path string) (found api.Route) {
	for _, r := range api.Routes() {
		// The longest fits best: tasks/{id} is the beginning of tasks/delete/{id}.
		stem, _, open := strings.Cut(r.Path, "{")
		if (path == r.Path || open && strings.HasPrefix(path, stem)) && len(r.Path) > len(found.Path) {
			found = r
		}
	}
	return found
}

// changes reports whether a route does more than tell; what is unknown does.
func changes(r api.Route) bool {
	return r.Authority != api.Everyone && r.Scope != auth.ScopeRead
}
