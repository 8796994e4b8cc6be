package probe

import "github.com/dbc-network/dbc/hw/pci"

// Promise is what a VM must have, by the chain's listing, the machine's signed
// inventory and its signed answer about the VM. The answer decides nothing that the
// listing says: a host could promise less in it than is paid for.
type Promise struct {
	// CPUs, MemoryMiB and Disks are the VM's, as the machine says it made it.
	CPUs      int
	MemoryMiB uint64
	Disks     []PromisedDisk
	// Share is what the rental may have by the listing; zero where it is not known.
	Share Share
	// CPUModel is the listed one.
	CPUModel string
	// GPUs is the VM's number of them: the rental's, unless its renter made the VM with
	// fewer. GPUType and VRAMMiB are the listing's. MadeUp slots, of test networks, have
	// no cards.
	GPUs    int
	GPUType string
	VRAMMiB uint64
	MadeUp  bool
	// IDs are the chain's ids of all GPUs of the rental's slots.
	IDs []string
	// Slots are the rental's, by the inventory; none where that is not proved.
	Slots []PromisedSlot
}

// Share of a machine.
type Share struct {
	CPUs      int
	MemoryMiB uint64
	GPUs      int
}

// PromisedDisk is a disk by the name that its host gives it, such as vda.
type PromisedDisk struct {
	Name string
	GiB  uint64
}

// PromisedSlot is what one slot consists of.
type PromisedSlot struct {
	GPUs []PromisedGPU
	// Functions are all endpoints that a VM is given with it, its GPUs among them.
	Functions []pci.ID
}

// PromisedGPU is one GPU of a slot. A field that is 0 is not known.
type PromisedGPU struct {
	IDs, Subsystem pci.ID
	// MaxWidth and MaxSpeedMTs are of its PCI Express link.
	MaxWidth, MaxSpeedMTs int
}

// gpus returns all of the promised slots.
func (p Promise) gpus() []PromisedGPU {
	var list []PromisedGPU
	for _, s := range p.Slots {
		list = append(list, s.GPUs...)
	}
	return list
}
