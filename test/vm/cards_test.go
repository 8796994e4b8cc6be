package vm_test

import (
	"errors"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"libvirt.org/go/libvirtxml"

	"github.com/dbc-network/dbc/vm"
)

// TestCards defines a guest with cards and checks what libvirt made of it. The
// cards do not exist, so it is not started: that needs an IOMMU.
func TestCards(t *testing.T) {
	d, _ := startDaemon(t)
	openNetwork(t)
	driver := openDriver(t, d.Socket(), "test")
	dir := folder(t)
	spec := specIn(dir)(t, "carded")
	spec.Firmware, spec.NVRAM = vm.UEFI, filepath.Join(dir, "carded", "nvram.fd")
	if spec.Slots = []uint32{0}; !errors.Is(driver.Define(t.Context(), spec), vm.ErrBadSpec) {
		t.Error("slots without their devices were taken")
	}
	spec.Slots, spec.Devices, spec.WindowMiB = []uint32{0, 1}, []vm.PCIDevice{"0000:41:00.0", "0000:41:00.1", "10001:c1:00.0"}, 65536
	spec.Placement.Node = new(int)
	if err := driver.Define(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if list, err := driver.Passings(t.Context()); err != nil || len(list) != 1 || list[0].UUID != spec.UUID || list[0].Active || !slices.Equal(list[0].Devices, spec.Devices) {
		t.Errorf("%+v, %v", list, err)
	}
	virsh := func(args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), "virsh", append([]string{"-c", "qemu:///system?socket=" + d.Socket()}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", args[0], err, out)
		}
		return string(out)
	}
	var domain libvirtxml.Domain
	if err := domain.Unmarshal(virsh("dumpxml", "--inactive", string(spec.UUID))); err != nil {
		t.Fatal(err)
	}
	if m := domain.MemoryBacking; m == nil || m.MemoryNosharepages == nil || m.MemoryAllocation == nil || m.MemoryAllocation.Mode != "immediate" {
		t.Errorf("memory is %+v, want it taken at once and shared with nobody", m)
	}
	if n := domain.NUMATune; n == nil || n.Memory.Nodeset != "0" || n.Memory.Mode != "preferred" {
		t.Errorf("node: %+v", n)
	}
	buses := map[uint]int{}
	for _, h := range domain.Devices.Hostdevs {
		buses[*h.Address.PCI.Bus]++
		if h.Managed != "no" || h.ROM.Bar != "off" {
			t.Errorf("managed %s, ROM %s", h.Managed, h.ROM.Bar)
		}
	}
	if len(buses) != 2 || buses[1] != 2 || buses[2] != 1 {
		t.Errorf("cards are on buses %v", buses)
	}
	fixed := 0
	for _, c := range domain.Devices.Controllers {
		if c.PCI != nil && c.PCI.Target != nil && c.PCI.Target.Hotplug == "off" {
			fixed++
		}
	}
	if fixed != 2 {
		t.Errorf("%d ports take no other device", fixed)
	}
	// The arguments that QEMU would get. Resources of the computer are checked
	// only at a start.
	for _, disk := range domain.Devices.Disks {
		if at := disk.Address; at != nil && at.PCI != nil && buses[*at.PCI.Bus] > 0 {
			t.Errorf("%s is on a card's port", disk.Target.Dev)
		}
	}
	told := strings.ReplaceAll(virsh("domxml-to-native", "qemu-argv", "--domain", string(spec.UUID)), `\"`, `"`)
	for _, want := range []string{
		`"driver":"vfio-pci","host":"0000:41:00.0",[^}]*"multifunction":true[^}]*"rombar":0`, `"driver":"vfio-pci","host":"10001:c1:00.0"`,
		`name=opt/ovmf/X-PciMmio64Mb,string=65536`, `"driver":"pcie-root-port"[^}]*"hotplug":false`,
	} {
		if !regexp.MustCompile(want).MatchString(told) {
			t.Errorf("no %s in\n%s", want, told)
		}
	}
	// With huge pages the memory is the node's or the guest does not start.
	spec.Placement.PageKiB = 2048
	if err := driver.Define(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	domain = libvirtxml.Domain{}
	if err := domain.Unmarshal(virsh("dumpxml", "--inactive", string(spec.UUID))); err != nil {
		t.Fatal(err)
	}
	if domain.NUMATune.Memory.Mode != "strict" || domain.MemoryBacking.MemoryHugePages.Hugepages[0].Size != 2048 || domain.MemoryBacking.MemoryNosharepages == nil {
		t.Errorf("%+v, %+v", domain.NUMATune.Memory, domain.MemoryBacking)
	}
}
