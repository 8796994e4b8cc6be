package clientnode

import (
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/exporter"
	"github.com/dbc-network/dbc/node/httpapi"
)

// metrics are what a client node counts; nil counts nothing.
type metrics struct {
	exporter *exporter.Exporter
	requests *exporter.Requests
	listener net.Listener
}

// openMetrics takes metrics_listen, where core.conf has it.
func (c *parts) openMetrics(ctx context.Context) error {
	if !c.cfg.MetricsListen.IsValid() {
		return nil
	}
	listener, err := node.ListenMetrics(ctx, c.cfg.Node)
	if err != nil {
		return err
	}
	e := exporter.New(conf.RoleClient, node.Version())
	c.metrics = &metrics{exporter: e, requests: exporter.NewRequests(e), listener: listener}
	e.Register(exporter.Chain(c.pulse))
	return nil
}

// wrap counts the requests to the API.
func (m *metrics) wrap(next http.Handler) http.Handler {
	if m == nil {
		return next
	}
	return m.requests.Wrap(next)
}

// serveMetrics answers scrapes until ctx is done. A failure is logged: renters need no
// metrics.
func (c *parts) serveMetrics(ctx context.Context) {
	if c.metrics == nil {
		return
	}
	c.metrics.exporter.Register(exporter.P2P(c.peers))
	guard := httpapi.Guard{Listen: c.cfg.MetricsListen, Hosts: c.cfg.HTTPHosts}
	if err := c.metrics.exporter.Serve(ctx, c.metrics.listener, guard, c.log); err != nil {
		c.log.Error("metrics are not shown any more", "error", err)
	}
}

// close frees the port, also of a node that did not come so far as to serve.
func (m *metrics) close() error {
	if m == nil {
		return nil
	}
	if err := m.listener.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
