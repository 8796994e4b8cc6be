package helper_test

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/node/guests/record"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm"
)

// TestBinding: bound once, for good, and found again after a restart.
func TestBinding(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	must(t, w.client.Await(ctx))
	if _, err := w.client.List(ctx); !errors.Is(err, helper.ErrBinding) {
		t.Errorf("before it is bound: %v", err)
	}
	other := binding
	other.ChainID = "dbc-devnet-2"
	if err := w.client.Bind(ctx, other); !errors.Is(err, helper.ErrBinding) {
		t.Errorf("of another chain than core.conf's: %v", err)
	}
	other = binding
	other.MachineID = "../../etc"
	if err := w.client.Bind(ctx, other); !errors.Is(err, guests.ErrRefused) {
		t.Errorf("with a path for an id: %v", err)
	}
	for range 2 {
		w.bind()
	}
	for _, change := range []func(*names.Binding){
		func(b *names.Binding) { b.GenesisHash = "bb" }, func(b *names.Binding) { b.MachineID = "cc" },
	} {
		other := binding
		change(&other)
		if err := w.client.Bind(ctx, other); !errors.Is(err, helper.ErrBinding) {
			t.Errorf("bound to %+v: %v", other, err)
		}
	}
	w.stop()
	w.start()
	until(t, "the helper to know its machine", func() bool { _, err := w.client.List(ctx); return err == nil })
	must(t, os.WriteFile(filepath.Join(w.data, "binding.json"), []byte("{"), 0o600))
	w.stop()
	w.start()
	until(t, "a binding that can't be read to be told", func() bool {
		_, err := w.client.List(ctx)
		return err != nil && !errors.Is(err, vm.ErrUnavailable)
	})
}

// TestHypervisorAway: what the helper can't open now, it opens with a later call.
func TestHypervisorAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	away := make(chan struct{}, 1)
	away <- struct{}{}
	open := w.config.Open
	w.config.Open = func(ctx context.Context, b names.Binding) (guests.Parts, error) {
		select {
		case <-away:
			return guests.Parts{}, vm.ErrUnavailable
		default:
			return open(ctx, b)
		}
	}
	w.stop()
	w.start()
	w.bind() // waits
	_, err := w.client.List(t.Context())
	must(t, err)
}

// TestNodeFirst: a node that starts before its helper waits for it.
func TestNodeFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stop()
	done := make(chan error, 1)
	go func() {
		done <- errors.Join(w.client.Bind(context.Background(), binding), w.client.Ensure(context.Background()))
	}()
	w.start()
	must(t, <-done)
	w.stop()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := w.client.Bind(ctx, binding); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("told to end while waiting: %v", err)
	}
}

// TestOneHelper: a second one is refused, and leaves the first one's socket.
func TestOneHelper(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := helper.Listen(t.Context(), w.socket, os.Getuid(), os.Getgid()); !errors.Is(err, helper.ErrRunning) {
		t.Errorf("a second helper: %v", err)
	}
	w.bind()
}

// TestFiles: a VM's files are made, read and deleted, each step twice.
func TestFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	base := w.image("tiny.qcow2")
	w.bind()
	ctx, c, folder := t.Context(), w.client, folderOf("files")
	dir, data := filepath.Join(w.data, "tasks", folder), w.seed(rent, "files")
	claim := guests.Claim{TaskID: folder, RentID: rent, Wallet: alice.Address()}
	if err := c.TakeOver(ctx, folder, claim); !errors.Is(err, record.ErrUnknown) {
		t.Errorf("take over what is not there: %v", err)
	}
	for range 2 {
		must(t, c.MakeSystem(ctx, folder, claim, base.Name, 10))
		must(t, c.SizeDisk(ctx, folder, "vdb", 2, true))
		must(t, c.WriteSeed(ctx, folder, data))
		must(t, c.TrimConsole(ctx, folder))
	}
	if list, err := c.Folders(ctx); err != nil || !slices.Equal(list, []string{folder}) {
		t.Errorf("folders are %q, %v", list, err)
	}
	if err := c.MakeSystem(ctx, folder, claim, "none.qcow2", 10); !errors.Is(err, image.ErrNotFound) {
		t.Errorf("no such image: %v", err)
	}
	// What the seed says of the network is the host's, whatever the node says.
	got, err := os.ReadFile(filepath.Join(dir, "seed.iso"))
	must(t, err)
	data.Gateway, data.Resolvers = netip.MustParseAddr("10.9.0.1"), w.config.Resolvers
	must(t, seed.Write(ctx, filepath.Join(w.dir, "seed.iso"), data))
	want, err := os.ReadFile(filepath.Join(w.dir, "seed.iso"))
	must(t, err)
	if string(got) != string(want) {
		t.Error("the seed is another than the node's own would be")
	}
	must(t, os.WriteFile(filepath.Join(dir, "console.log"), []byte("first and last"), 0o600))
	if text, err := c.ReadConsole(ctx, folder, true); err != nil || string(text) != "first and last" {
		t.Errorf("console: %q, %v", text, err)
	}
	if stored, err := c.Stored(ctx, folder); err != nil || stored.Disks != 0 || stored.All == 0 { // seed and log
		t.Errorf("stored: %+v, %v", stored, err)
	}
	if err := c.CheckTask(ctx, folder); !errors.Is(err, record.ErrShared) {
		t.Errorf("an id with disks: %v", err)
	}
	must(t, c.CheckTask(ctx, folderOf("another")))
	for range 2 {
		must(t, c.RemoveDisk(ctx, folder, "vdb"))
		must(t, c.RemoveSeed(ctx, folder))
	}
	for range 2 {
		w.wipe(folder)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after all was deleted: %v", err)
	}
}

// TestNetwork: bindings arrive as they are.
func TestNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.image("tiny.qcow2")
	w.bind()
	w.make("network")
	nic, port := w.spec("network").NIC, network.Port{
		Name: "ssh", Protocol: "tcp", Host: 6000, Guest: 22, Sources: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")},
	}
	must(t, w.client.Ensure(t.Context()))
	must(t, w.client.Connect(t.Context(), []guests.Connection{{Folder: folderOf("network"), CPUs: 3, Ports: []network.Port{port}}}))
	want := []network.Binding{{Owner: folderOf("network"), Tap: nic.Tap, MAC: nic.MAC, Addr: nic.Addr, CPUs: 3, Ports: []network.Port{port}}}
	if got := w.wires.bindings(); !reflect.DeepEqual(got, want) {
		t.Errorf("bindings %+v, want %+v", got, want)
	}
}
