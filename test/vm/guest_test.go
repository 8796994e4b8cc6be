package vm_test

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/node/network"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm"
)

const tiny = "../../build/images/tiny.qcow2"

// TestGuest boots the tiny image with a seed and greets its SSH server through
// a published port: bridge, filters, address from the seed, and back. It needs
// `make tiny`.
func TestGuest(t *testing.T) {
	base, err := filepath.Abs(tiny)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(base); err != nil {
		t.Fatalf("needs make tiny: %v", err)
	}
	d, _ := startDaemon(t)
	n := openNetwork(t)
	driver := openDriver(t, d.Socket(), "test")
	dir := folder(t)
	spec := specIn(dir)(t, "guest")
	own := filepath.Join(dir, "guest")
	image := filepath.Join(dir, "tiny.qcow2")
	qemuImg(t, "convert", "-f", "qcow2", "-O", "qcow2", base, image)
	if err := os.Chmod(image, 0o444); err != nil {
		t.Fatal(err)
	}
	qemuImg(t, "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", image, filepath.Join(own, "disk.qcow2"), "2G")
	key, line, err := seed.NewHostKey()
	if err != nil {
		t.Fatal(err)
	}
	gateway := netip.MustParseAddr("10.97.0.1")
	err = seed.Write(t.Context(), filepath.Join(own, "seed.iso"), seed.Data{
		InstanceID: string(spec.UUID), Hostname: "guest", User: "renter", HostKey: key,
		AuthorizedKeys: []string{line}, // nobody logs in here
		MAC:            spec.NIC.MAC, Addr: netip.PrefixFrom(spec.NIC.Addr, guestNet.Bits()), Gateway: gateway,
		Resolvers: []netip.Addr{netip.MustParseAddr("9.9.9.9")},
	})
	if err != nil {
		t.Fatal(err)
	}
	spec.MemoryMiB = 256
	spec.Disks = []vm.Disk{
		{Path: filepath.Join(own, "disk.qcow2"), Format: "qcow2", Backing: image, Target: "vda"},
		{Path: filepath.Join(own, "seed.iso"), Format: "raw", Target: "vdb", ReadOnly: true},
	}
	const port = 15222
	err = n.Apply(t.Context(), []network.Binding{{
		Tap: spec.NIC.Tap, MAC: spec.NIC.MAC, Addr: spec.NIC.Addr,
		Ports: []network.Port{{Protocol: "tcp", Host: port, Guest: 22}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := driver.Define(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if err := driver.Start(t.Context(), spec.UUID); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the guest's SSH server", func() bool { return greets(port) })

	// The tiny guest obeys its power button.
	if err := driver.Shutdown(t.Context(), spec.UUID); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the guest to power off", func() bool {
		got, err := driver.Get(t.Context(), spec.UUID)
		return err == nil && got.State == vm.StateOff && got.Reason == vm.ReasonGuest
	})
}

func greets(port int) bool {
	c, err := net.DialTimeout("tcp4", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(2 * time.Second))
	line, err := bufio.NewReader(c).ReadString('\n')
	return err == nil && strings.HasPrefix(line, "SSH-2.0-")
}
