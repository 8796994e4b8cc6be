package listing

import (
	"encoding/json"
	"slices"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/hw/measure"
	"github.com/dbc-network/dbc/hw/pci"
)

// InventorySchema is the version of the served inventory's format.
const InventorySchema = 1

// Inventory is what a machine serves, signs, and lists the hash of: what a renter
// may want to know about the cards beyond the chain's facts. It contains nothing
// that changes with load, so that the same computer has the same hash.
type Inventory struct {
	Schema    int    `json:"schema"`
	MachineID string `json:"machine_id"`
	// HelperKey is the public half, in hex, of an ed25519 key that only the machine's
	// privileged process has; absent for a single-process node, and before the helper
	// first ran.
	HelperKey string `json:"helper_key,omitempty"`
	// Table is the version of the canonical names.
	Table string       `json:"gpu_table_version"`
	Host  ListedHost   `json:"host"`
	Slots []ListedSlot `json:"slots"`
}

// ListedHost is the computer that holds the cards.
type ListedHost struct {
	Architecture string `json:"architecture"`
	CPUModel     string `json:"cpu_model"`
	Sockets      int    `json:"sockets"`
	Nodes        int    `json:"numa_nodes"`
	// PhysicalBits is the processors' address width, IOMMUBits the IOMMU's; 0 where
	// unknown.
	PhysicalBits int `json:"physical_bits"`
	IOMMUBits    int `json:"iommu_bits"`
}

// ListedSlot is a slot as the chain lists it.
type ListedSlot struct {
	// Index is the slot's index on the chain.
	Index int         `json:"index"`
	NUMA  int         `json:"numa"`
	GPUs  []ListedGPU `json:"gpus"`
	// NeedsWindowMiB is how much of a VM's 64-bit memory window it takes.
	NeedsWindowMiB uint64 `json:"needs_window_mib"`
	// Functions are the endpoints that a VM is given.
	Functions []ListedFunction `json:"functions"`
}

// ListedGPU is one GPU.
type ListedGPU struct {
	ID        string      `json:"id"`
	Type      string      `json:"type"`
	Address   pci.Address `json:"address"`
	PCIIDs    pci.ID      `json:"pci_ids"`
	Subsystem pci.ID      `json:"subsystem"`
	Revision  uint8       `json:"revision"`
	NUMA      int         `json:"numa"`
	// MaxSpeedMTs and MaxWidth are the maximum of its PCI Express link.
	MaxSpeedMTs int `json:"max_speed_mts"`
	MaxWidth    int `json:"max_width"`
	// Reset is "flr" or "bus".
	Reset    string        `json:"reset"`
	Measured measure.Facts `json:"measured"`
	// Missing names what was not measured.
	Missing []string `json:"not_measured"`
}

// ListedFunction is one function of a slot.
type ListedFunction struct {
	Address pci.Address `json:"address"`
	PCIIDs  pci.ID      `json:"pci_ids"`
	Class   string      `json:"class"`
}

// InventoryOf describes the listed cards of a computer.
func InventoryOf(machineID string, computer hw.Inventory, inv gpu.Inventory, cards []Card) Inventory {
	list := Inventory{
		Schema: InventorySchema, MachineID: machineID, Table: inv.Table, Slots: []ListedSlot{},
		Host: ListedHost{
			Architecture: inv.Host.Architecture, CPUModel: computer.CPUModel, Sockets: computer.Sockets,
			Nodes: inv.Host.Nodes, PhysicalBits: inv.Host.PhysicalBits, IOMMUBits: inv.Host.IOMMUBits,
		},
	}
	for i, c := range cards {
		slot := ListedSlot{Index: i, NUMA: c.Seen.NUMA, NeedsWindowMiB: c.Seen.NeedsWindowMiB}
		for n, fn := range c.Record.GPUs() {
			card := inv.GPUs[slices.IndexFunc(inv.GPUs, func(g gpu.GPU) bool { return g.Address == fn.Address })]
			facts := measuredOf(fn)
			slot.GPUs = append(slot.GPUs, ListedGPU{
				ID: c.Slot.GpuIds[n], Type: card.Name, Address: fn.Address, PCIIDs: fn.IDs, Subsystem: fn.Subsystem, Revision: fn.Revision,
				NUMA: card.NUMA, MaxSpeedMTs: card.Link.MaxSpeedMTs, MaxWidth: card.Link.MaxWidth, Reset: card.Reset,
				Measured: facts, Missing: facts.Missing(),
			})
		}
		for _, fn := range c.Record.Functions {
			slot.Functions = append(slot.Functions, ListedFunction{fn.Address, fn.IDs, fn.Class})
		}
		list.Slots = append(list.Slots, slot)
	}
	return list
}

// JSON returns the bytes that are signed and whose hash is listed.
func (i Inventory) JSON() ([]byte, error) { return json.Marshal(i) }
