package libvirt

import (
	"strconv"
	"strings"

	"libvirt.org/go/libvirtxml"

	"github.com/dbc-network/dbc/vm"
)

// firmware has libvirt choose the host's UEFI without Secure Boot, whose keys no
// renter asked for, with variables in a file of the guest's own.
func firmware(os *libvirtxml.DomainOS, nvram string) {
	os.Firmware = "efi"
	os.FirmwareInfo = &libvirtxml.DomainOSFirmwareInfo{
		Features: []libvirtxml.DomainOSFirmwareFeature{{Enabled: "no", Name: "secure-boot"}},
	}
	os.NVRam = &libvirtxml.DomainNVRam{NVRam: nvram}
}

// place ties the domain to the host's CPUs, NUMA nodes and huge pages.
func place(domain *libvirtxml.Domain, p vm.Placement) {
	tune := &libvirtxml.DomainCPUTune{}
	for i, cpu := range p.CPUs {
		tune.VCPUPin = append(tune.VCPUPin, libvirtxml.DomainCPUTuneVCPUPin{VCPU: uint(i), CPUSet: strconv.Itoa(cpu)})
	}
	if len(p.Emulator) > 0 {
		tune.EmulatorPin = &libvirtxml.DomainCPUTuneEmulatorPin{CPUSet: join(p.Emulator)}
	}
	if len(p.CPUs)+len(p.Emulator) > 0 {
		domain.CPUTune = tune
	}
	if p.Node != nil {
		// Strict would have the kernel kill the guest where a node runs dry.
		domain.NUMATune = &libvirtxml.DomainNUMATune{Memory: &libvirtxml.DomainNUMATuneMemory{Mode: "preferred", Nodeset: strconv.Itoa(*p.Node)}}
	}
	if p.PageKiB > 0 {
		domain.MemoryBacking = &libvirtxml.DomainMemoryBacking{MemoryHugePages: &libvirtxml.DomainMemoryHugepages{
			Hugepages: []libvirtxml.DomainMemoryHugepage{{Size: uint(p.PageKiB), Unit: "KiB"}},
		}}
	}
}

func join(numbers []int) string {
	list := make([]string, len(numbers))
	for i, n := range numbers {
		list[i] = strconv.Itoa(n)
	}
	return strings.Join(list, ",")
}
