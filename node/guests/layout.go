package guests

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"

	"github.com/dbc-network/dbc/node/guests/record"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/vm"
)

// Layout is where VMs are, and the only place that makes paths of ids.
type Layout struct {
	Data, Bridge string
}

// Own are the data folder and those in it, as far as they are there, that are this
// side's alone: who could change them would say whose disks are whose.
func Own(data string) []string {
	list := []string{data}
	for _, dir := range []string{Layout{Data: data}.images(), filepath.Join(data, recordDir), taskdir.Dir(data)} {
		if _, err := os.Lstat(dir); err == nil {
			list = append(list, dir)
		}
	}
	return list
}

func (l Layout) images() string { return filepath.Join(l.Data, "images") }

func (l Layout) file(folder, name string) string {
	return filepath.Join(taskdir.Dir(l.Data), folder, name)
}

// The drives of every VM beside its data disks.
const (
	systemTarget = "vda"
	seedTarget   = "vdz"
)

// Spec makes the definition of the VM that is recorded with the folder. It checks
// nothing.
func (l Layout) Spec(v VM, r record.Record, domain string) vm.Spec {
	mac, _ := net.ParseMAC(r.VM.MAC) // a card without one is refused by Validate
	spec := vm.Spec{
		UUID: r.VM.UUID, Name: domain, Title: fmt.Sprintf("rental %d, task %s", r.Holder.RentID, r.Holder.TaskID),
		VCPUs: v.VCPUs, MemoryMiB: int(v.MemoryMiB),
		NIC:        vm.NIC{Bridge: l.Bridge, Tap: r.VM.Tap, MAC: mac, Addr: r.Holder.Addr},
		ConsoleLog: l.file(v.Folder, taskdir.Console), ConsoleSocket: l.file(v.Folder, taskdir.TTY),
		VNCSocket: l.file(v.Folder, taskdir.VNC), Placement: v.Placement, Slots: slices.Clone(v.Slots),
	}
	spec.Firmware = v.Firmware
	if v.Firmware.IsUEFI() {
		spec.NVRAM = l.file(v.Folder, taskdir.NVRAM)
	}
	spec.Disks = []vm.Disk{{
		Path: l.file(v.Folder, taskdir.System), Format: "qcow2", Backing: filepath.Join(l.images(), r.Image), Target: systemTarget,
	}}
	for _, name := range v.Disks {
		spec.Disks = append(spec.Disks, l.DataDisk(v.Folder, name))
	}
	// The seed by virtio too: cloud kernels have no driver for SATA.
	spec.Disks = append(spec.Disks, vm.Disk{Path: l.file(v.Folder, taskdir.Seed), Format: "raw", Target: seedTarget, ReadOnly: true})
	return spec
}

// DataDisk is a data disk of a folder.
func (l Layout) DataDisk(folder, name string) vm.Disk {
	return vm.Disk{Path: l.file(folder, name+taskdir.RawDisk), Format: "raw", Target: name}
}
