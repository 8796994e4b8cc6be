package helper

import (
	"net/netip"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/dbc-network/dbc/node/helper/steps"
	"github.com/dbc-network/dbc/node/taskdir"
	"github.com/dbc-network/dbc/vm"
)

// layout is where a node's VMs are: both sides make the same paths from the same ids.
type layout struct {
	data, bridge string
}

func (l layout) images() string { return filepath.Join(l.data, "images") }

func (l layout) file(folder, name string) string {
	return filepath.Join(taskdir.Dir(l.data), folder, name)
}

// The drives of every VM beside its data disks.
const (
	systemTarget = "vda"
	seedTarget   = "vdz"
)

// reduce is a specification as ids. It loses whatever was not made from ids, so
// its caller compares what expand makes of it.
func (l layout) reduce(spec vm.Spec) *steps.DefineRequest {
	req := &steps.DefineRequest{
		Uuid: string(spec.UUID), Name: spec.Name, Title: spec.Title, Vcpus: uint32(spec.VCPUs), MemoryMib: uint64(spec.MemoryMiB),
		Folder: filepath.Base(filepath.Dir(spec.ConsoleLog)),
		Card:   &steps.Card{Tap: spec.NIC.Tap, Mac: spec.NIC.MAC, Addr: spec.NIC.Addr.String()}, Uefi: spec.NVRAM != "",
		Placement: reducePlacement(spec.Placement),
	}
	for _, disk := range spec.Disks {
		switch disk.Target {
		case systemTarget:
			req.Image = filepath.Base(disk.Backing)
		case seedTarget:
		default:
			req.DataDisks = append(req.DataDisks, disk.Target)
		}
	}
	return req
}

// expand makes the specification that the ids stand for. It checks nothing.
func (l layout) expand(req *steps.DefineRequest) vm.Spec {
	addr, _ := netip.ParseAddr(req.GetCard().GetAddr()) // the zero Addr is refused by Validate
	spec := vm.Spec{
		UUID: vm.UUID(req.GetUuid()), Name: req.GetName(), Title: req.GetTitle(), VCPUs: int(req.GetVcpus()), MemoryMiB: int(req.GetMemoryMib()),
		NIC:        vm.NIC{Bridge: l.bridge, Tap: req.GetCard().GetTap(), MAC: req.GetCard().GetMac(), Addr: addr},
		ConsoleLog: l.file(req.GetFolder(), taskdir.Console), ConsoleSocket: l.file(req.GetFolder(), taskdir.TTY),
		VNCSocket: l.file(req.GetFolder(), taskdir.VNC), Placement: expandPlacement(req.GetPlacement()),
	}
	if req.GetUefi() {
		spec.NVRAM = l.file(req.GetFolder(), taskdir.NVRAM)
	}
	spec.Disks = []vm.Disk{{
		Path: l.file(req.GetFolder(), taskdir.System), Format: "qcow2", Backing: filepath.Join(l.images(), req.GetImage()), Target: systemTarget,
	}}
	for _, name := range req.GetDataDisks() {
		spec.Disks = append(spec.Disks, l.dataDisk(req.GetFolder(), name))
	}
	spec.Disks = append(spec.Disks, vm.Disk{Path: l.file(req.GetFolder(), taskdir.Seed), Format: "raw", Target: seedTarget, ReadOnly: true})
	return spec
}

func (l layout) dataDisk(folder, name string) vm.Disk {
	return vm.Disk{Path: l.file(folder, name+taskdir.RawDisk), Format: "raw", Target: name}
}

func reducePlacement(p vm.Placement) *steps.Placement {
	req := &steps.Placement{PageKib: p.PageKiB}
	for _, cpu := range p.CPUs {
		req.Cpus = append(req.Cpus, uint32(cpu))
	}
	for _, cpu := range p.Emulator {
		req.Emulator = append(req.Emulator, uint32(cpu))
	}
	if p.Node != nil {
		node := uint32(*p.Node)
		req.Node = &node
	}
	return req
}

func expandPlacement(req *steps.Placement) vm.Placement {
	p := vm.Placement{PageKiB: req.GetPageKib()}
	for _, cpu := range req.GetCpus() {
		p.CPUs = append(p.CPUs, int(cpu))
	}
	for _, cpu := range req.GetEmulator() {
		p.Emulator = append(p.Emulator, int(cpu))
	}
	if req != nil && req.Node != nil {
		node := int(req.GetNode())
		p.Node = &node
	}
	return p
}

// differs names the first field in which two specifications differ, "" for none.
func differs(a, b vm.Spec) string {
	if len(a.Devices)+len(b.Devices) == 0 {
		a.Devices, b.Devices = nil, nil
	}
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		if !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			return strings.ToLower(x.Type().Field(i).Name)
		}
	}
	return ""
}
