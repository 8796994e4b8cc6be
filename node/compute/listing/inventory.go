package listing

import (
	"slices"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/node/inventory"
)

// InventoryOf describes the listed cards of a computer.
func InventoryOf(machineID string, computer hw.Inventory, inv gpu.Inventory, cards []Card) inventory.Inventory {
	list := inventory.Inventory{
		Schema: inventory.Schema, MachineID: machineID, Table: inv.Table, Slots: []inventory.Slot{},
		Host: inventory.Host{
			Architecture: inv.Host.Architecture, CPUModel: computer.CPUModel, Sockets: computer.Sockets,
			Nodes: inv.Host.Nodes, PhysicalBits: inv.Host.PhysicalBits, IOMMUBits: inv.Host.IOMMUBits,
		},
	}
	for i, c := range cards {
		slot := inventory.Slot{Index: i, NUMA: c.Seen.NUMA, NeedsWindowMiB: c.Seen.NeedsWindowMiB}
		for n, fn := range c.Record.GPUs() {
			card := inv.GPUs[slices.IndexFunc(inv.GPUs, func(g gpu.GPU) bool { return g.Address == fn.Address })]
			facts := measuredOf(fn)
			slot.GPUs = append(slot.GPUs, inventory.GPU{
				ID: c.Slot.GpuIds[n], Type: card.Name, Address: fn.Address, PCIIDs: fn.IDs, Subsystem: fn.Subsystem, Revision: fn.Revision,
				NUMA: card.NUMA, MaxSpeedMTs: card.Link.MaxSpeedMTs, MaxWidth: card.Link.MaxWidth, Reset: card.Reset,
				Measured: facts, Missing: facts.Missing(),
			})
		}
		for _, fn := range c.Record.Functions {
			slot.Functions = append(slot.Functions, inventory.Function{Address: fn.Address, PCIIDs: fn.IDs, Class: fn.Class})
		}
		list.Slots = append(list.Slots, slot)
	}
	return list
}
