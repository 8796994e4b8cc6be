package main

import (
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client/host"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/compute"
	"github.com/dbc-network/dbc/node/compute/listing"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/node/p2p"
	"github.com/dbc-network/dbc/x/machine"
)

// listensAs opens a free port for peers, with this key.
func listensAs(t *testing.T, k key.Key) string {
	t.Helper()
	free, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddrPort(free.Addr().String())
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	h, err := p2p.New(p2p.Config{Key: k, ChainID: "dbc-devnet-1", Listen: at, Server: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return strconv.Itoa(int(at.Port()))
}

// hosts makes the home of a node whose API root answers, and the listing that
// its bond would have; with "" nobody answers there.
func (w *world) hosts(t *testing.T, k key.Key, peerPort string, root *api.Root) {
	t.Helper()
	port := "1"
	if root != nil {
		server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(out).Encode(map[string]any{"errcode": 0, "message": root})
		}))
		t.Cleanup(server.Close)
		_, port, _ = net.SplitHostPort(server.Listener.Addr().String())
	}
	home := filepath.Join(w.home, "mining")
	_, err := node.Init(home, conf.RoleMining, map[string]string{
		"chain_id": "dbc-devnet-1", "public_ip": "127.0.0.1", "net_listen_ip": "127.0.0.1", "net_listen_port": peerPort, "http_port": port,
		"host_cpus": "0", "host_memory_mib": "0",
	})
	if err != nil {
		t.Fatal(err)
	}
	h, err := host.Open(home)
	if err != nil {
		t.Fatal(err)
	}
	facts, err := compute.Facts(t.Context(), h.Config, k.MachineID())
	if err != nil {
		t.Fatal(err)
	}
	w.hosted = machine.Machine{Id: k.MachineID(), State: machine.MACHINE_STATE_BONDED, Facts: facts}
}

// ownKey is the key of this world's mining node.
func (w *world) ownKey(t *testing.T) key.Key {
	t.Helper()
	dat := filepath.Join(w.home, "mining", "dat")
	if err := os.MkdirAll(dat, 0o700); err != nil {
		t.Fatal(err)
	}
	k, err := key.Create(filepath.Join(dat, "node.key"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newNodeKey(t *testing.T) key.Key {
	t.Helper()
	k, err := key.New()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestOnlineWhileNobodyIsHome: a machine that renters could not reach is not brought
// online; one that they could reach goes on to the chain, which has no accounts here.
func TestOnlineWhileNobodyIsHome(t *testing.T) {
	t.Parallel()
	const passed = "ask for account"
	for name, c := range map[string]struct {
		make func(t *testing.T, w *world, k key.Key)
		args []string
		says []string
	}{
		"at home": {func(t *testing.T, w *world, k key.Key) {
			w.hosts(t, k, listensAs(t, k), &api.Root{Role: conf.RoleMining, MachineID: k.MachineID(), ChainID: "dbc-devnet-1"})
		}, nil, []string{passed}},
		"no node": {
			func(t *testing.T, w *world, k key.Key) { w.hosts(t, k, listensAs(t, k), nil) },
			nil,
			[]string{"does not answer at http://127.0.0.1:1", "dbc node start", "--unchecked"},
		},
		"no node, unchecked": {
			func(t *testing.T, w *world, k key.Key) { w.hosts(t, k, listensAs(t, k), nil) },
			[]string{"--unchecked"},
			[]string{passed},
		},
		"another node at the API": {func(t *testing.T, w *world, k key.Key) {
			w.hosts(t, k, listensAs(t, k), &api.Root{Role: conf.RoleMining, MachineID: newNodeKey(t).MachineID(), ChainID: "dbc-devnet-1"})
		}, nil, []string{"another node answers"}},
		"another chain": {func(t *testing.T, w *world, k key.Key) {
			w.hosts(t, k, listensAs(t, k), &api.Root{Role: conf.RoleMining, MachineID: k.MachineID(), ChainID: "dbc-devnet-2"})
		}, nil, []string{"chain dbc-devnet-2"}},
		"another port than listed": {func(t *testing.T, w *world, k key.Key) {
			w.hosts(t, k, listensAs(t, k), &api.Root{Role: conf.RoleMining, MachineID: k.MachineID(), ChainID: "dbc-devnet-1"})
			w.hosted.Facts.Multiaddrs = []string{"/ip4/127.0.0.1/tcp/1"}
		}, nil, []string{"the node listens at", "listed is /ip4/127.0.0.1/tcp/1", "dbc host update", "nobody answers"}},
		"another node at the address": {func(t *testing.T, w *world, k key.Key) {
			w.hosts(t, k, listensAs(t, newNodeKey(t)), &api.Root{Role: conf.RoleMining, MachineID: k.MachineID(), ChainID: "dbc-devnet-1"})
		}, nil, []string{"at the listed address", "another node answers (12D3Koo"}},
		"not reached from elsewhere": {func(t *testing.T, w *world, k key.Key) {
			w.hosts(t, k, listensAs(t, k), &api.Root{Role: conf.RoleMining, MachineID: k.MachineID(), ChainID: "dbc-devnet-1"})
		}, []string{"--from", "http://127.0.0.1:1"}, []string{"the client node at http://127.0.0.1:1 does not reach it"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.make(t, w, w.ownKey(t))
			code, _, errOut := w.dbc(t, append([]string{"host", "online", "--node-home", filepath.Join(w.home, "mining")}, c.args...)...)
			if through := strings.Contains(errOut, passed); code != exitRefused || through != (c.says[0] == passed) || through == strings.Contains(errOut, errNotHome.Error()) {
				t.Errorf("exit code %d: %s", code, errOut)
			}
			for _, text := range c.says {
				if !strings.Contains(errOut, text) {
					t.Errorf("does not say %q: %s", text, errOut)
				}
			}
		})
	}
}

// TestDifferenceWords: each code has a text of its own.
func TestDifferenceWords(t *testing.T) {
	t.Parallel()
	none, seen := differenceWords(listing.Difference{Code: "X"}), map[string]bool{}
	for _, code := range listing.DifferenceCodes {
		words := differenceWords(listing.Difference{Code: code, Params: map[string]string{}})
		if strings.Replace(words, string(code), "X", 1) == none || seen[words] {
			t.Errorf("%s: %s", code, words)
		}
		seen[words] = true
	}
}
