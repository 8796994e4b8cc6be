package node

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/node/p2p"
)

func TestInitCanBeRepeated(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	set := map[string]string{"chain_id": "dbc-devnet-1", "public_ip": "127.0.0.1"}
	first, err := Init(home, conf.RoleMining, set)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Init(home, conf.RoleMining, map[string]string{"chain_id": "other"})
	if err != nil || again.MachineID() != first.MachineID() {
		t.Fatalf("a second Init: %v", err)
	}
	cfg, err := conf.LoadNode(home)
	if err != nil || cfg.ChainID != "dbc-devnet-1" || cfg.Home != home {
		t.Errorf("%+v, %v", cfg, err)
	}
	if err := os.WriteFile(filepath.Join(home, conf.PeerFile), []byte("peer=203.0.113.1:5011\npeer=x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := conf.LoadNode(home); !errors.Is(err, conf.ErrConfig) || !strings.Contains(err.Error(), "peer.conf:2") {
		t.Errorf("a wrong peer: %v", err)
	}
}

func TestInitRefusesWhatWouldNotLoad(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if _, err := Init(home, conf.RoleMining, map[string]string{"chain_id": "dbc-1", "public_ip": "127.0.0.1", "test_slots": "1"}); !errors.Is(err, conf.ErrMainNetwork) {
		t.Errorf("got %v", err)
	}
	if entries, err := os.ReadDir(home); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// clientHome is a client node's home with free ports.
func clientHome(t *testing.T, more map[string]string) (string, conf.Node) {
	t.Helper()
	home := t.TempDir()
	set := map[string]string{
		"chain_id": "dbc-devnet-1", "net_listen_ip": "127.0.0.1", "net_listen_port": "15050", "http_port": "15051",
		"chain_grpc": "127.0.0.1:1", "chain_rpc": "http://127.0.0.1:1",
	}
	maps.Copy(set, more)
	if _, err := Init(home, conf.RoleClient, set); err != nil {
		t.Fatal(err)
	}
	cfg, err := conf.LoadNode(home)
	if err != nil {
		t.Fatal(err)
	}
	return home, cfg
}

// TestKept: what Init would pass over is said.
func TestKept(t *testing.T) {
	t.Parallel()
	home, cfg := clientHome(t, nil)
	if err := conf.Kept(t.TempDir(), map[string]string{"http_port": "1"}); err != nil {
		t.Errorf("no configuration: %v", err)
	}
	if err := conf.Kept(home, map[string]string{"role": conf.RoleClient, "chain_id": cfg.ChainID}); err != nil {
		t.Errorf("the same: %v", err)
	}
	for key, value := range map[string]string{"role": conf.RoleMining, "http_port": "1", "public_ip": "192.0.2.1"} {
		if err := conf.Kept(home, map[string]string{key: value}); !errors.Is(err, conf.ErrConfig) || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// TestAnswers: another node at the port is not this home's.
func TestAnswers(t *testing.T) {
	t.Parallel()
	_, cfg := clientHome(t, nil)
	k, err := key.Load(cfg.KeyPath())
	if err != nil {
		t.Fatal(err)
	}
	peer, err := p2p.PeerID(k.MachineID())
	if err != nil {
		t.Fatal(err)
	}
	own := api.ClientRoot{Root: api.Root{Role: conf.RoleClient}, PeerID: peer.String()}
	if err := Answers(cfg, own); err != nil {
		t.Error(err)
	}
	for _, other := range []api.ClientRoot{
		{Root: api.Root{Role: conf.RoleClient}, PeerID: "12D3KooW"}, {Root: api.Root{Role: conf.RoleClient}}, {Root: api.Root{Role: conf.RoleMining, MachineID: "ab"}},
	} {
		if err := Answers(cfg, other); !errors.Is(err, ErrOther) {
			t.Errorf("%+v: %v", other, err)
		}
	}
}
