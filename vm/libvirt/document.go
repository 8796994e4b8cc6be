package libvirt

import (
	"encoding/xml"
	"fmt"
	"strings"

	"libvirt.org/go/libvirtxml"

	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/libvirt/accel"
)

// namespace marks the domains that Define made.
const namespace = "https://github.com/dbc-network/dbc/vm"

// mark is our element in a domain's metadata. libvirt gives it back without
// its namespace, by which it was asked for.
type mark struct {
	XMLName   xml.Name `xml:"domain"`
	Namespace string   `xml:"xmlns,attr,omitempty"`
	Owner     string   `xml:"owner,attr"`
}

// document is the domain's XML. Whatever a tenant can choose comes in by typed
// fields, so nothing of it is ever read as XML.
func (d *Driver) document(spec vm.Spec) (string, error) {
	label, err := xml.Marshal(mark{Namespace: namespace, Owner: d.config.Owner})
	if err != nil {
		return "", fmt.Errorf("write domain's mark: %w", err)
	}
	devices, err := d.devices(spec)
	if err != nil {
		return "", err
	}
	domain := libvirtxml.Domain{
		Type: "kvm", UUID: string(spec.UUID), Name: spec.Name, Title: spec.Title,
		Metadata: &libvirtxml.DomainMetadata{XML: string(label)},
		Memory:   &libvirtxml.DomainMemory{Value: uint(spec.MemoryMiB), Unit: "MiB"},
		VCPU:     &libvirtxml.DomainVCPU{Value: uint(spec.VCPUs)},
		OS:       &libvirtxml.DomainOS{Type: &libvirtxml.DomainOSType{Arch: "x86_64", Machine: "q35", Type: "hvm"}},
		Features: &libvirtxml.DomainFeatureList{ACPI: &libvirtxml.DomainFeature{}, APIC: &libvirtxml.DomainFeatureAPIC{}},
		CPU:      &libvirtxml.DomainCPU{Mode: "host-passthrough", Check: "none", Migratable: "off"},
		Clock:    &libvirtxml.DomainClock{Offset: "utc"},
		// A guest that powers off is off; one that crashes isn't kept.
		OnPoweroff: "destroy", OnReboot: "restart", OnCrash: "destroy",
		// A guest asleep would look like one that nobody stopped.
		PM: &libvirtxml.DomainPM{
			SuspendToMem:  &libvirtxml.DomainPMPolicy{Enabled: "no"},
			SuspendToDisk: &libvirtxml.DomainPMPolicy{Enabled: "no"},
		},
		Devices: devices,
	}
	if d.virt == accel.Software {
		domain.Type = "qemu"
		domain.CPU = &libvirtxml.DomainCPU{Mode: "maximum", Check: "none"}
	}
	domain.CPU.Topology = d.topology(spec.VCPUs)
	if spec.NVRAM != "" {
		firmware(domain.OS, spec.NVRAM)
	}
	place(&domain, spec.Placement)
	reach(&domain, spec)
	if err := d.keepApart(&domain, spec); err != nil {
		return "", err
	}
	text, err := domain.Marshal()
	if err != nil {
		return "", fmt.Errorf("write domain: %w", err)
	}
	return text, nil
}

func (d *Driver) devices(spec vm.Spec) (*libvirtxml.DomainDeviceList, error) {
	passed, err := cards(spec)
	if err != nil {
		return nil, err
	}
	list := &libvirtxml.DomainDeviceList{
		Emulator: d.emulator,
		// No controller for what a guest doesn't need is one less to attack.
		Controllers: append(rootPorts(spec, len(passed)), libvirtxml.DomainController{Type: "usb", Model: "none"}),
		Interfaces:  []libvirtxml.DomainInterface{card(spec.NIC)},
		Serials: []libvirtxml.DomainSerial{{
			Source: &libvirtxml.DomainChardevSource{
				UNIX: &libvirtxml.DomainChardevSourceUNIX{Mode: "bind", Path: spec.ConsoleSocket},
			},
			Target: &libvirtxml.DomainSerialTarget{Port: new(uint)},
			Log:    &libvirtxml.DomainChardevLog{File: spec.ConsoleLog, Append: "on"},
		}},
		Channels: []libvirtxml.DomainChannel{{
			Source: &libvirtxml.DomainChardevSource{UNIX: &libvirtxml.DomainChardevSourceUNIX{}},
			Target: &libvirtxml.DomainChannelTarget{
				VirtIO: &libvirtxml.DomainChannelTargetVirtIO{Name: "org.qemu.guest_agent.0"},
			},
		}},
		Graphics: []libvirtxml.DomainGraphic{{VNC: &libvirtxml.DomainGraphicVNC{
			Listeners: []libvirtxml.DomainGraphicListener{{
				Socket: &libvirtxml.DomainGraphicListenerSocket{Socket: spec.VNCSocket},
			}},
		}}},
		Videos: []libvirtxml.DomainVideo{{Model: libvirtxml.DomainVideoModel{Type: "vga"}}},
		RNGs: []libvirtxml.DomainRNG{{
			Model:   "virtio",
			Backend: &libvirtxml.DomainRNGBackend{Random: &libvirtxml.DomainRNGBackendRandom{Device: "/dev/urandom"}},
		}},
		MemBalloon: &libvirtxml.DomainMemBalloon{Model: "none"},
	}
	for i, disk := range spec.Disks {
		list.Disks = append(list.Disks, drive(disk, uint(i+1)))
		d.limitDisk(&list.Disks[i], spec.VCPUs)
	}
	list.Hostdevs = hostdevs(passed)
	return list, nil
}

// topology gives a guest one socket with as many threads a core as the host has,
// so that its scheduler knows which two share one; software emulation has none.
func (d *Driver) topology(vcpus int) *libvirtxml.DomainCPUTopology {
	threads := max(1, d.threads)
	if d.virt == accel.Software || vcpus%threads != 0 {
		threads = 1
	}
	return &libvirtxml.DomainCPUTopology{Sockets: 1, Cores: vcpus / threads, Threads: threads}
}

// spareDisks are how many more disks a running guest can be given.
const spareDisks = 8

// rootPorts are one for each card, device and disk to come: a port can't be added
// to a computer that runs.
func rootPorts(spec vm.Spec, cards int) []libvirtxml.DomainController {
	const others = 3 // network, agent's channel, random numbers
	ports := append([]libvirtxml.DomainController{{Type: "pci", Model: "pcie-root"}}, cardPorts(cards)...)
	for range len(spec.Disks) + others + spareDisks {
		ports = append(ports, libvirtxml.DomainController{Type: "pci", Model: "pcie-root-port"})
	}
	return ports
}

// card is on the bridge and cut off from its other ports. The network's owner
// binds it to its addresses; see docs/adr/0005.
func card(nic vm.NIC) libvirtxml.DomainInterface {
	return libvirtxml.DomainInterface{
		MAC:         &libvirtxml.DomainInterfaceMAC{Address: nic.MAC.String()},
		Source:      &libvirtxml.DomainInterfaceSource{Bridge: &libvirtxml.DomainInterfaceSourceBridge{Bridge: nic.Bridge}},
		Target:      &libvirtxml.DomainInterfaceTarget{Dev: nic.Tap},
		Model:       &libvirtxml.DomainInterfaceModel{Type: "virtio"},
		PortOptions: &libvirtxml.DomainInterfacePortOptions{Isolated: "yes"},
	}
}

// drive names the format of every layer, so that libvirt never asks a header
// that a guest may have written.
func drive(disk vm.Disk, order uint) libvirtxml.DomainDisk {
	out := libvirtxml.DomainDisk{
		Device:       "disk",
		Driver:       &libvirtxml.DomainDiskDriver{Name: "qemu", Type: disk.Format, Discard: "unmap"},
		Source:       fileSource(disk.Path, true),
		BackingStore: &libvirtxml.DomainDiskBackingStore{},
		Target:       &libvirtxml.DomainDiskTarget{Dev: disk.Target, Bus: "virtio"},
		// Linux names disks as it finds them: by this a guest tells which is which.
		Serial: disk.Target,
	}
	if order > 0 { // one that comes later boots nothing
		out.Boot = &libvirtxml.DomainDeviceBoot{Order: order}
	}
	if strings.HasPrefix(disk.Target, "sd") {
		out.Target.Bus = "sata"
	}
	if disk.ReadOnly {
		out.ReadOnly = &libvirtxml.DomainDiskReadOnly{}
		out.Driver.Discard = ""
		if out.Target.Bus == "sata" {
			out.Device = "cdrom"
		}
	}
	if disk.Backing != "" {
		out.BackingStore = &libvirtxml.DomainDiskBackingStore{
			Format:       &libvirtxml.DomainDiskFormat{Type: "qcow2"},
			Source:       fileSource(disk.Backing, false),
			BackingStore: &libvirtxml.DomainDiskBackingStore{},
		}
	}
	return out
}

// fileSource is a file that libvirt gives to the emulator's user while the
// domain runs; shared bases are nobody's to give.
func fileSource(path string, relabel bool) *libvirtxml.DomainDiskSource {
	file := &libvirtxml.DomainDiskSourceFile{File: path}
	if !relabel {
		file.SecLabel = []libvirtxml.DomainDeviceSecLabel{{Model: "dac", Relabel: "no"}}
	}
	return &libvirtxml.DomainDiskSource{File: file}
}
