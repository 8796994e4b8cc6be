package compute

import (
	"context"
	"errors"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/conf"
)

// TestMiningRefusesPortsFirst: a port that another program has is told before
// the chain is asked and KVM is tried, which takes long.
func TestMiningRefusesPortsFirst(t *testing.T) {
	t.Parallel()
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for key, value := range map[string]string{"http_port": port, "net_listen_port": port, "metrics_listen": "127.0.0.1:" + port} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			set := map[string]string{
				"chain_id": "dbc-devnet-1", "public_ip": "127.0.0.1", "net_listen_ip": "127.0.0.1", "net_listen_port": freePort(t),
				"http_port": freePort(t), "chain_grpc": "127.0.0.1:1", "chain_rpc": "http://127.0.0.1:1",
			}
			set[key] = value
			if _, err := node.Init(home, conf.RoleMining, set); err != nil {
				t.Fatal(err)
			}
			cfg, err := conf.LoadCompute(home)
			if err != nil {
				t.Fatal(err)
			}
			// Where the port is not looked at first, the start waits for the chain.
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cfg.RunDir = t.TempDir()
			wrong := new(conf.ConfigError)
			if err := Run(ctx, cfg); !errors.As(err, &wrong) || wrong.Key != key || wrong.Line < 1 {
				t.Errorf("%v, want a refusal of %s", err, key)
			}
		})
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
