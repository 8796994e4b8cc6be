package pci_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dbc-network/dbc/hw/hwtest"
	"github.com/dbc-network/dbc/hw/pci"
)

func read(t *testing.T, root string) pci.Tree {
	t.Helper()
	at, err := os.OpenRoot(root)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = at.Close() }()
	tree, err := pci.Read(at)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0000:01:00.0": "0000:01:00.0", "00000000:91:00.0": "0000:91:00.0", "10001:80:1f.7": "10001:80:1f.7", "0001:C8:00.0": "0001:c8:00.0",
	} {
		if a, err := pci.ParseAddress(text); err != nil || a.String() != want {
			t.Errorf("%s: %s, %v", text, a, err)
		}
	}
	for _, text := range []string{
		"", "01:00.0", "0000:01:00", "0000:1:00.0", "0000:01:20.0", "0000:01:00.8", "000000000:01:00.0", "0000:01:00.0 ", "0000.01.00.0",
		"0000:01:00:0", "../1:01:00.0", "0000::01:00.0", "+000:01:00.0",
	} {
		if a, err := pci.ParseAddress(text); !errors.Is(err, pci.ErrAddress) {
			t.Errorf("%q was read as %s", text, a)
		}
	}
}

// Addresses are ordered by number: as text, 10001:… would come first.
func TestOrder(t *testing.T) {
	t.Parallel()
	tree := read(t, hwtest.Build(t, "10001:00:00.0 0604 8086:352a\n0000:0a:00.0 0300 10de:2684\n0000:09:00.0 0300 10de:2684\n0002:00:00.0 0200 8086:10d3\n"))
	var got []string
	for _, f := range tree.Functions {
		got = append(got, f.Address.String())
	}
	if want := []string{"0000:09:00.0", "0000:0a:00.0", "0002:00:00.0", "10001:00:00.0"}; !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

const card = `
00:01.0 0604 8086:1901 group=2 driver=pcieport
  01:00.0 0300 10de:2684/1043:88e2 group=2 driver=vfio-pci numa=1 reset=flr,bus rev=a1 vfs=0/16 boot_vga bars=16M,32Gp,32Mp! link=2.5x8/16.0x16
`

func TestFunction(t *testing.T) {
	t.Parallel()
	f := read(t, hwtest.Build(t, card)).Functions[1]
	if f.ID.String() != "10de:2684" || f.Subsystem.String() != "1043:88e2" || f.Class.String() != "0300" || f.Revision != 0xa1 ||
		f.Group != 2 || f.Driver != "vfio-pci" || f.Override != "" || f.NUMA != 1 || !f.BootVGA || f.MaxVFs != 16 || f.VFs != 0 || f.PF != nil {
		t.Errorf("%+v", f)
	}
	if !slices.Equal(f.Resets, []string{"flr", "bus"}) || f.Link != (pci.Link{SpeedMTs: 2500, Width: 8, MaxSpeedMTs: 16000, MaxWidth: 16}) {
		t.Errorf("resets %v, link %+v", f.Resets, f.Link)
	}
	var bars []pci.BAR
	for _, b := range f.BARs {
		b.Start = 0
		bars = append(bars, b)
	}
	if want := []pci.BAR{
		{Index: 0, Bytes: 16 << 20, Assigned: true},
		{Index: 1, Bytes: 32 << 30, Wide: true, Prefetchable: true, Assigned: true},
		{Index: 3, Bytes: 32 << 20, Wide: true, Prefetchable: true},
	}; !slices.Equal(bars, want) {
		t.Errorf("regions %+v", bars)
	}
	if port, ok := f.Port(); !ok || port.String() != "0000:00:01.0" {
		t.Errorf("port %s", port)
	}
}

// Without links, as in a copy of a tree, bridges are recognized by their bus numbers. If
// the kernel finds no room for a region it clears its line in resource: seen with 6.1 and
// a region of 2 TiB. Only the function's registers still show it.
func TestRegionsThatTheKernelDropped(t *testing.T) {
	t.Parallel()
	tree := read(t, hwtest.Build(t, "01:00.0 0302 10de:2330 bars=4K,2048Gp?,16M?\n02:00.0 0302 10de:2330 bars=4K,32Gp,16M\n"))
	for i, want := range [][]pci.BAR{
		{{Index: 0, Bytes: 4096, Assigned: true}, {Index: 1, Wide: true, Prefetchable: true}, {Index: 3}},
		{{Index: 0, Bytes: 4096, Assigned: true}, {Index: 1, Bytes: 32 << 30, Wide: true, Prefetchable: true, Assigned: true}, {Index: 3, Bytes: 16 << 20, Assigned: true}},
	} {
		got := slices.Clone(tree.Functions[i].BARs)
		for j := range got {
			got[j].Start = 0
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %+v", tree.Functions[i].Address, got)
		}
	}
}

func TestBridgesByBusNumber(t *testing.T) {
	t.Parallel()
	root := hwtest.Build(t, "00:01.0 0604 8086:1901\n  01:00.0 0604 1002:1478\n    02:00.0 0300 1002:744c\n")
	devices := filepath.Join(root, "sys/bus/pci/devices")
	for _, name := range []string{"0000:00:01.0", "0000:01:00.0", "0000:02:00.0"} {
		to, err := filepath.EvalSymlinks(filepath.Join(devices, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(devices, name)); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(filepath.Join(devices, name), os.DirFS(to)); err != nil {
			t.Fatal(err)
		}
	}
	f, ok := read(t, root).Function(pci.Address{Bus: 2})
	if !ok || len(f.Above) != 2 || f.Above[0].String() != "0000:00:01.0" || f.Above[1].String() != "0000:01:00.0" {
		t.Errorf("above: %v", f.Above)
	}
}

// A function that can't be read hides no other, and no link leads out of the root.
func TestBrokenFunctions(t *testing.T) {
	t.Parallel()
	root := hwtest.Build(t, card+"00:02.0 0300 10de:2684\n00:03.0 0300 10de:2684\n")
	outside := t.TempDir()
	for _, name := range []string{"class", "vendor", "device"} {
		if err := os.WriteFile(filepath.Join(outside, name), []byte("0x10de"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	devices := filepath.Join(root, "sys/bus/pci/devices")
	for name, make := range map[string]func() error{
		"0000:00:02.0": func() error {
			return os.WriteFile(filepath.Join(root, "sys/devices/pci0000:00/0000:00:02.0/class"), []byte("0xzz"), 0o600)
		},
		"escapes": func() error { return os.Symlink(outside, filepath.Join(devices, "0000:05:00.0")) },
		"a name":  func() error { return os.Mkdir(filepath.Join(devices, "slot"), 0o700) },
	} {
		if err := make(); err != nil {
			t.Fatal(name, err)
		}
	}
	tree := read(t, root)
	if len(tree.Functions) != 3 || len(tree.Broken) != 3 {
		t.Errorf("%d functions, broken: %v", len(tree.Functions), tree.Broken)
	}
}

// A card that has fallen off its bus keeps its ids in sysfs, where the kernel shows
// what it found at boot; its configuration space reads as ones. So does a virtual
// function's, in the ids.
func TestSilent(t *testing.T) {
	t.Parallel()
	root := hwtest.Build(t, "00:01.1 0604 1022:1483 group=1\n  01:00.0 0300 10de:2684 group=2\n  01:00.1 0300 10de:2684 group=3\n")
	for _, name := range []string{"0000:01:00.0", "0000:01:00.1"} {
		if err := os.WriteFile(filepath.Join(root, "sys/bus/pci/devices", name, "config"), bytes.Repeat([]byte{0xff}, 64), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../0000:01:00.0", filepath.Join(root, "sys/bus/pci/devices/0000:01:00.1/physfn")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "sys/bus/pci/devices/0000:01:00.0/current_link_width"), []byte("63\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for at, want := range map[pci.Address]bool{{Bus: 1}: true, {Bus: 1, Function: 1}: false} {
		if f, ok := read(t, root).Function(at); !ok || f.Gone() != want || f.ID.Vendor != 0x10de || f.Link.Width > 16 {
			t.Errorf("%s: %+v", at, f)
		}
	}
}

func TestNoPCI(t *testing.T) {
	t.Parallel()
	if tree := read(t, t.TempDir()); len(tree.Functions) != 0 {
		t.Errorf("%+v", tree)
	}
}

// Bridges stay with the host; other functions of class 06 are endpoints, and so
// is one that claims a bridge's class without its header.
func TestBridge(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		class  pci.Class
		header uint8
		want   bool
	}{
		"PCI bridge":           {0x060400, 1, true},
		"host bridge":          {0x060000, 0, true},
		"NVSwitch":             {0x068000, 0, false},
		"ISA bridge":           {0x060100, 0, false},
		"endpoint in disguise": {0x060400, 0, false},
		"card":                 {0x030000, 0, false},
	} {
		if got := (pci.Function{Class: c.class, Header: c.header}).Bridge(); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	known, unknown := pci.ID{Vendor: 0x10de, Device: 0x26b9}, pci.ID{Vendor: 0x10de, Device: 0xfffe}
	names, err := pci.Lookup(known, unknown, pci.ID{Vendor: 0xfffe})
	if err != nil {
		t.Fatal(err)
	}
	if names.Device(known) != "AD102GL [L40S]" || names.Vendor(known) != "NVIDIA Corporation" || names.Device(unknown) != "" || names.Vendor(pci.ID{Vendor: 0x1002}) != "" {
		t.Errorf("%q by %q, %q", names.Device(known), names.Vendor(known), names.Device(unknown))
	}
}

func TestRoundUp(t *testing.T) {
	t.Parallel()
	for n, want := range map[uint64]uint64{0: 0, 1: 1, 2: 2, 3: 4, 1 << 40: 1 << 40, 1<<40 + 1: 1 << 41, 1<<64 - 1: 1 << 63} {
		if got := pci.RoundUp(n); got != want {
			t.Errorf("%d: %d, want %d", n, got, want)
		}
	}
}
