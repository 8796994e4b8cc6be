// Package fulldisk fills the file system of a compute node's journal and disks,
// a small separate one, and deletes a VM there. The host's loop, the journal,
// the API and its signatures are real; the hypervisor and the chain are fakes.
// It needs root to mount a tmpfs.
package fulldisk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/lifecycle"
	nodeapi "github.com/dbc-network/dbc/node/compute/api"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	guestsfake "github.com/dbc-network/dbc/node/guests/fake"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/vm/fake"
	"github.com/dbc-network/dbc/x/machine"
)

const (
	chainID = "dbc-devnet-1"
	limit   = 30 * time.Second
	aKey    = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHM0iyFlX5UCiAIvXXvDr6WqLA4KOdNbtUSTgm4T8iHV"
)

var facts = machine.Facts{
	Slots:    []machine.Slot{{Kind: machine.SLOT_KIND_TEST, GpuType: "Test GPU", GpuCount: 1}, {Kind: machine.SLOT_KIND_TEST, GpuType: "Test GPU", GpuCount: 1}},
	CpuCores: 8, MemoryMib: 8000, DataDiskGib: 100,
}

// parts are the dependencies outside the node.
type parts struct{ renter string }

func (p parts) Word() trust.Word {
	now := time.Now()
	return trust.Word{Height: 1, Time: now, Open: map[uint64]trust.Rental{1: {
		ID: 1, Renter: p.renter, Slots: []uint32{0}, State: rental.StateActive, Start: now.Add(-time.Hour), End: now.Add(24 * time.Hour).Truncate(24 * time.Hour),
	}}}
}

func (p parts) Refresh(context.Context) trust.Word { return p.Word() }
func (p parts) Fresh(context.Context) trust.Word   { return p.Word() }
func (parts) Over(context.Context, uint64) (journal.Over, error) {
	return journal.Over{}, trust.ErrOpen
}
func (parts) Facts(context.Context) (machine.Facts, error)                     { return facts, nil }
func (parts) Ready(context.Context, netip.Addr) error                          { return nil }
func (parts) PortFree(string, uint16) bool                                     { return true }
func (parts) FreeGiB(string) (uint64, error)                                   { return 1000, nil }
func (parts) HugePages(context.Context) ([]hw.Pages, error)                    { return nil, nil }
func (parts) ListWithin(context.Context, time.Duration) ([]image.Image, error) { return nil, nil }
func (parts) Digest(context.Context, string) (string, error)                   { return "00", nil }
func (parts) Find(_ context.Context, name string) (image.Image, error) {
	return image.Image{Name: name, Path: "/images/" + name, Format: "qcow2", VirtualSize: 1 << 30}, nil
}

// overlay creates a disk with some content.
func overlay(_ context.Context, _ image.Image, path string, _ int64) error {
	return os.WriteFile(path, make([]byte, 1<<20), 0o600)
}

// node is one run of a compute node on the small file system.
type node struct {
	t       *testing.T
	dir     string
	key     key.Key
	renter  auth.Signer
	driver  *fake.Driver
	guests  *guestsfake.Guests
	journal *journal.Journal
	host    *host.Host
	handler http.Handler
	stop    func()
}

func (n *node) start() {
	n.t.Helper()
	binding := names.Binding{ChainID: chainID, GenesisHash: "00", MachineID: n.key.MachineID()}
	var err error
	if n.journal, err = journal.Open(filepath.Join(n.dir, "journal.db"), binding); err != nil {
		n.t.Fatal(err)
	}
	if n.guests == nil {
		n.guests = guestsfake.New(binding, n.driver, n.dir, overlay)
	}
	p, log := parts{n.renter.Address()}, slog.New(slog.DiscardHandler)
	n.host = host.New(host.Config{
		Binding: binding, DataDir: n.dir, PublicIP: netip.MustParseAddr("127.0.0.1"),
		GuestCIDR: netip.MustParsePrefix("10.9.0.0/24"), GuestDNS: []netip.Addr{netip.MustParseAddr("9.9.9.9")},
		Period: time.Second, ReadyWithin: time.Minute, Here: facts,
	}, host.Deps{
		Journal: n.journal, Driver: n.guests, Images: p, Files: n.guests, Net: n.guests, Rentals: p, Computer: p, Log: log,
	})
	server := nodeapi.New(nodeapi.Config{
		Key: n.key, ChainID: chainID, Version: "test", Listen: netip.MustParseAddrPort("127.0.0.1:5060"), PublicIP: netip.MustParseAddr("127.0.0.1"),
		PortFirst: 5200, PortLast: 5999, Capacity: host.CapacityOf(facts, facts), GPUType: "Test GPU",
	}, nodeapi.Deps{
		Host: n.host, Usage: n.host, Rentals: p, Images: p, Replay: n.journal, Sessions: n.journal, Grants: n.journal,
		Inventory: func(context.Context) (hw.Inventory, error) { return hw.Inventory{}, nil }, Log: log,
	})
	n.handler = server.Handler()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.host.Run(ctx) }()
	n.stop = func() {
		cancel()
		server.Close()
		if err := errors.Join(<-ended, n.journal.Close()); err != nil {
			n.t.Error(err)
		}
	}
}

// sign signs a request of the renter, which can be sent repeatedly.
func (n *node) sign(path, additional string) func() (int, api.Reply) {
	n.t.Helper()
	body := fmt.Appendf(nil, `{"peer_nodes_list":[%q],"additional":%s}`, n.key.MachineID(), additional)
	header, err := auth.SignExact(n.t.Context(), n.renter, auth.Exact{
		ChainID: chainID, Method: http.MethodPost, Target: path, MachineID: n.key.MachineID(), BodySHA256: sha256.Sum256(body),
		Time: time.Now().Unix(), Nonce: auth.NewNonce(),
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return func() (int, api.Reply) {
		r := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
		r.Host = "localhost"
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(auth.HeaderName, header)
		w := httptest.NewRecorder()
		n.handler.ServeHTTP(w, r)
		var reply api.Reply
		if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil {
			n.t.Fatal(err)
		}
		return w.Code, reply
	}
}

// until waits for an effect of the node's loop.
func (n *node) until(what string, done func() bool) {
	n.t.Helper()
	deadline, look := time.After(limit), time.NewTicker(20*time.Millisecond)
	defer look.Stop()
	for !done() {
		select {
		case <-look.C:
		case <-deadline:
			n.t.Fatalf("%s: not within %v", what, limit)
		}
	}
}

// fill writes until the file system is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for size := 1 << 20; size > 0; {
		if _, err = f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
}

// small returns a separate file system.
func small(t *testing.T) (dir string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("needs root, to mount a tmpfs: run scripts/test.sh")
	}
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=48m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func newNode(t *testing.T) *node {
	t.Helper()
	dir := small(t)
	k, err := key.Create(filepath.Join(t.TempDir(), "node.key"))
	if err != nil {
		t.Fatal(err)
	}
	secret := sha256.Sum256([]byte("a renter of this test"))
	n := &node{t: t, dir: dir, key: k, driver: fake.New(), renter: auth.NewSigner(secp256k1.PrivKeyFromBytes(secret[:]))}
	n.start()
	t.Cleanup(func() { n.stop() })
	return n
}

func (n *node) create() string {
	n.t.Helper()
	status, reply := n.sign(api.PathTaskStart, `{"image_name":"tiny.qcow2","ssh_port":"5682","gpu_count":"1","cpu_cores":"2","mem_rate":"0.5","ssh_public_keys":["`+aKey+`"]}`)()
	var task api.Task
	if err := json.Unmarshal(reply.Message, &task); err != nil || status != http.StatusOK {
		n.t.Fatalf("create: %d %s", status, reply.Message)
	}
	n.until("the VM runs", func() bool {
		t, err := n.journal.Task(task.TaskID)
		return err == nil && t.Progress.State == lifecycle.Running
	})
	return task.TaskID
}

// TestDeleteOnAFullDisk: with a full disk, also before the node's start, the
// renter stops and deletes a VM, which frees space; 1,000 requests are accepted
// once each; and none of them is accepted again, also after another start.
func TestDeleteOnAFullDisk(t *testing.T) {
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprint("restarted ", restart), func(t *testing.T) {
			n := newNode(t)
			id := n.create()
			fill(t, filepath.Join(n.dir, "hog"))
			if restart {
				n.stop()
				n.start()
			}
			var sent []func() (int, api.Reply)
			for i := range 1000 {
				ask := n.sign(api.PathTasks, `{}`)
				if status, reply := ask(); status != http.StatusOK {
					t.Fatalf("request %d on a full disk: %d %s", i, status, reply.Message)
				}
				sent = append(sent, ask)
			}
			n.stopAndDelete(id)
			n.stop()
			n.start()
			for i, ask := range sent {
				if status, reply := ask(); status != http.StatusUnauthorized || reply.Code != api.Replayed {
					t.Fatalf("request %d again: %d %s", i, status, reply.Code)
				}
			}
			if err := os.Remove(filepath.Join(n.dir, "hog")); err != nil {
				t.Fatal(err)
			}
			n.create()
		})
	}
}

func (n *node) stopAndDelete(id string) {
	n.t.Helper()
	for _, path := range []string{api.PathTasks + "/poweroff/", api.PathTaskDelete} {
		ask := n.sign(path+id, `{}`)
		if status, reply := ask(); status != http.StatusOK {
			n.t.Fatalf("%s on a full disk: %d %s", path, status, reply.Message)
		}
		if status, reply := ask(); reply.Code != api.Replayed {
			n.t.Errorf("%s again: %d %s", path, status, reply.Code)
		}
		if path == api.PathTaskDelete {
			continue
		}
		n.until("the VM is off", func() bool {
			t, err := n.journal.Task(id)
			return err == nil && t.Progress.State == lifecycle.Closed
		})
	}
	n.until("the VM is gone", func() bool {
		_, err := n.journal.Task(id)
		return errors.Is(err, journal.ErrNotFound)
	})
	if left, err := os.ReadDir(filepath.Join(n.dir, "tasks")); err != nil || len(left) > 0 {
		n.t.Errorf("%d folders are left, %v", len(left), err)
	}
	if domains, err := n.driver.List(n.t.Context()); err != nil || len(domains) > 0 {
		n.t.Errorf("%d domains are left, %v", len(domains), err)
	}
	if f, err := os.Create(filepath.Join(n.dir, "room")); err != nil {
		n.t.Errorf("nothing was freed: %v", err)
	} else if _, err := io.CopyN(f, zeros{}, 900<<10); errors.Join(err, f.Close()) != nil {
		n.t.Errorf("nothing was freed: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
