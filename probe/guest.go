package probe

import (
	"github.com/dbc-network/dbc/hw/measure"
	"github.com/dbc-network/dbc/hw/pci"
)

// Guest is what a guest said that it has.
type Guest struct {
	// CPUs are logical ones.
	CPUs     int
	CPUModel string
	// MemoryKiB is what the kernel has after what it keeps for itself at boot.
	// MemoryMost, in MiB, is the memory that the computer can have at most, by the
	// number of blocks that the kernel sees; 0 where it does not say.
	MemoryKiB  uint64
	MemoryMost uint64
	Disks      []Disk
	Functions  []Function
	// Programs are the vendors' that answered, by name.
	Programs map[string]Program
	// Whole is false where the script did not come to its end: what it printed
	// before is good all the same.
	Whole bool
}

// Disk is one that is not removable.
type Disk struct {
	Name string
	// Serial is what its host calls it, "" where it has none.
	Serial string
	Bytes  uint64
}

// Function is one PCI function of the guest.
type Function struct {
	Address   pci.Address
	Class     pci.Class
	IDs       pci.ID
	Subsystem pci.ID
	Revision  uint8
	Driver    string
	Link      pci.Link
	BARs      []pci.BAR
}

// Program is the answer of a vendor's program.
type Program struct {
	// Cards are those that it told of; none where it failed or was cut off.
	Cards []measure.Card
	// Ended is false where it did not come to its end in time.
	Ended bool
}
