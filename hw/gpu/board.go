package gpu

import (
	"cmp"
	"maps"
	"slices"

	"github.com/dbc-network/dbc/hw/pci"
)

// board is a computer's functions, arranged as cards and IOMMU groups.
type board struct {
	host   Host
	tree   pci.Tree
	names  pci.Names
	groups map[int][]pci.Function
	cards  []*card
	// switches are NVSwitches.
	switches []pci.Function
}

// card is a GPU with the functions that belong to it.
type card struct {
	gpu       pci.Function
	model     Model
	functions []pci.Function
	// why are the reasons that concern this card alone.
	why reasons
}

func newBoard(host Host, tree pci.Tree, names pci.Names) *board {
	b := &board{host: host, tree: tree, names: names, groups: map[int][]pci.Function{}}
	for _, f := range tree.Functions {
		if f.Group != pci.NoGroup {
			b.groups[f.Group] = append(b.groups[f.Group], f)
		}
		switch {
		case isGPU(f):
			b.cards = append(b.cards, &card{gpu: f, model: ModelOf(f, names)})
		case f.ID.Vendor == nvidia && f.Class.Kind() == pci.ClassOtherBridge:
			b.switches = append(b.switches, f)
		}
	}
	for _, c := range b.cards {
		c.functions = b.functionsOf(c.gpu)
	}
	return b
}

const nvidia = 0x10de

// looksLikeGPU reports whether a function has a class that GPUs have. An AMD
// Instinct is an accelerator or a display, not VGA.
func looksLikeGPU(f pci.Function) bool {
	switch f.Class.Kind() {
	case pci.ClassVGA, pci.Class3D, pci.ClassDisplay:
		return true
	case pci.ClassAccelerator:
		_, ok := vendors[f.ID.Vendor]
		return ok || f.Gone()
	}
	return false
}

func isGPU(f pci.Function) bool {
	_, ok := vendors[f.ID.Vendor]
	return ok && looksLikeGPU(f) && f.PF == nil
}

// functionsOf returns the functions of a GPU's card: those of the same device,
// and those behind the same switch if that is the card's own. Only audio, USB
// and the USB-C controller of the GPU's own vendor belong to a card: an APU's
// security processor and the host's USB are functions of its device too.
func (b *board) functionsOf(gpu pci.Function) []pci.Function {
	var list []pci.Function
	own := b.ownSwitch(gpu)
	for _, f := range b.tree.Functions {
		beside := f.Address.SameDevice(gpu.Address) || own != nil && slices.Contains(f.Above, *own)
		if f.Address == gpu.Address || beside && f.PF == nil && isPart(f, gpu) {
			list = append(list, f)
		}
	}
	return list
}

func isPart(f, gpu pci.Function) bool {
	switch f.Class.Kind() {
	case pci.ClassAudio, pci.ClassUSB, pci.ClassSerialOther:
		return f.ID.Vendor == gpu.ID.Vendor
	}
	return false
}

// ownSwitch returns the upstream port of the switch on a GPU's card. Navi and Arc
// cards have one, from their own vendor, with nothing else behind it.
func (b *board) ownSwitch(gpu pci.Function) *pci.Address {
	if len(gpu.Above) < 3 { // root port, upstream port, downstream port
		return nil
	}
	upstream := gpu.Above[len(gpu.Above)-2]
	for _, at := range gpu.Above[len(gpu.Above)-2:] {
		if f, ok := b.tree.Function(at); !ok || f.ID.Vendor != gpu.ID.Vendor {
			return nil
		}
	}
	for _, f := range b.tree.Below(upstream) {
		if !f.Bridge() && f.Address != gpu.Address && !isPart(f, gpu) {
			return nil
		}
	}
	return &upstream
}

// integrated reports whether a GPU is part of the processor: on a bus of the
// root complex, or beside functions of the processor's vendor.
func (b *board) integrated(c *card) bool {
	if c.model.is("integrated") {
		return true
	}
	const intel = 0x8086
	if c.gpu.ID.Vendor == intel && len(c.gpu.Above) == 0 && c.gpu.Address.Bus == 0 {
		return true
	}
	for _, f := range b.tree.Functions {
		if f.Address.SameDevice(c.gpu.Address) && f.ID.Vendor != c.gpu.ID.Vendor && !f.Gone() {
			return true
		}
	}
	return false
}

// unsupported lists functions that look like GPUs but can't be rented out.
func (b *board) unsupported() []Unsupported {
	list := []Unsupported{}
	for _, f := range b.tree.Functions {
		if !looksLikeGPU(f) || isGPU(f) {
			continue
		}
		var why reasons
		switch {
		case f.Gone():
			why.add(CodeGone, Params{"address": f.Address.String()})
		case f.PF != nil:
			why.add(CodeVF, Params{"pf": f.PF.String()})
		default:
			why.add(CodeVendor, nil)
		}
		list = append(list, Unsupported{f.Address.String(), f.ID.String(), b.names.Device(f.ID), why.sorted()})
	}
	for _, name := range slices.Sorted(maps.Keys(b.tree.Broken)) {
		list = append(list, Unsupported{Address: name, Reasons: []Reason{{CodeUnreadable, Params{"error": b.tree.Broken[name].Error()}}}})
	}
	slices.SortStableFunc(list, func(a, b Unsupported) int { return cmp.Compare(a.Address, b.Address) })
	return list
}
