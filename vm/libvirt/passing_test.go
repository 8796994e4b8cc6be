package libvirt

import (
	"fmt"
	"testing"
	"time"

	"libvirt.org/go/libvirtxml"

	"github.com/dbc-network/dbc/vm"
)

// A start is given time for each function that may have to come back, and for
// memory that is pinned page by page.
func TestHeavyFor(t *testing.T) {
	t.Parallel()
	hostdev := `<hostdev mode="subsystem" type="pci"><source><address domain="0x10001" bus="0x0a" slot="0x1f" function="0x%d"/></source></hostdev>`
	huge := "<memoryBacking><hugepages/></memoryBacking>"
	for _, c := range []struct {
		gib, functions int
		backing        string
		want           time.Duration
	}{
		{1024, 0, "", 3 * time.Minute},
		{32, 1, "", 3*time.Minute + 70*time.Second},
		{128, 2, "", 5*time.Minute + 140*time.Second},
		{128, 2, huge, 3*time.Minute + 140*time.Second},
		{2048, 8, "", 20 * time.Minute},
	} {
		text := fmt.Sprintf("<domain type='kvm'><memory unit='KiB'>%d</memory>%s<devices>", c.gib<<20, c.backing)
		for i := range c.functions {
			text += fmt.Sprintf(hostdev, i)
		}
		var domain libvirtxml.Domain
		if err := domain.Unmarshal(text + "</devices></domain>"); err != nil {
			t.Fatal(err)
		}
		if got := heavyFor(&domain); got != c.want {
			t.Errorf("%d GiB, %d functions%s: %v, want %v", c.gib, c.functions, c.backing, got, c.want)
		}
		for i, dev := range passed(&domain) {
			if want := vm.PCIDevice(fmt.Sprintf("10001:0a:1f.%d", i)); dev != want {
				t.Errorf("%s, want %s", dev, want)
			}
		}
	}
}
