package gpu_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/hw/hwtest"
)

// FuzzRead: whatever a kernel, or a card that lies about itself, writes into an
// attribute, an inventory is read, and each function is offered in one slot
// only.
func FuzzRead(f *testing.F) {
	f.Add("reset_method", "flr bus")
	f.Add("resource", "0x0 0xffffffffffffffff 0x200\n0x1 0x0 0x200\nx y z")
	f.Add("class", "0x030000")
	f.Add("config", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01")
	f.Add("numa_node", "-2")
	f.Add("current_link_speed", "Unknown")
	f.Fuzz(func(t *testing.T, attribute, value string) {
		if attribute != filepath.Base(attribute) || !filepath.IsLocal(attribute) || len(attribute) > 40 {
			return
		}
		root := hwtest.Build(t, "00:01.0 0604 8086:1901 group=1\n  01:00.0 0300 10de:2684 group=2 reset=flr bars=16M,32Gp\n  01:00.1 0403 10de:22ba group=2\n")
		at := filepath.Join(root, "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0", attribute)
		_ = os.Remove(at)
		if err := os.WriteFile(at, []byte(value), 0o600); err != nil {
			return
		}
		inv, err := gpu.Read(root)
		if err != nil {
			t.Fatal(err)
		}
		var given []string
		for _, s := range inv.Slots {
			for _, a := range s.Functions {
				if slices.Contains(given, a.String()) {
					t.Errorf("%s is in two slots", a)
				}
				given = append(given, a.String())
			}
		}
	})
}
