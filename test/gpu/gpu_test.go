package gpu

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

// slot, reason, card and outcome are what dbc promises of its JSON.
type (
	slot struct {
		GPUs, Functions []string
		NUMA            int
		Window          int `json:"needs_window_mib"`
	}
	reason struct {
		Code   string
		Params map[string]string
	}
	seen struct {
		Address, Reset string
		Reasons        []reason
	}
	outcome struct{ Code, Function string }
)

// TestGPU leads one computer from a host's first look at its cards to their
// second renters.
func TestGPU(t *testing.T) {
	c := start(t)
	c.testInventory(t)
	c.testBinding(t)
	c.testDoctor(t)
	c.startHelper()
	c.testMarket(t)
	c.testHelper(t)
}

// testInventory: a real kernel's groups, bridges, regions and resets make the
// slots that they should, and the others have their reasons.
func (c *computer) testInventory(t *testing.T) {
	t.Helper()
	var inv struct {
		Host struct {
			IOMMUBits    int `json:"iommu_bits"`
			PhysicalBits int `json:"physical_bits"`
			Nodes        int `json:"numa_nodes"`
		}
		GPUs  []seen
		Slots []slot
	}
	c.ask(&inv, "dbc host inventory --json")
	if inv.Host.IOMMUBits != 48 || inv.Host.PhysicalBits != 40 || inv.Host.Nodes != 2 {
		t.Errorf("the computer is %+v", inv.Host)
	}
	var got []string
	for _, s := range inv.Slots {
		got = append(got, fmt.Sprint(s.GPUs, s.Functions, s.NUMA, s.Window))
	}
	want := []string{
		"[0000:01:00.0] [0000:01:00.0 0000:01:00.1 0000:01:00.2] -1 0",
		"[0000:02:00.0] [0000:02:00.0] -1 1",
		"[0000:03:00.0] [0000:03:00.0] -1 0",
		"[0000:04:00.0 0000:05:00.0] [0000:04:00.0 0000:05:00.0] -1 0",
		"[0000:09:00.0] [0000:09:00.0 0000:0a:00.0] -1 0",
		"[0000:0b:00.0] [0000:0b:00.0] -1 32768",
		"[0000:41:00.0] [0000:41:00.0] 1 0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("slots:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, g := range inv.GPUs {
		var codes []string
		for _, r := range g.Reasons {
			codes = append(codes, r.Code+" "+r.Params["address"])
		}
		want := map[string]string{
			"0000:06:01.0": "FOREIGN_DEVICE 0000:06:02.0, RESET_HITS_OTHERS 0000:06:02.0", "0000:0c:00.0": "BAR_UNASSIGNED 0000:0c:00.0",
		}[g.Address]
		if got := strings.Join(codes, ", "); got != want {
			t.Errorf("%s cannot be passed for %q, want %q", g.Address, got, want)
		}
		if flr := g.Address == "0000:02:00.0"; (g.Reset == "flr") != flr {
			t.Errorf("%s has the reset %s", g.Address, g.Reset)
		}
	}
}

// testBinding: the slots that are alike are kept for VMs from the next start on,
// before the driver that has one of them now.
func (c *computer) testBinding(t *testing.T) {
	t.Helper()
	if driver := c.driver("02:00.0"); driver != "virtio-pci" {
		t.Fatalf("the card with a driver is held by %q", driver)
	}
	var bound struct {
		Out    []slot
		Change struct {
			Ran    [][]string
			Reboot bool `json:"reboot_due"`
		}
	}
	c.ask(&bound, "dbc host gpu bind --json")
	if !bound.Change.Reboot || len(bound.Out) != 4 || len(bound.Change.Ran) != 2 {
		t.Errorf("binding says %+v", bound)
	}
	if driver := c.driver("02:00.0"); driver != "virtio-pci" {
		t.Errorf("a driver that had a card now has it no more: %q", driver)
	}
	c.reboot()
	for _, at := range []string{"01:00.0", "01:00.1", "01:00.2", "02:00.0", "03:00.0"} {
		if driver := c.driver(at); driver != "vfio-pci" {
			t.Errorf("%s is held by %q", at, driver)
		}
	}
	for _, at := range []string{"04:00.0", "06:01.0", "06:02.0", "09:00.0", "0b:00.0", "41:00.0"} {
		if driver := c.driver(at); driver != "." {
			t.Errorf("%s is held by %q", at, driver)
		}
	}
	var outcomes []outcome
	c.ask(&outcomes, "dbc host gpu apply --json")
	for _, o := range outcomes {
		if o.Code != "ALREADY_BOUND" {
			t.Errorf("bound again: %+v", o)
		}
	}
}

func (c *computer) driver(at string) string {
	c.t.Helper()
	return path.Base(c.run("readlink /sys/bus/pci/devices/0000:" + at + "/driver || true"))
}

// testDoctor: the cards that were bound pass, and what is wrong with others, or has
// to be known of these, is named.
func (c *computer) testDoctor(t *testing.T) {
	t.Helper()
	var report struct {
		Findings []struct {
			Check, Level, Device string
			Read                 map[string]string
		}
	}
	c.ask(&report, "dbc host doctor --json || true")
	var got []string
	for _, f := range report.Findings {
		if slices.Contains([]string{"iommu", "protection", "modules", "driver", "regions", "groups", "reset"}, f.Check) {
			got = append(got, strings.TrimSpace(f.Check+" "+f.Level+" "+strings.TrimPrefix(f.Device, "0000:")))
		}
	}
	want := []string{
		"iommu pass", "protection pass", "groups fail 06:01.0", "regions fail 0c:00.0", "modules pass", "driver pass", "reset warn 01:00.0",
		"reset warn 03:00.0", "reset warn 04:00.0", "reset warn 05:00.0", "reset fail 06:01.0", "reset warn 09:00.0", "reset warn 0b:00.0", "reset warn 41:00.0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the doctor says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
