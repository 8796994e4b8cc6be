package libvirt

import (
	"encoding/xml"
	"errors"
	"flag"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/digitalocean/go-libvirt"
	"github.com/google/go-cmp/cmp"
	"libvirt.org/go/libvirtxml"

	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/libvirt/accel"
)

var update = flag.Bool("update", false, "write the golden files anew")

func exampleSpec() vm.Spec {
	return vm.Spec{
		UUID: "01234567-89ab-4cde-8f01-23456789abcd", Name: "dbc-rent-7", Title: `a "title" <with> &`,
		VCPUs: 4, MemoryMiB: 8192,
		Disks: []vm.Disk{
			{Path: "/var/lib/dbc/7/disk.qcow2", Format: "qcow2", Backing: "/var/lib/dbc/images/a.qcow2", Target: "vda"},
			{Path: "/var/lib/dbc/7/seed.iso", Format: "raw", Target: "vdb", ReadOnly: true},
			{Path: "/var/lib/dbc/7/more.iso", Format: "raw", Target: "sda", ReadOnly: true},
		},
		NIC: vm.NIC{
			Bridge: "dbc0", Tap: "dbc-7", MAC: net.HardwareAddr{0x52, 0x54, 0, 1, 2, 3}, Addr: netip.MustParseAddr("10.66.0.7"),
		},
		ConsoleLog: "/var/lib/dbc/7/console.log", ConsoleSocket: "/var/lib/dbc/7/vnc/tty.sock", VNCSocket: "/var/lib/dbc/7/vnc/vnc.sock",
		Firmware: vm.UEFI, NVRAM: "/var/lib/dbc/7/nvram.fd", Devices: []vm.PCIDevice{"0000:41:00.1", "0000:41:00.0", "10001:c1:00.1", "10001:c1:00.3"}, WindowMiB: 65536,
		Placement: vm.Placement{CPUs: []int{2, 10, 3, 11}, Emulator: []int{0, 8}, Node: new(int), PageKiB: 2048},
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	for _, kind := range []accel.Kind{accel.KVM, accel.Software} {
		config := Config{
			Owner: `o"<&`, User: func(vm.Spec) (int, error) { return 0x70000007, nil }, Emulation: kind == accel.Software,
			Limits: Limits{DiskBytes: 100 << 20, DiskIOs: 2000},
		}
		d := &Driver{uid: 64055, gid: 107, config: config, emulator: "/usr/bin/qemu-system-x86_64", virt: kind, threads: 2}
		got, err := d.document(exampleSpec())
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", string(kind)+".xml")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
		var back libvirtxml.Domain
		if err := back.Unmarshal(got); err != nil {
			t.Errorf("read it back: %v", err)
		}
		var m mark
		if err := xml.Unmarshal([]byte(back.Metadata.XML), &m); err != nil || m.Owner != `o"<&` {
			t.Errorf("mark is %+v, %v", m, err)
		}
	}
}

func TestTopology(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind           accel.Kind
		vcpus, threads int
		want           libvirtxml.DomainCPUTopology
	}{
		{accel.KVM, 4, 2, libvirtxml.DomainCPUTopology{Sockets: 1, Cores: 2, Threads: 2}},
		{accel.KVM, 1, 2, libvirtxml.DomainCPUTopology{Sockets: 1, Cores: 1, Threads: 1}},
		{accel.KVM, 6, 4, libvirtxml.DomainCPUTopology{Sockets: 1, Cores: 6, Threads: 1}},
		{accel.KVM, 6, 0, libvirtxml.DomainCPUTopology{Sockets: 1, Cores: 6, Threads: 1}},
		{accel.Software, 4, 2, libvirtxml.DomainCPUTopology{Sockets: 1, Cores: 4, Threads: 1}},
	} {
		d := &Driver{virt: c.kind, threads: c.threads}
		if got := d.topology(c.vcpus); *got != c.want {
			t.Errorf("%s, %d CPUs, %d threads: %+v, want %+v", c.kind, c.vcpus, c.threads, *got, c.want)
		}
	}
}

func TestTranslate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		state  libvirt.DomainState
		reason int32
		want   vm.State
		why    vm.Reason
	}{
		{libvirt.DomainRunning, 1, vm.StateRunning, ""},
		{libvirt.DomainBlocked, 0, vm.StateRunning, ""},
		{libvirt.DomainPaused, 1, vm.StatePaused, ""},
		{libvirt.DomainPmsuspended, 0, vm.StatePaused, ""},
		{libvirt.DomainShutdown, 0, vm.StateStopping, ""},
		{libvirt.DomainCrashed, 0, vm.StateCrashed, vm.ReasonCrashed},
		{libvirt.DomainShutoff, int32(libvirt.DomainShutoffUnknown), vm.StateOff, ""},
		{libvirt.DomainShutoff, int32(libvirt.DomainShutoffShutdown), vm.StateOff, vm.ReasonGuest},
		{libvirt.DomainShutoff, int32(libvirt.DomainShutoffDestroyed), vm.StateOff, vm.ReasonDestroyed},
		{libvirt.DomainShutoff, int32(libvirt.DomainShutoffCrashed), vm.StateCrashed, vm.ReasonCrashed},
		{libvirt.DomainShutoff, int32(libvirt.DomainShutoffFailed), vm.StateCrashed, vm.ReasonCrashed},
		{libvirt.DomainShutoff, int32(libvirt.DomainShutoffDaemon), vm.StateOff, vm.ReasonLost},
		{libvirt.DomainNostate, 0, vm.StateOff, ""},
	} {
		if state, why := translate(c.state, c.reason); state != c.want || why != c.why {
			t.Errorf("%d, %d is %s %q, want %s %q", c.state, c.reason, state, why, c.want, c.why)
		}
	}
}

func TestUUID(t *testing.T) {
	t.Parallel()
	const id = vm.UUID("01234567-89ab-4cde-8f01-23456789abcd")
	raw, err := parseUUID(id)
	if err != nil || formatUUID(raw) != id {
		t.Errorf("%s becomes %s, %v", id, formatUUID(raw), err)
	}
	for _, bad := range []vm.UUID{"", "x", "0123456789ab4cde8f0123456789abcd", vm.UUID(strings.ToUpper(string(id))), id + "0"} {
		if _, err := parseUUID(bad); !errors.Is(err, vm.ErrBadSpec) {
			t.Errorf("%q: %v, want ErrBadSpec", bad, err)
		}
	}
}

func TestEmulatorUser(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]int{
		`<capabilities><host><secmodel><model>dac</model><baselabel type='kvm'>+64055:+107</baselabel></secmodel></host></capabilities>`: {64055, 107},
		`<capabilities><host><secmodel><model>none</model></secmodel></host></capabilities>`:                                             {0, 0},
	} {
		var caps libvirtxml.Caps
		if err := xml.Unmarshal([]byte(text), &caps); err != nil {
			t.Fatal(err)
		}
		uid, gid, err := emulatorUser(caps)
		if err != nil || uid != want[0] || gid != want[1] {
			t.Errorf("user of %s is %d:%d, %v, want %v", text, uid, gid, err, want)
		}
	}
	if _, _, err := parseUser("libvirt-qemu"); err == nil {
		t.Error("a user without numbers was taken")
	}
}
