package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/hw"
	nodeapi "github.com/dbc-network/dbc/node/compute/api"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/rental"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	// alice and bob are wallets made for these tests.
	alice = wallet(1)
	bob   = wallet(2)
)

const chainID = "dbc-devnet-1"

func wallet(n byte) auth.Signer {
	sum := sha256.Sum256([]byte{n})
	return auth.NewSigner(secp256k1.PrivKeyFromBytes(sum[:]))
}

// bench is a server with its fakes.
type bench struct {
	t *testing.T
	m *machine
	k key.Key
	h http.Handler
	// journal is the real one: sessions have to outlive a restart.
	journal *journal.Journal
	path    string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	k, err := key.Create(filepath.Join(t.TempDir(), "node.key"))
	if err != nil {
		t.Fatal(err)
	}
	r := trust.Rental{
		ID: 7, Renter: alice.Address(), Slots: []uint32{0}, State: rental.StateActive,
		Start: now.Add(-time.Hour), End: now.Add(time.Hour),
	}
	m := &machine{
		tasks: map[string]journal.Task{}, replayed: map[string]bool{}, sessions: map[string]journal.Session{},
		word: trust.Word{Height: 42, Time: now, Open: map[uint64]trust.Rental{7: r}},
	}
	task := sample(r)
	m.tasks[task.ID] = task
	b := &bench{t: t, m: m, k: k, path: filepath.Join(t.TempDir(), "journal.db")}
	b.start()
	t.Cleanup(func() { _ = b.journal.Close() })
	return b
}

// start opens the journal and serves; again after a stop of the journal it is a
// restart of the node.
func (b *bench) start() {
	b.t.Helper()
	binding := names.Binding{ChainID: chainID, GenesisHash: "00", MachineID: b.k.MachineID()}
	var err error
	if b.journal, err = journal.Open(b.path, binding); err != nil {
		b.t.Fatal(err)
	}
	m := b.m
	server := nodeapi.New(nodeapi.Config{
		Key: b.k, ChainID: chainID, Version: "test", Listen: netip.MustParseAddrPort("127.0.0.1:5060"),
		Hosts: []string{"node.example"}, Origins: []string{"http://web.example"},
		PublicIP: netip.MustParseAddr("203.0.113.7"), PortFirst: 5200, PortLast: 5999,
		Capacity: host.Capacity{Amount: host.Amount{CPUs: 8, MemoryMiB: 8000}, GPUs: []int{1, 1}}, GPUType: "Test GPU",
	}, nodeapi.Deps{
		Host: m, Usage: m, Rentals: m, Images: m, Replay: m, Renters: m, Sessions: m, Grants: b.journal, Now: func() time.Time { return now },
		Inventory: func(context.Context) (hw.Inventory, error) {
			if m.unreadable != nil {
				m.looked.Add(1)
				return hw.Inventory{}, m.unreadable
			}
			return hw.Inventory{CPUModel: "CPU", MHz: 2400, Sockets: 1, Disks: []hw.Disk{
				{Type: "SSD", TotalGiB: 100, FreeGiB: 50}, {Type: "HDD", TotalGiB: 900, FreeGiB: 800},
			}}, nil
		},
		Cards: func(context.Context) ([]byte, error) {
			m.looked.Add(1)
			return []byte(`{"schema":1,"slots":[]}`), m.unreadable
		},
		Log: slog.New(slog.DiscardHandler), Problem: func() *api.Problem { return m.problem }, Health: func(context.Context) []api.HealthReason { return m.reasons },
	})
	b.h = server.Handler()
}

// ask is one request; change may spoil it after it was signed.
func (b *bench) ask(by auth.Signer, path, additional string, change func(r *http.Request)) (int, api.Reply) {
	b.t.Helper()
	body := fmt.Sprintf(`{"peer_nodes_list":[%q],"additional":%s}`, b.k.MachineID(), additional)
	return b.send(by, http.MethodPost, path, body, change)
}

func (b *bench) send(by auth.Signer, method, path, body string, change func(r *http.Request)) (int, api.Reply) {
	b.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:5060"
	text := auth.Exact{ChainID: chainID, Method: method, Target: path, MachineID: b.k.MachineID(), BodySHA256: sha256.Sum256([]byte(body))}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	if by != nil {
		text.Time, text.Nonce = now.Unix(), auth.NewNonce()
		header, err := auth.SignExact(context.Background(), by, text)
		if err != nil {
			b.t.Fatal(err)
		}
		r.Header.Set(auth.HeaderName, header)
	}
	signed := true
	if change != nil {
		change(r)
		signed = false // the text may be another one now
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	var reply api.Reply
	if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil {
		b.t.Fatalf("%s: %v", w.Body, err)
	}
	if w.Header().Get(auth.HeaderMachine) != b.k.MachineID() {
		b.t.Errorf("machine %q", w.Header().Get(auth.HeaderMachine))
	}
	if signed {
		if err := auth.VerifyReply(b.k.MachineID(), text.Text(), w.Code, w.Body.Bytes(), w.Header().Get(auth.HeaderSign)); err != nil {
			b.t.Errorf("reply of %s: %v", path, err)
		}
	}
	return w.Code, reply
}

const start = `{"image_name":"tiny.qcow2","ssh_port":"5682","gpu_count":1,"cpu_cores":"2","mem_rate":"0.5","custom_port":["tcp,5700:80"]}`
