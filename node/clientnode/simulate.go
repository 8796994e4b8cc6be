package clientnode

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"github.com/dbc-network/dbc/chainid"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/conf"
)

// Wrapped is Run with a handler around the API, and another log, on a devnet only. It
// leaves this process's garbage collector as it is.
func Wrapped(ctx context.Context, cfg conf.Client, log io.Writer, wrap func(http.Handler) http.Handler) error {
	if !chainid.Devnet(cfg.ChainID) {
		return cfg.Refusal("chain_id", cfg.ChainID, "a devnet: dbc-devnet- and a number", node.ErrSimulated)
	}
	return run(ctx, cfg, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: cfg.LogLevel})), wrap)
}
