package pci_test

import (
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

// Addresses are ordered by number: by their text, 10001:… would come first.
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

// Without links, as in a copy of a tree, bridges are known by their bus numbers.
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

func TestNoPCI(t *testing.T) {
	t.Parallel()
	if tree := read(t, t.TempDir()); len(tree.Functions) != 0 {
		t.Errorf("%+v", tree)
	}
}

// Bridges stay with the host; other functions of class 06 are endpoints, and so
// is what claims a bridge's class without its header.
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
