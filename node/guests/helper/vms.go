package helper

import (
	"fmt"
	"net/netip"

	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper/steps"
	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/vm"
)

// firmwares are the numbers of the protocol; what says nothing is BIOS.
var firmwares = map[vm.Firmware]steps.Firmware{
	"":      steps.Firmware_FIRMWARE_UNSPECIFIED,
	vm.BIOS: steps.Firmware_FIRMWARE_BIOS, vm.UEFI: steps.Firmware_FIRMWARE_UEFI, vm.SecureBoot: steps.Firmware_FIRMWARE_SECURE_BOOT,
}

func sayFirmware(f vm.Firmware) steps.Firmware { return firmwares[f] }

// readFirmware returns a number that has no name as it is, which is refused.
func readFirmware(n steps.Firmware) vm.Firmware {
	for f, number := range firmwares {
		if number == n {
			return f
		}
	}
	return vm.Firmware(n.String())
}

// sayVM and readVM are the two sides of a VM's definition.
func sayVM(v guests.VM) *steps.DefineRequest {
	req := &steps.DefineRequest{
		Folder: v.Folder, Vcpus: int64(v.VCPUs), MemoryMib: v.MemoryMiB, DataDisks: v.Disks, Firmware: sayFirmware(v.Firmware),
		Placement: &steps.Placement{PageKib: v.Placement.PageKiB}, Slots: v.Slots,
	}
	for _, cpu := range v.Placement.CPUs {
		req.Placement.Cpus = append(req.Placement.Cpus, int64(cpu))
	}
	for _, cpu := range v.Placement.Emulator {
		req.Placement.Emulator = append(req.Placement.Emulator, int64(cpu))
	}
	if v.Placement.Node != nil {
		node := int64(*v.Placement.Node)
		req.Placement.Node = &node
	}
	return req
}

func readVM(req *steps.DefineRequest) guests.VM {
	v := guests.VM{
		Folder: req.GetFolder(), VCPUs: int(req.GetVcpus()), MemoryMiB: req.GetMemoryMib(), Disks: req.GetDataDisks(), Firmware: readFirmware(req.GetFirmware()),
		Placement: vm.Placement{PageKiB: req.GetPlacement().GetPageKib()}, Slots: req.GetSlots(),
	}
	for _, cpu := range req.GetPlacement().GetCpus() {
		v.Placement.CPUs = append(v.Placement.CPUs, int(cpu))
	}
	for _, cpu := range req.GetPlacement().GetEmulator() {
		v.Placement.Emulator = append(v.Placement.Emulator, int(cpu))
	}
	if p := req.GetPlacement(); p != nil && p.Node != nil {
		node := int(p.GetNode())
		v.Placement.Node = &node
	}
	return v
}

// sayConnections and readConnections are the two sides of the network's.
func sayConnections(list []guests.Connection) *steps.ApplyRequest {
	req := &steps.ApplyRequest{}
	for _, c := range list {
		one := &steps.Connection{Folder: c.Folder, Cpus: int64(c.CPUs)}
		for _, p := range c.Ports {
			port := &steps.Port{Name: p.Name, Protocol: p.Protocol, Host: uint32(p.Host), Guest: uint32(p.Guest)}
			for _, source := range p.Sources {
				port.Sources = append(port.Sources, source.String())
			}
			one.Ports = append(one.Ports, port)
		}
		req.Connections = append(req.Connections, one)
	}
	return req
}

func readConnections(req *steps.ApplyRequest) ([]guests.Connection, error) {
	list := make([]guests.Connection, 0, min(len(req.GetConnections()), 1024))
	for _, one := range req.GetConnections() {
		c := guests.Connection{Folder: one.GetFolder(), CPUs: int(one.GetCpus())}
		for _, p := range one.GetPorts() {
			port, err := readPort(p)
			if err != nil {
				return nil, err
			}
			c.Ports = append(c.Ports, port)
		}
		list = append(list, c)
	}
	return list, nil
}

func readPort(p *steps.Port) (network.Port, error) {
	if p.GetHost() > 65535 || p.GetGuest() > 65535 {
		return network.Port{}, refuse("port", max(p.GetHost(), p.GetGuest()), "at most 65535")
	}
	port := network.Port{Name: p.GetName(), Protocol: p.GetProtocol(), Host: uint16(p.GetHost()), Guest: uint16(p.GetGuest())}
	for _, text := range p.GetSources() {
		source, err := netip.ParsePrefix(text)
		if err != nil {
			return network.Port{}, refuse("source", fmt.Sprintf("%.60q", text), "a network such as 203.0.113.0/24")
		}
		port.Sources = append(port.Sources, source)
	}
	return port, nil
}
