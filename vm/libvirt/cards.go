package libvirt

import (
	"fmt"
	"slices"
	"strconv"

	"libvirt.org/go/libvirtxml"

	"github.com/dbc-network/dbc/vm"
)

// cards are the devices of a guest as its computer has them: the functions of one
// device behind one port, at their numbers. A driver in the guest looks for a
// card's sound beside it, and a card is reset whole.
func cards(spec vm.Spec) ([][]vm.PCIAddress, error) {
	if len(spec.Slots) > 0 && len(spec.Devices) == 0 {
		return nil, fmt.Errorf("%w: slots are %d, allowed: none without their devices", vm.ErrBadSpec, spec.Slots)
	}
	var list [][]vm.PCIAddress
	for _, dev := range spec.Devices {
		at, err := dev.Parse()
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(list, func(card []vm.PCIAddress) bool { return card[0].SameDevice(at) })
		if i < 0 {
			i, list = len(list), append(list, nil)
		}
		list[i] = append(list[i], at)
	}
	for _, card := range list {
		slices.SortFunc(card, func(a, b vm.PCIAddress) int { return int(a.Function) - int(b.Function) })
	}
	return list, nil
}

// cardPorts are the ports of cards, the first after the root: nothing can be
// plugged into them later, and the numbers are what hostdevs names.
func cardPorts(n int) []libvirtxml.DomainController {
	var ports []libvirtxml.DomainController
	for i := range n {
		index := uint(i + 1)
		ports = append(ports, libvirtxml.DomainController{
			Type: "pci", Index: &index, Model: "pcie-root-port",
			PCI: &libvirtxml.DomainControllerPCI{Target: &libvirtxml.DomainControllerPCITarget{Hotplug: "off"}},
		})
	}
	return ports
}

// hostdevs are the functions of cards. They stay with vfio-pci before and after,
// and no ROM of theirs runs: the guest's screen is another one.
func hostdevs(list [][]vm.PCIAddress) []libvirtxml.DomainHostdev {
	var out []libvirtxml.DomainHostdev
	for i, card := range list {
		for j, at := range card {
			number := at.Function
			if card[0].Function != 0 { // a device of a guest's begins at 0
				number = uint(j)
			}
			to := &libvirtxml.DomainAddressPCI{Domain: new(uint), Bus: new(uint(i + 1)), Slot: new(uint), Function: &number}
			if number == 0 && len(card) > 1 {
				to.MultiFunction = "on"
			}
			out = append(out, libvirtxml.DomainHostdev{
				Managed: "no",
				SubsysPCI: &libvirtxml.DomainHostdevSubsysPCI{
					Driver: &libvirtxml.DomainHostdevSubsysPCIDriver{Name: "vfio"},
					Source: &libvirtxml.DomainHostdevSubsysPCISource{Address: &libvirtxml.DomainAddressPCI{
						Domain: &at.Domain, Bus: &at.Bus, Slot: &at.Device, Function: &at.Function,
					}},
				},
				ROM:     &libvirtxml.DomainROM{Bar: "off"},
				Address: &libvirtxml.DomainAddress{PCI: to},
			})
		}
	}
	return out
}

// reach lets a guest's addresses go as far as its cards' memory: as many bits as
// the host has, and a window of the firmware's that was computed for them.
func reach(domain *libvirtxml.Domain, spec vm.Spec) {
	if len(spec.Devices) == 0 {
		return
	}
	if domain.CPU.Mode == "host-passthrough" {
		domain.CPU.MaxPhysAddr = &libvirtxml.DomainCPUMaxPhysAddr{Mode: "passthrough"}
	}
	if spec.WindowMiB > 0 {
		// libvirt keeps OVMF's names in sysinfo to itself.
		domain.QEMUCommandline = &libvirtxml.DomainQEMUCommandline{Args: []libvirtxml.DomainQEMUCommandlineArg{
			{Value: "-fw_cfg"}, {Value: "name=opt/ovmf/X-PciMmio64Mb,string=" + strconv.Itoa(spec.WindowMiB)},
		}}
	}
	// The memory is pinned whole when the guest starts, so it is taken at once: what
	// a node lacks is seen then, and not under a renter's work.
	if domain.MemoryBacking == nil {
		domain.MemoryBacking = &libvirtxml.DomainMemoryBacking{}
	}
	domain.MemoryBacking.MemoryAllocation = &libvirtxml.DomainMemoryAllocation{Mode: "immediate"}
	// With huge pages a node that lacks some refuses the start. With normal ones the
	// kernel would end other guests for them, so there it is a wish.
	if domain.NUMATune != nil && domain.NUMATune.Memory != nil && spec.Placement.PageKiB > 0 {
		domain.NUMATune.Memory.Mode = "strict"
	}
}
