package metrics

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/compute/books"
	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/node/p2p"
	"github.com/dbc-network/dbc/test/reference"
)

type onePeer struct{}

func (onePeer) Peers() int { return 1 }
func (onePeer) Connections() []p2p.Connections {
	return []p2p.Connections{{Direction: "in", Path: "direct", Count: 1}}
}
func (onePeer) Closed() uint64 { return 0 }

// TestMetricsPageIsCurrent: the page has what a compute node registers; make reference
// writes it.
func TestMetricsPageIsCurrent(t *testing.T) {
	t.Parallel()
	all := sources(t)
	all.Books = func() books.Sums { return books.Sums{Read: now} }
	all.Problem = func() *api.Problem { return nil }
	all.Helper = func(context.Context) (helper.Stats, error) {
		return helper.Stats{Version: "dev", Started: now, Calls: []helper.CallCount{{Method: "Machines/List", Outcome: "done", Count: 1, Took: time.Second}}}, nil
	}
	m := New(all)
	m.Peers(onePeer{})
	m.Wrap(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	m.Reconciled(time.Second, errors.New("no"))
	m.Stepped("disk", time.Second, nil)
	m.Answered("")
	registry, ok := m.exporter.Gatherer().(*prometheus.Registry)
	if !ok {
		t.Fatalf("the metrics are in a %T", m.exporter.Gatherer())
	}
	reference.Metrics(t, "compute node", registry)
}
