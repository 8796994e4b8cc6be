package libvirt

import (
	"strconv"
	"strings"

	"libvirt.org/go/libvirtxml"

	"github.com/dbc-network/dbc/vm"
)

// firmware makes libvirt choose the computer's UEFI, with variables in a file of the
// guest's own. Without Secure Boot it has none of its keys; with it, it has the usual
// vendors', and system management mode keeps the guest from changing them.
func firmware(domain *libvirtxml.Domain, spec vm.Spec) {
	if !spec.Firmware.IsUEFI() {
		return
	}
	domain.OS.Firmware = "efi"
	domain.OS.NVRam = &libvirtxml.DomainNVRam{NVRam: spec.NVRAM}
	features := []libvirtxml.DomainOSFirmwareFeature{{Enabled: "no", Name: "secure-boot"}}
	if spec.Firmware == vm.SecureBoot {
		features = []libvirtxml.DomainOSFirmwareFeature{{Enabled: "yes", Name: "enrolled-keys"}, {Enabled: "yes", Name: "secure-boot"}}
		domain.Features.SMM = &libvirtxml.DomainFeatureSMM{State: "on"}
	}
	domain.OS.FirmwareInfo = &libvirtxml.DomainOSFirmwareInfo{Features: features}
}

// place pins the domain to the computer's CPUs, NUMA nodes and huge pages.
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
		// With "strict" the kernel would kill the guest if a node ran out of
		// memory.
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
