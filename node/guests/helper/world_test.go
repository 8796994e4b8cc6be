package helper_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"go.uber.org/goleak"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/fake"
)

// A library of a dependency has a goroutine from its init on.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }

var (
	binding = names.Binding{
		ChainID: "dbc-devnet-1", GenesisHash: "aa",
		MachineID: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", // RFC 8032, test 2
	}
	cidr = netip.MustParsePrefix("10.9.0.0/24")
	// The renters of these tests.
	alice, mallory = wallet(1), wallet(2)
)

func wallet(n byte) auth.Signer { return auth.NewSigner(secp256k1.PrivKeyFromBytes([]byte{n})) }

// aKey is a public key made for these tests.
const aKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHM0iyFlX5UCiAIvXXvDr6WqLA4KOdNbtUSTgm4T8iHV"

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
	// resets counts those of real cards.
	resets atomic.Int32
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
	root := os.Getuid() + 1 // the node is not root
	w.config = helper.Config{
		UID: os.Getuid(), Root: &root, ChainID: binding.ChainID, Logger: slog.New(slog.DiscardHandler),
		Open: func(context.Context, names.Binding) (guests.Parts, error) {
			return guests.Parts{Driver: w.driver, Net: w.wires, Close: func() error { return nil }}, nil
		},
	}
	w.config.Rules = guests.Rules{
		Data: w.data, CIDR: cidr, Resolvers: []netip.Addr{netip.MustParseAddr("9.9.9.9")},
		PortFirst: 6000, PortLast: 7000, CPUs: 8, MemoryMiB: 4096,
		Overlay: func(_ context.Context, _ image.Image, path string, _ int64) error {
			file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600) // what is in it stays
			if err != nil {
				return err
			}
			return file.Close()
		},
	}
	w.client = w.dial()
	w.start()
	return w
}

func (w *world) dial() *helper.Client {
	w.t.Helper()
	c, err := helper.Dial(helper.ClientConfig{
		Socket: w.socket, Logger: slog.New(slog.DiscardHandler),
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

// rent is alice's rental.
const rent = 7

// addrOf is the address of the VM that has a name in these tests.
func addrOf(name string) netip.Addr {
	return netip.AddrFrom4([4]byte{10, 9, 0, 2 + sha256.Sum256([]byte(name))[20]%250})
}

// make has the helper make the disks and seed of alice's VM of that name.
func (w *world) make(name string) {
	w.t.Helper()
	w.makeFor(alice, rent, name)
}

func (w *world) makeFor(renter auth.Signer, rentID uint64, name string) {
	w.t.Helper()
	ctx, c, folder := w.t.Context(), w.client, folderOf(name)
	claim := guests.Claim{TaskID: folder, RentID: rentID, Wallet: renter.Address()}
	must(w.t, c.MakeSystem(ctx, folder, claim, "tiny.qcow2", 10))
	must(w.t, c.SizeDisk(ctx, folder, "vdb", 2, true))
	must(w.t, c.WriteSeed(ctx, folder, w.seed(rentID, name)))
}

// wipe has the helper delete a VM's files.
func (w *world) wipe(folder string) {
	w.t.Helper()
	wiped, err := w.client.Wipe(w.t.Context(), folder)
	if err != nil || wiped.Method != taskdir.Unlinked {
		w.t.Fatalf("wipe: %+v, %v", wiped, err)
	}
}

// seed is what node/compute/host makes of a task.
func (w *world) seed(rentID uint64, name string) seed.Data {
	id := binding.VM(rentID, folderOf(name))
	key := sha256.Sum256([]byte("host key of " + name))
	return seed.Data{
		InstanceID: string(id.UUID), Hostname: id.Hostname, User: names.User, AuthorizedKeys: []string{aKey},
		HostKey: ed25519.NewKeyFromSeed(key[:]), MAC: id.MAC, Addr: netip.PrefixFrom(addrOf(name), cidr.Bits()),
	}
}

// vm is what node/compute/host says of a task's.
func (w *world) vm(name string) guests.VM {
	return guests.VM{Folder: folderOf(name), VCPUs: 2, MemoryMiB: 256, Disks: []string{"vdb"}}
}

func idOf(name string) vm.UUID { return binding.VM(rent, folderOf(name)).UUID }

// spec is the definition that the helper makes of it.
func (w *world) spec(name string) vm.Spec {
	id := binding.VM(rent, folderOf(name))
	file := func(f string) string { return filepath.Join(w.data, "tasks", folderOf(name), f) }
	return vm.Spec{
		UUID: id.UUID, Name: id.Domain, Title: "rental 7, task " + folderOf(name), VCPUs: 2, MemoryMiB: 256,
		Disks: []vm.Disk{
			{Path: file("system.qcow2"), Format: "qcow2", Backing: filepath.Join(w.data, "images", "tiny.qcow2"), Target: "vda"},
			{Path: file("vdb.raw"), Format: "raw", Target: "vdb"},
			{Path: file("seed.iso"), Format: "raw", Target: "vdz", ReadOnly: true},
		},
		NIC:        vm.NIC{Bridge: binding.Bridge(), Tap: id.Tap, MAC: id.MAC, Addr: addrOf(name)},
		ConsoleLog: file("console.log"), ConsoleSocket: file("vnc/tty.sock"), VNCSocket: file("vnc/vnc.sock"),
	}
}

// sign is a request of a wallet to this machine, now.
func sign(t *testing.T, by auth.Signer, target string, additional any) auth.Proof {
	t.Helper()
	body, err := json.Marshal(map[string]any{"peer_nodes_list": []string{binding.MachineID}, "additional": additional})
	must(t, err)
	p := auth.Proof{Method: http.MethodPost, Target: target, Body: body}
	p.Header, err = auth.SignExact(t.Context(), by, exact(p, time.Now()))
	must(t, err)
	return p
}

func exact(p auth.Proof, at time.Time) auth.Exact {
	return auth.Exact{
		ChainID: binding.ChainID, MachineID: binding.MachineID, Method: p.Method, Target: p.Target, BodySHA256: sha256.Sum256(p.Body),
		Time: at.Unix(), Nonce: auth.NewNonce(),
	}
}

// asked is a driver whose every call alice signed for.
type asked struct {
	*helper.Client
	t *testing.T
}

func (a asked) Define(ctx context.Context, spec vm.Spec) error {
	if err := spec.Validate(); err != nil {
		return err
	}
	v := guests.VM{
		Folder: filepath.Base(filepath.Dir(spec.ConsoleLog)), VCPUs: spec.VCPUs, MemoryMiB: uint64(spec.MemoryMiB), Placement: spec.Placement,
		Firmware: spec.Firmware,
	}
	for _, d := range spec.Disks {
		if d.Target != "vda" && d.Target != "vdz" {
			v.Disks = append(v.Disks, d.Target)
		}
	}
	return a.Client.Define(ctx, v)
}

func (a asked) Attach(ctx context.Context, id vm.UUID, disk vm.Disk) error {
	if filepath.Base(disk.Path) != disk.Target+taskdir.RawDisk || disk.Format != "raw" { // can't be said in ids
		return vm.ErrBadSpec
	}
	return a.Client.Attach(ctx, id, disk.Target)
}

func (a asked) SetPassword(ctx context.Context, id vm.UUID, user, password string) error {
	return a.signed(ctx, id, guests.PathPasswd, map[string]string{"username": user, "password": password}, func(ctx context.Context) error {
		return a.Client.SetPassword(ctx, id, user, password)
	})
}

func (a asked) Console(ctx context.Context, id vm.UUID) (conn net.Conn, err error) {
	err = a.signed(ctx, id, guests.PathConsole, nil, func(ctx context.Context) error {
		conn, err = a.Client.Console(ctx, id)
		return err
	})
	return conn, err
}

func (a asked) VNC(ctx context.Context, id vm.UUID) (conn net.Conn, err error) {
	err = a.signed(ctx, id, guests.PathVNC, nil, func(ctx context.Context) error {
		conn, err = a.Client.VNC(ctx, id)
		return err
	})
	return conn, err
}

// signed finds the task by the name that the suite gives its guests.
func (a asked) signed(ctx context.Context, id vm.UUID, path string, additional any, do func(context.Context) error) error {
	for _, name := range []string{"console", "screen", "password"} {
		if binding.VM(rent, folderOf(name)).UUID == id {
			return do(auth.WithProof(ctx, sign(a.t, alice, path+folderOf(name), additional)))
		}
	}
	return do(ctx)
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
