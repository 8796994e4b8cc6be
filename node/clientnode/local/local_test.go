package local

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/clientnode/faucet"
)

// TestRoutes verifies that without a chain each route reports that in the API's
// format, and that the follower ends with its context.
func TestRoutes(t *testing.T) {
	t.Parallel()
	c, err := chain.Dial(t.Context(), chain.Config{ChainID: "dbc-devnet-1", GRPC: "127.0.0.1:1", RPC: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	cfg := Config{
		ChainID: "dbc-devnet-1", Dir: t.TempDir(), RPC: "http://127.0.0.1:1", REST: "http://127.0.0.1:1",
		Faucet: chain.NewKeySigner(secp256k1.GenPrivKey()), Log: slog.New(slog.DiscardHandler),
	}
	r, err := Open(t.Context(), cfg, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	mux := http.NewServeMux()
	for pattern, handler := range r.Chain {
		mux.Handle(pattern, handler)
	}
	for _, route := range api.Routes() {
		if handler := r.Own[route.Name]; handler != nil {
			mux.Handle(route.Path, handler)
		}
	}
	for _, route := range []struct{ method, path, body, code string }{
		{"POST", "/api/v1/machines", `{}`, "INDEX_INCOMPLETE"},
		{"GET", "/api/v1/rent_orders/7", "", "CHAIN_UNREACHABLE"},
		{"POST", "/chain/rpc", `{"method":"status"}`, "CHAIN_UNREACHABLE"},
		{"GET", "/chain/rest/dbc/machine/v1/params", "", "CHAIN_UNREACHABLE"},
		{"POST", "/api/v1/faucet", `{"address":"` + chain.Address(cfg.Faucet.PubKey()) + `"}`, "CHAIN_UNREACHABLE"},
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(route.method, route.path, strings.NewReader(route.body)))
		if w.Code != http.StatusBadGateway || !strings.Contains(w.Body.String(), route.code) {
			t.Errorf("%s %s: %d %s", route.method, route.path, w.Code, w.Body)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Run(ctx); err != nil {
		t.Error(err)
	}
}

func TestNoFaucetElsewhere(t *testing.T) {
	t.Parallel()
	cfg := Config{ChainID: "dbc-1", Dir: t.TempDir(), Faucet: chain.NewKeySigner(secp256k1.GenPrivKey()), Log: slog.Default()}
	if _, err := Open(t.Context(), cfg, nil); !errors.Is(err, faucet.ErrNotDevnet) {
		t.Errorf("open: %v", err)
	}
}
