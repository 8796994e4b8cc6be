package helper_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/helper"
	"github.com/dbc-network/dbc/node/host"
	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/node/network"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/fake"
)

// A library of a dependency has a goroutine from its init on.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }

var (
	binding = journal.Binding{ChainID: "dbc-devnet-1", GenesisHash: "aa", MachineID: "bb"}
	cidr    = netip.MustParsePrefix("10.9.0.0/24")
)

// wires remembers the last bindings.
type wires struct {
	mu      sync.Mutex
	ensured int
	last    []network.Binding
}

func (w *wires) Ensure(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ensured++
	return nil
}

func (w *wires) Apply(_ context.Context, b []network.Binding) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = slices.Clone(b)
	return nil
}

func (w *wires) bindings() []network.Binding {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

// world is a computer whose helper can be stopped and started again.
type world struct {
	t                 *testing.T
	dir, socket, data string
	driver            *fake.Driver
	wires             *wires
	config            helper.Config
	client            *helper.Client
	stop              func()
}

// newWorld has a helper that serves this user, and a client of it.
func newWorld(t *testing.T) *world {
	t.Helper()
	// Not t.TempDir: the path of a unix socket is short.
	dir, err := os.MkdirTemp("", "dbc") //nolint:usetesting // see above
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	w := &world{
		t: t, dir: dir, socket: filepath.Join(dir, "run", "helper.sock"), data: filepath.Join(dir, "data"), driver: fake.New(), wires: &wires{},
	}
	must(t, os.MkdirAll(filepath.Join(w.data, "images"), 0o755))
	w.config = helper.Config{
		UID: os.Getuid(), ChainID: binding.ChainID, Data: w.data, CIDR: cidr, Resolvers: []netip.Addr{netip.MustParseAddr("9.9.9.9")},
		PortFirst: 6000, PortLast: 7000, CPUs: 8, MemoryMiB: 4096, Logger: slog.New(slog.DiscardHandler),
		Open: func(context.Context, journal.Binding) (helper.Parts, error) {
			return helper.Parts{Driver: w.driver, Net: w.wires, Close: func() error { return nil }}, nil
		},
		Overlay: func(_ context.Context, _ image.Image, path string, _ int64) error {
			return os.WriteFile(path, nil, 0o600)
		},
	}
	w.client = w.dial()
	w.start()
	return w
}

func (w *world) dial() *helper.Client {
	w.t.Helper()
	c, err := helper.Dial(helper.ClientConfig{
		Socket: w.socket, Data: w.data, Logger: slog.New(slog.DiscardHandler),
	})
	must(w.t, err)
	w.t.Cleanup(func() { must(w.t, c.Close()) })
	return c
}

// start runs a helper until stop or the test's end.
func (w *world) start() {
	w.t.Helper()
	listener, err := helper.Listen(w.t.Context(), w.socket, os.Getuid(), os.Getgid())
	must(w.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- helper.NewServer(w.config).Serve(ctx, listener) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("serve: %v", err)
		}
	})
	w.t.Cleanup(w.stop)
}

func (w *world) bind() {
	w.t.Helper()
	must(w.t, w.client.Bind(w.t.Context(), binding))
}

// image puts a base of that name into the store.
func (w *world) image(name string) image.Image {
	w.t.Helper()
	path := filepath.Join(w.data, "images", name)
	if out, err := exec.CommandContext(w.t.Context(), "qemu-img", "create", "-q", "-f", "qcow2", path, "64M").CombinedOutput(); err != nil {
		w.t.Fatalf("qemu-img (these tests need it): %v: %s", err, out)
	}
	must(w.t, os.Chmod(path, 0o444))
	return image.Image{Name: name, Path: path}
}

func folderOf(name string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(name)))[:20] }

// spec is what node/host makes of a task.
func (w *world) spec(t *testing.T, name string) vm.Spec {
	t.Helper()
	sum := sha256.Sum256([]byte(name))
	id := sum[:16]
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	file := func(f string) string { return filepath.Join(w.data, "tasks", folderOf(name), f) }
	return vm.Spec{
		UUID: vm.UUID(fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])),
		Name: fmt.Sprintf("%s7-%x", host.DomainPrefix(binding), sum[16:22]), Title: "rental 7, task " + name, VCPUs: 2, MemoryMiB: 256,
		Disks: []vm.Disk{
			{Path: file("system.qcow2"), Format: "qcow2", Backing: filepath.Join(w.data, "images", "tiny.qcow2"), Target: "vda"},
			{Path: file("vdb.raw"), Format: "raw", Target: "vdb"},
			{Path: file("seed.iso"), Format: "raw", Target: "vdz", ReadOnly: true},
		},
		NIC: vm.NIC{
			Bridge: host.Bridge(binding), Tap: fmt.Sprintf("dt%x", sum[27:32]), MAC: net.HardwareAddr{2, sum[22], sum[23], sum[24], sum[25], sum[26]},
			Addr: netip.MustParseAddr("10.9.0.2"),
		},
		ConsoleLog: file("console.log"), ConsoleSocket: file("vnc/tty.sock"), VNCSocket: file("vnc/vnc.sock"),
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// until waits for something that another goroutine does.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	limit := time.After(30 * time.Second)
	for tick := time.NewTicker(5 * time.Millisecond); !done(); {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited for %s in vain", what)
		}
	}
}
