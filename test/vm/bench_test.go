// Package vm_test runs real guests: a private libvirtd, QEMU under emulation,
// the guests' bridge. It needs root, libvirt, QEMU and nftables.
package vm_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/libvirt"
	"github.com/dbc-network/dbc/vm/libvirt/daemon"
)

const (
	bridge = "dbcvmtest0"
	limit  = 3 * time.Minute
)

var guestNet = netip.MustParsePrefix("10.97.0.0/24")

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("needs root, for libvirt and a bridge: run scripts/test.sh")
	}
}

// startDaemon starts a libvirtd in a folder that outlives the test's own.
func startDaemon(t *testing.T) (*daemon.Daemon, daemon.Config) {
	t.Helper()
	needRoot(t)
	config := daemon.Config{Dir: filepath.Join(folder(t), "libvirt")}
	d, err := daemon.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		if err := d.Stop(ctx); err != nil {
			t.Errorf("stop libvirtd: %v", err)
		}
	})
	return d, config
}

// folder returns a temporary one that QEMU's user can traverse, unlike
// t.TempDir.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "dbc-vm-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove test's folder: %v", err)
		}
	})
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

func openNetwork(t *testing.T) *network.Network {
	t.Helper()
	return openNetworkOn(t, netip.MustParseAddr("127.0.0.1"))
}

func openNetworkOn(t *testing.T, published netip.Addr) *network.Network {
	t.Helper()
	return openNetworkWithin(t, published, network.Limits{})
}

func openNetworkWithin(t *testing.T, published netip.Addr, limits network.Limits) *network.Network {
	t.Helper()
	n, err := network.Open(network.Config{Bridge: bridge, CIDR: guestNet, Published: published, Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Remove(context.Background()); err != nil {
			t.Errorf("remove network: %v", err)
		}
	})
	return n
}

func openDriver(t *testing.T, socket, owner string) *libvirt.Driver {
	t.Helper()
	return openDriverWithin(t, socket, owner, libvirt.Limits{DiskBytes: 64 << 20, DiskIOs: 10000})
}

func openDriverWithin(t *testing.T, socket, owner string, limits libvirt.Limits) *libvirt.Driver {
	t.Helper()
	d, err := libvirt.Open(t.Context(), libvirt.Config{
		Socket: socket, Owner: owner, Emulation: true, Cache: filepath.Join(t.TempDir(), "cache"), User: userOf,
		Limits: limits,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close driver: %v", err)
		}
	})
	return d
}

// userOf gives each guest its own user, like a node.
func userOf(spec vm.Spec) (int, error) {
	a := spec.NIC.Addr.As4()
	return 0x70000000 + int(a[1])<<16 + int(a[2])<<8 + int(a[3]), nil
}

// sector is a guest of one disk sector: it writes "guest" to the serial console
// and then waits for interrupts forever.
//
//	        mov  dx, 0x3f8
//	        mov  si, 0x7c00 + text
//	next:   cs lodsb
//	        test al, al
//	        jz   wait
//	        out  dx, al
//	        jmp  next
//	wait:   sti
//	        hlt
//	        jmp  wait
//	text:   db   "guest", 0
func sector() []byte {
	b := make([]byte, 1<<20)
	copy(b, []byte{
		0xba, 0xf8, 0x03, 0xbe, 0x14, 0x7c, 0x2e, 0xac, 0x84, 0xc0, 0x74, 0x03, 0xee, 0xeb, 0xf7,
		0xfb, 0xf4, 0xeb, 0xfc, 0x90,
	})
	copy(b[0x14:], "guest\x00")
	b[510], b[511] = 0x55, 0xaa
	return b
}

var lastHost atomic.Uint32

// specIn returns specifications of guests whose files are below dir, in a
// node's layout.
func specIn(dir string) func(*testing.T, string) vm.Spec {
	host := byte(10 + lastHost.Add(1)%200)
	return func(t *testing.T, name string) vm.Spec {
		t.Helper()
		own := filepath.Join(dir, name)
		disk := filepath.Join(own, "disk.raw")
		if err := os.MkdirAll(own, 0o711); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(disk); errors.Is(err, os.ErrNotExist) {
			if err := os.WriteFile(disk, sector(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		h := sha256.Sum256([]byte(dir + name))
		return vm.Spec{
			UUID: vm.UUID(fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])),
			Name: fmt.Sprintf("%s-%x", name, h[:2]), VCPUs: 1, MemoryMiB: 32,
			Disks: []vm.Disk{{Path: disk, Format: "raw", Target: "vda"}},
			NIC: vm.NIC{
				Bridge: bridge, Tap: fmt.Sprintf("dbct-%x", h[:4]),
				MAC: net.HardwareAddr{0x52, 0x54, 0, h[0], h[1], h[2]}, Addr: netip.AddrFrom4([4]byte{10, 97, 0, host + h[3]%40}),
			},
			ConsoleLog: filepath.Join(own, "console.log"), ConsoleSocket: filepath.Join(own, "vnc", "tty"),
			VNCSocket: filepath.Join(own, "vnc", "sock"),
		}
	}
}
