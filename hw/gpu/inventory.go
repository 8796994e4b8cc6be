package gpu

import (
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/hw/pci"
)

// Schema is the version of the inventory's JSON format.
const Schema = 1

// Inventory is a computer's GPUs and the slots that they make.
type Inventory struct {
	Schema int `json:"schema"`
	// Names is the version of pci.ids, Table that of the canonical names.
	Names string `json:"pci_ids_version"`
	Table string `json:"gpu_table_version"`
	Host  Host   `json:"host"`
	// GPUs are all GPUs, whether or not they can be passed, by address.
	GPUs []GPU `json:"gpus"`
	// Slots are what can be passed to a VM separately, by the address of their
	// first GPU. They can differ; listed slots must not.
	Slots []Slot `json:"slots"`
	// Unsupported are functions that look like GPUs and are never rented out.
	Unsupported []Unsupported `json:"unsupported"`
}

// GPU is one GPU, named by its function that computes.
type GPU struct {
	Address pci.Address `json:"address"`
	// Functions are all of its card's, itself included.
	Functions []pci.Address `json:"functions"`
	PCIIDs    pci.ID        `json:"pci_ids"`
	Subsystem pci.ID        `json:"subsystem"`
	Revision  uint8         `json:"revision"`
	Model
	Vendor string    `json:"vendor"`
	Class  pci.Class `json:"class"`
	// GroupNumber is the IOMMU group, Group its members; -1 and none without one.
	GroupNumber int           `json:"group_number"`
	Group       []pci.Address `json:"group"`
	NUMA        int           `json:"numa"`
	Link        pci.Link      `json:"link"`
	BARs        []pci.BAR     `json:"bars"`
	// Reset is "flr", "bus" (a hot reset of the whole card) or "none".
	Reset    string `json:"reset"`
	Driver   string `json:"driver"`
	BootVGA  bool   `json:"boot_vga,omitempty"`
	Passable bool   `json:"passable"`
	// Reasons say why it cannot be passed, Warnings what else its host should know.
	Reasons  []Reason `json:"reasons"`
	Warnings []Reason `json:"warnings"`
}

// Slot is a set of GPUs that go to one VM together, with all that cannot be
// separated from them.
type Slot struct {
	Index int    `json:"index"`
	Kind  string `json:"kind"`
	// GPUs and Functions are addresses; Functions are the endpoints that the VM is
	// given. Bridges stay with the host.
	GPUs      []pci.Address `json:"gpus"`
	Functions []pci.Address `json:"functions"`
	// NUMA is the node of all GPUs, -1 if they differ or it is not known.
	NUMA int `json:"numa"`
	// NeedsWindowMiB is how much of a guest's 64-bit memory window its regions take.
	NeedsWindowMiB uint64 `json:"needs_window_mib"`
}

// Unsupported is a function that can't be rented out as a GPU.
type Unsupported struct {
	Address string   `json:"address"`
	PCIIDs  string   `json:"pci_ids,omitempty"`
	Name    string   `json:"name,omitempty"`
	Reasons []Reason `json:"reasons"`
}

// Read returns the inventory of the computer whose sys and proc lie below root;
// nothing else is read, and no link that leads out of root is followed.
func Read(root string) (Inventory, error) {
	at, err := os.OpenRoot(root)
	if err != nil {
		return Inventory{}, fmt.Errorf("read GPUs: %w", err)
	}
	defer func() { _ = at.Close() }()
	tree, err := pci.Read(at)
	if err != nil {
		return Inventory{}, fmt.Errorf("read GPUs: %w", err)
	}
	names, err := pci.Lookup(ids(tree)...)
	if err != nil {
		return Inventory{}, fmt.Errorf("read the names of PCI devices: %w", err)
	}
	b := newBoard(files{hw.Files{Root: at}}.readHost(), tree, names)
	inv := Inventory{Schema: Schema, Names: pci.Version(), Table: TableVersion, Host: b.host, GPUs: []GPU{}, Slots: []Slot{}, Unsupported: b.unsupported()}
	for _, set := range b.sets() {
		b.judge(set)
		for _, c := range set.cards {
			inv.GPUs = append(inv.GPUs, b.describe(c, set))
		}
		if len(set.why) == 0 {
			inv.Slots = append(inv.Slots, b.slot(set))
		}
	}
	slices.SortFunc(inv.GPUs, func(a, b GPU) int { return a.Address.Compare(b.Address) })
	slices.SortFunc(inv.Slots, func(a, b Slot) int { return a.GPUs[0].Compare(b.GPUs[0]) })
	for i := range inv.Slots {
		inv.Slots[i].Index = i
	}
	return inv, nil
}

func ids(tree pci.Tree) []pci.ID {
	var list []pci.ID
	for _, f := range tree.Functions {
		list = append(list, f.ID)
	}
	return list
}

func (b *board) describe(c *card, s *set) GPU {
	f := c.gpu
	g := GPU{
		Address: f.Address, Functions: addresses(c.functions), PCIIDs: f.ID, Subsystem: f.Subsystem, Revision: f.Revision,
		Model: c.model, Vendor: vendors[f.ID.Vendor], Class: f.Class, GroupNumber: f.Group, Group: []pci.Address{},
		NUMA: f.NUMA, Link: f.Link, BARs: append([]pci.BAR{}, f.BARs...), Reset: resetOf(f), Driver: f.Driver, BootVGA: f.BootVGA,
		Passable: len(s.why) == 0, Warnings: []Reason{},
	}
	if f.Group != pci.NoGroup {
		g.Group = addresses(b.groups[f.Group])
	}
	why := slices.Clone(c.why)
	if !b.integrated(c) { // whose neighbours don't matter
		for _, r := range s.whyOf(c) {
			why.add(r.Code, r.Params)
		}
	}
	g.Reasons = why.sorted()
	if g.Passable {
		g.Warnings = b.warnings(c, s).sorted()
	}
	return g
}

func (b *board) slot(s *set) Slot {
	slot := Slot{Kind: "GPU", NUMA: s.cards[0].gpu.NUMA, Functions: addresses(s.functions)}
	for _, c := range s.cards {
		slot.GPUs = append(slot.GPUs, c.gpu.Address)
		if c.gpu.NUMA != slot.NUMA {
			slot.NUMA = pci.NoNode
		}
	}
	slot.NeedsWindowMiB = windowMiB(s.functions)
	return slot
}

func (b *board) warnings(c *card, s *set) reasons {
	var list reasons
	f := c.gpu
	if f.BootVGA {
		list.add(CodeBootVGA, nil)
	}
	if resetOf(f) == resetBus {
		list.add(CodeHotReset, nil)
	}
	if f.Link.Width > 0 && f.Link.Width < f.Link.MaxWidth {
		list.add(CodeNarrow, Params{"width": strconv.Itoa(f.Link.Width), "max_width": strconv.Itoa(f.Link.MaxWidth)})
	}
	if len(s.cards) > 1 {
		list.add(CodeShared, Params{"count": strconv.Itoa(len(s.cards))})
	}
	if f.NUMA == pci.NoNode && b.host.Nodes > 1 {
		list.add(CodeNoNode, nil)
	}
	if b.host.Laptop {
		list.add(CodeLaptop, nil)
	}
	return list
}

func addresses(list []pci.Function) []pci.Address {
	out := make([]pci.Address, 0, len(list))
	for _, f := range list {
		out = append(out, f.Address)
	}
	slices.SortFunc(out, pci.Address.Compare)
	return out
}
