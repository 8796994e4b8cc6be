package clientnode

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/conf"
)

// A chain that is away stops no client node: it says so and goes on.
func TestClientNodeRunsWithoutItsChain(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	shown := "127.0.0.1:" + freePort(t)
	set := map[string]string{
		"metrics_listen": shown, "chain_id": "dbc-devnet-1", "net_listen_ip": "127.0.0.1", "net_listen_port": freePort(t), "http_port": freePort(t),
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
	// Metrics are shown by then: the port is taken first.
	text := get(t, "http://"+shown+"/metrics")
	for _, want := range []string{
		`dbc_build_info{goversion=`, `role="client"`, `dbc_http_requests_total{class="2xx",route="/"} `, `dbc_chain_problem{code="CHAIN_UNREACHABLE"} 1`,
		"dbc_chain_height 0", "dbc_p2p_peers 0", `dbc_p2p_connections{direction="in",path="direct"} 0`, "dbc_http_long_polls 0",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
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
