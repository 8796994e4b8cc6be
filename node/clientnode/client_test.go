package clientnode

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/conf"
)

// A chain that is away stops no client node: it says so and goes on.
func TestClientNodeRunsWithoutItsChain(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	set := map[string]string{
		"chain_id": "dbc-devnet-1", "net_listen_ip": "127.0.0.1", "net_listen_port": freePort(t), "http_port": freePort(t),
		"chain_grpc": "127.0.0.1:1", "chain_rpc": "http://127.0.0.1:1",
	}
	if _, err := node.Init(home, conf.RoleClient, set); err != nil {
		t.Fatal(err)
	}
	cfg, err := conf.LoadClient(home)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, cfg) }()
	for answered := false; !answered; {
		select {
		case err := <-ended:
			t.Fatalf("ended: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+cfg.HTTPListen.String()+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			answered = response.StatusCode == http.StatusOK
			_ = response.Body.Close()
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}
