package clientnode

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/exporter"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/node/p2p"
	"github.com/dbc-network/dbc/test/reference"
)

// seen is a chain with a block, which the node of this test has not.
type seen struct{}

func (seen) Seen() (height int64, age time.Duration, ok bool) { return 1, time.Second, true }
func (seen) Problem() *api.Problem                            { return nil }

// TestMetricsPageIsCurrent: the page has what a client node registers; make reference
// writes it.
func TestMetricsPageIsCurrent(t *testing.T) {
	t.Parallel()
	own, err := key.New()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	peers, err := p2p.New(p2p.Config{Key: own, ChainID: "dbc-devnet-1", Log: log})
	if err != nil {
		t.Fatal(err)
	}
	c := &parts{cfg: conf.Client{Node: conf.Node{MetricsListen: netip.MustParseAddrPort("127.0.0.1:0")}}, log: log, pulse: new(chain.Pulse), peers: peers}
	if err := c.openMetrics(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.metrics.wrap(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.serveMetrics(ctx)
	registry, ok := c.metrics.exporter.Gatherer().(*prometheus.Registry)
	if !ok {
		t.Fatalf("the metrics are in a %T", c.metrics.exporter.Gatherer())
	}
	looked := prometheus.NewRegistry()
	looked.MustRegister(exporter.Chain(seen{}))
	reference.Metrics(t, "client node", registry, looked)
	if err := peers.Close(); err != nil {
		t.Error(err)
	}
}
