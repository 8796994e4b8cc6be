package compute

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/httpapi"
)

// serveMetrics serves on metrics_listen until ctx is done.
func (p *parts) serveMetrics(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", p.cfg.MetricsListen.String())
	if err != nil {
		return fmt.Errorf("listen on metrics_listen: %w", err)
	}
	server := &http.Server{
		Handler:           p.metrics.Handler(httpapi.Guard{Listen: p.cfg.MetricsListen, Hosts: p.cfg.HTTPHosts}, p.log),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
	}
	p.log.Info("metrics are shown", "url", "http://"+p.cfg.MetricsListen.String()+"/metrics")
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve metrics: %w", err)
	case <-ctx.Done():
	}
	err = node.Shutdown(ctx, server)
	if ended := <-ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
