package compute

import (
	"context"
	"errors"

	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/conf"
)

// free refuses ports that API, peers and metrics will need and can't
// have, before anything slow is done.
func free(ctx context.Context, c conf.Compute) error {
	listener, err := node.Listen(ctx, c.Node)
	if err != nil {
		return err
	}
	if err := errors.Join(listener.Close(), node.Claim(ctx, c.Node)); err != nil || !c.MetricsListen.IsValid() {
		return err
	}
	metrics, err := node.ListenMetrics(ctx, c.Node)
	if err != nil {
		return err
	}
	return metrics.Close()
}
