package clientnode

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/conf"
)

// clientHome is a client node's home with free ports.
func clientHome(t *testing.T, more map[string]string) (string, conf.Client) {
	t.Helper()
	home := t.TempDir()
	set := map[string]string{
		"chain_id": "dbc-devnet-1", "net_listen_ip": "127.0.0.1", "net_listen_port": freePort(t), "http_port": freePort(t),
		"chain_grpc": "127.0.0.1:1", "chain_rpc": "http://127.0.0.1:1",
	}
	maps.Copy(set, more)
	if _, err := node.Init(home, conf.RoleClient, set); err != nil {
		t.Fatal(err)
	}
	cfg, err := conf.LoadClient(home)
	if err != nil {
		t.Fatal(err)
	}
	return home, cfg
}

// TestStartRefuses: what only the start can find out is refused with file and
// line too.
func TestStartRefuses(t *testing.T) {
	t.Parallel()
	tcp, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tcp.Close() })
	udp, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = udp.Close() })
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var call struct{ ID json.RawMessage }
		_ = json.NewDecoder(r.Body).Decode(&call)
		fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":{"node_info":{"network":"dbc-devnet-7"},`+
			`"sync_info":{"latest_block_height":"5","latest_block_time":"2026-01-01T00:00:00Z"}}}`, call.ID)
	}))
	t.Cleanup(other.Close)
	port := func(a net.Addr) string { _, p, _ := net.SplitHostPort(a.String()); return p }
	for name, c := range map[string]struct{ key, value, says string }{
		"api port":     {"http_port", port(tcp.Addr()), "a port that no other program has"},
		"tcp of peers": {"net_listen_port", port(tcp.Addr()), "a port that no other program has"},
		"udp of peers": {"net_listen_port", port(udp.LocalAddr()), "a port that no other program has"},
		"api address":  {"http_ip", "192.0.2.1", "an address of this computer"},
		"peer address": {"net_listen_ip", "192.0.2.1", "an address of this computer"},
		"other chain":  {"chain_rpc", other.URL, "dbc-devnet-7, which"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home, cfg := clientHome(t, map[string]string{c.key: c.value})
			// A start that is not refused would run on.
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			err := Run(ctx, cfg)
			wrong := new(conf.ConfigError)
			if !errors.As(err, &wrong) {
				t.Fatalf("%v", err)
			}
			if wrong.File != filepath.Join(home, conf.ConfFile) || wrong.Line < 1 || !strings.Contains(wrong.Limit, c.says) {
				t.Errorf("%v", wrong)
			}
			text, err := os.ReadFile(wrong.File)
			if err != nil {
				t.Fatal(err)
			}
			if line := strings.Split(string(text), "\n")[wrong.Line-1]; line != wrong.Key+"="+wrong.Value {
				t.Errorf("line %d is %q, the refusal is %v", wrong.Line, line, wrong)
			}
		})
	}
}

func TestStartRefusesCertificate(t *testing.T) {
	t.Parallel()
	none := filepath.Join(t.TempDir(), "none.pem")
	_, cfg := clientHome(t, map[string]string{"http_tls_cert": none, "http_tls_key": none})
	if err := Run(t.Context(), cfg); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "core.conf:") {
		t.Errorf("%v", err)
	}
}

// TestOneNodePerHome: two processes with one key would be one peer to all others.
func TestOneNodePerHome(t *testing.T) {
	t.Parallel()
	_, cfg := clientHome(t, nil)
	release, err := lockHome(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := Run(t.Context(), cfg); !errors.Is(err, ErrHome) {
		t.Errorf("%v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
}
