package node

import (
	"context"
	"net"
	"testing"
)

// A chain that is away stops no client node: it says so and goes on.
func TestClientNodeRunsWithoutItsChain(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	set := map[string]string{
		"chain_id": "dbc-devnet-1", "net_listen_ip": "127.0.0.1", "net_listen_port": "15001", "http_port": "15050",
		"chain_grpc": "127.0.0.1:1", "chain_rpc": "http://127.0.0.1:1",
	}
	if _, err := Init(home, RoleClient, set); err != nil {
		t.Fatal(err)
	}
	cfg, err := LoadConfig(home)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, cfg) }()
	for {
		select {
		case err := <-ended:
			t.Fatalf("ended: %v", err)
		default:
		}
		if conn, err := net.Dial("tcp", "127.0.0.1:15050"); err == nil {
			_ = conn.Close()
			break
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
