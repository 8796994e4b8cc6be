package libvirt

import (
	"encoding/xml"
	"fmt"
	"strings"

	"libvirt.org/go/libvirtxml"

	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/libvirt/accel"
)

// namespace marks the domains that Define created.
const namespace = "https://github.com/dbc-network/dbc/vm"

// mark is our element in a domain's metadata. libvirt returns it without the
// namespace by which it was requested.
type mark struct {
	XMLName   xml.Name `xml:"domain"`
	Namespace string   `xml:"xmlns,attr,omitempty"`
	Owner     string   `xml:"owner,attr"`
}

// document returns the domain's XML. Whatever a renter can choose is inserted
// through typed fields, so it is never parsed as XML.
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
		// A guest that powers off is off; one that crashes is not kept.
		OnPoweroff: "destroy", OnReboot: "restart", OnCrash: "destroy",
		// A suspended guest would look like one that nobody stopped.
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
	firmware(&domain, spec)
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
		// Omit controllers that a guest does not need: fewer to attack.
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

// topology gives a guest one socket with as many threads per core as the
// computer has, so that its scheduler knows which CPUs share a core. Software
// emulation has no such threads.
func (d *Driver) topology(vcpus int) *libvirtxml.DomainCPUTopology {
	threads := max(1, d.threads)
	if d.virt == accel.Software || vcpus%threads != 0 {
		threads = 1
	}
	return &libvirtxml.DomainCPUTopology{Sockets: 1, Cores: vcpus / threads, Threads: threads}
}

// spareDisks is the number of disks that can be attached to a running guest.
const spareDisks = 8

// rootPorts returns one port for each card, device and possible disk, because a
// port cannot be added to a running VM.
func rootPorts(spec vm.Spec, cards int) []libvirtxml.DomainController {
	const others = 3 // network, agent channel, random numbers
	ports := append([]libvirtxml.DomainController{{Type: "pci", Model: "pcie-root"}}, cardPorts(cards)...)
	for range len(spec.Disks) + others + spareDisks {
		ports = append(ports, libvirtxml.DomainController{Type: "pci", Model: "pcie-root-port"})
	}
	return ports
}

// card returns a card on the bridge that is isolated from the bridge's other
// ports. The owner of the network binds it to its addresses; see docs/adr/0005.
func card(nic vm.NIC) libvirtxml.DomainInterface {
	return libvirtxml.DomainInterface{
		MAC:         &libvirtxml.DomainInterfaceMAC{Address: nic.MAC.String()},
		Source:      &libvirtxml.DomainInterfaceSource{Bridge: &libvirtxml.DomainInterfaceSourceBridge{Bridge: nic.Bridge}},
		Target:      &libvirtxml.DomainInterfaceTarget{Dev: nic.Tap},
		Model:       &libvirtxml.DomainInterfaceModel{Type: "virtio"},
		PortOptions: &libvirtxml.DomainInterfacePortOptions{Isolated: "yes"},
	}
}

// drive names the format of every layer, so that libvirt never reads it from a
// header that a guest may have written.
func drive(disk vm.Disk, order uint) libvirtxml.DomainDisk {
	out := libvirtxml.DomainDisk{
		Device:       "disk",
		Driver:       &libvirtxml.DomainDiskDriver{Name: "qemu", Type: disk.Format, Discard: "unmap"},
		Source:       fileSource(disk.Path, true),
		BackingStore: &libvirtxml.DomainDiskBackingStore{},
		Target:       &libvirtxml.DomainDiskTarget{Dev: disk.Target, Bus: "virtio"},
		// Linux names disks in the order of discovery; the serial number tells
		// a guest which is which.
		Serial: disk.Target,
	}
	if order > 0 { // an attached disk is not bootable
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
// domain runs. Shared bases keep their owner.
func fileSource(path string, relabel bool) *libvirtxml.DomainDiskSource {
	file := &libvirtxml.DomainDiskSourceFile{File: path}
	if !relabel {
		file.SecLabel = []libvirtxml.DomainDeviceSecLabel{{Model: "dac", Relabel: "no"}}
	}
	return &libvirtxml.DomainDiskSource{File: file}
}
