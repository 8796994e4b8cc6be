package compute

import (
	"context"

	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/node/httpapi"
)

// serveMetrics serves on metrics_listen until ctx is done.
func (p *parts) serveMetrics(ctx context.Context) error {
	listener, err := node.ListenMetrics(ctx, p.cfg.Node)
	if err != nil {
		return err
	}
	return p.metrics.Serve(ctx, listener, httpapi.Guard{Listen: p.cfg.MetricsListen, Hosts: p.cfg.HTTPHosts}, p.log)
}

// helperStats returns how to ask the helper what it did, nil for a node without one.
func (p *parts) helperStats() func(context.Context) (helper.Stats, error) {
	if p.helper == nil {
		return nil
	}
	return p.helper.Stats
}

// resetCounts returns who counts the resets of cards in this process, nil where a helper
// does.
func (p *parts) resetCounts() func() (done, failed uint64) {
	if p.helper != nil {
		return nil
	}
	return p.resets.Counts
}
