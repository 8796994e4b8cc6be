package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/dbc-network/dbc/node/conf"
)

// drain is what requests have to end after the node was told to.
const drain = 5 * time.Second

// Serve serves the API until the server is shut down.
func Serve(server *http.Server, listener net.Listener, cfg conf.Node, log *slog.Logger) error {
	var err error
	if cfg.HTTPTLSCert != "" {
		c, wrong := openCertificate(cfg.HTTPTLSCert, cfg.HTTPTLSKey, log)
		if wrong != nil {
			return wrong
		}
		server.TLSConfig = c.config()
		err = server.ServeTLS(listener, "", "")
	} else {
		err = server.Serve(listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve the API: %w", err)
}

// Shutdown gives requests some time to end.
func Shutdown(ctx context.Context, server interface {
	Shutdown(ctx context.Context) error
	Close() error
},
) error {
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer stop()
	err := server.Shutdown(end)
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return err
}
