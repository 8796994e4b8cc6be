package binding

import (
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"

	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/hw/measure"
	"github.com/dbc-network/dbc/hw/pci"
)

const devices = "sys/bus/pci/devices"

var (
	// serial is how the kernel writes a PCI serial number.
	serial = regexp.MustCompile(`^[0-9a-f]{2}(-[0-9a-f]{2}){7}$`)
	class  = regexp.MustCompile(`^[0-9a-f]{4}$`)
)

// Select records slots of this computer, by index: those that are named, or if
// none is, the largest set of slots that are alike, which is what a machine can
// list. out are the other slots.
func Select(root string, indexes []int) (f File, out []gpu.Slot, err error) {
	c, err := look(root)
	if err != nil {
		return File{}, nil, err
	}
	defer c.close()
	offered, out := gpu.Alike(c.inv)
	if len(indexes) > 0 {
		offered, out = nil, nil
		for _, s := range c.inv.Slots {
			if slices.Contains(indexes, s.Index) {
				offered = append(offered, s)
			} else {
				out = append(out, s)
			}
		}
	}
	for _, i := range indexes {
		if i < 0 || i >= len(c.inv.Slots) {
			return File{}, nil, fmt.Errorf("%w: %d of %d; dbc host inventory shows them", ErrSlot, i, len(c.inv.Slots))
		}
	}
	if len(offered) == 0 {
		return File{}, nil, fmt.Errorf("%w: this computer has no card that can be passed to a VM; dbc host inventory says why", ErrSlot)
	}
	f.Schema, f.Next = schema, len(offered)
	for i, s := range offered {
		slot := Slot{Number: i}
		for _, at := range s.Functions {
			have, ok := c.tree.Function(at)
			if !ok { // it disappeared between two reads
				return File{}, nil, fmt.Errorf("%w: %s is gone", ErrSlot, at)
			}
			slot.Functions = append(slot.Functions, c.record(have))
		}
		f.Slots = append(f.Slots, slot)
	}
	return f, out, nil
}

// computer is the computer whose cards are bound, read once.
type computer struct {
	root *os.Root
	tree pci.Tree
	inv  gpu.Inventory
}

func look(root string) (computer, error) {
	inv, err := gpu.Read(root)
	if err != nil {
		return computer{}, err
	}
	at, err := os.OpenRoot(root)
	if err != nil {
		return computer{}, fmt.Errorf("look at the cards: %w", err)
	}
	tree, err := pci.Read(at)
	if err != nil {
		_ = at.Close()
		return computer{}, fmt.Errorf("look at the cards: %w", err)
	}
	return computer{at, tree, inv}, nil
}

func (c computer) close() { _ = c.root.Close() }

func (c computer) record(f pci.Function) Function { return Describe(c.root, f) }

// Describe returns the record of a function that was read below root.
func Describe(root *os.Root, f pci.Function) Function {
	dir := path.Join(devices, f.Address.String())
	r := Function{
		Address: f.Address, IDs: f.ID, Subsystem: f.Subsystem, Revision: f.Revision, Class: f.Class.String(),
		BARs: []Region{}, Serial: serialOf(root, dir),
	}
	for _, bar := range f.BARs {
		_, err := root.Lstat(path.Join(dir, "resource"+strconv.Itoa(bar.Index)+"_resize"))
		r.BARs = append(r.BARs, Region{bar.Index, bar.Bytes, err == nil})
	}
	return r
}

func serialOf(root *os.Root, dir string) string {
	text, err := root.ReadFile(path.Join(dir, "serial_number"))
	if err != nil || len(text) < 23 || !serial.Match(text[:23]) {
		return ""
	}
	return string(text[:23])
}

// Differs returns the first difference from a record: the field, what is
// recorded and what is there. All are "" for the same card.
func (f Function) Differs(have Function) (field, want, is string) {
	for _, c := range []struct{ field, want, is string }{
		{"pci_ids", f.IDs.String(), have.IDs.String()},
		{"subsystem", f.Subsystem.String(), have.Subsystem.String()},
		{"revision", strconv.Itoa(int(f.Revision)), strconv.Itoa(int(have.Revision))},
		{"class", f.Class, have.Class},
		{"bars", regions(f.BARs, have.BARs), regions(have.BARs, f.BARs)},
	} {
		if c.want != c.is {
			return c.field, c.want, c.is
		}
	}
	// Kernels before 6.18 do not show it, and only root sees it.
	if f.Serial != "" && have.Serial != "" && f.Serial != have.Serial {
		return "serial", f.Serial, have.Serial
	}
	return "", "", ""
}

// regions formats regions for comparison with others: the size of one that is
// resizable on either side is left out.
func regions(list, other []Region) string {
	text := ""
	for i, r := range list {
		size := strconv.FormatUint(r.Bytes, 10)
		if r.Resizable || i < len(other) && other[i].Index == r.Index && other[i].Resizable {
			size = "resizable"
		}
		text += fmt.Sprintf("%d:%s ", r.Index, size)
	}
	return text
}

// Record stores what was measured with the cards it was measured on, by address
// and ids. What an earlier file says about the very same card is kept, since a
// bound card cannot be measured again. A slot whose cards were in that file
// keeps its number, and no other gets it.
func (f *File) Record(cards []measure.Card, earlier File) {
	for _, s := range f.Slots {
		for i := range s.Functions {
			fn := &s.Functions[i]
			for _, old := range slices.Concat(earlier.functions()...) {
				if field, _, _ := fn.Differs(old); field == "" && old.Address == fn.Address {
					fn.Measured = old.Measured
				}
			}
			for _, c := range cards {
				if c.Address == fn.Address && (c.ID == fn.IDs || c.ID == pci.ID{}) {
					fn.Measured = &c.Facts
				}
			}
		}
	}
	f.number(earlier)
}

// number gives each slot the number that the same cards had in an earlier file,
// and other slots numbers that were never used.
func (f *File) number(earlier File) {
	f.Next = earlier.Next
	taken := map[int]bool{}
	for i := range f.Slots {
		s := &f.Slots[i]
		at := slices.IndexFunc(earlier.Slots, func(old Slot) bool { return !taken[old.Number] && s.same(old) })
		if at >= 0 {
			s.Number = earlier.Slots[at].Number
		} else {
			s.Number = f.Next
			f.Next++
		}
		taken[s.Number] = true
	}
}

// same reports whether two slots hold the same GPUs.
func (s Slot) same(old Slot) bool {
	return slices.EqualFunc(s.GPUs(), old.GPUs(), Function.same)
}

// same reports whether two records are of one GPU: by its identity, wherever it
// is, or if it has none by its address.
func (f Function) same(old Function) bool {
	if mine, its := f.Identity(), old.Identity(); mine != "" && its != "" {
		return mine == its && f.IDs == old.IDs
	}
	field, _, _ := f.Differs(old)
	return field == "" && f.Address == old.Address
}

// Identity identifies a GPU among all others of its kind: NVIDIA's UUID, or
// vendor and serial number. It is "" where none was measured or shown.
func (f Function) Identity() string {
	var facts measure.Facts
	if f.Measured != nil {
		facts = *f.Measured
	}
	switch {
	case facts.UUID != "":
		return facts.UUID
	case facts.Serial != "":
		return fmt.Sprintf("%04x-%s", f.IDs.Vendor, facts.Serial)
	case f.Serial != "":
		return fmt.Sprintf("%04x-%s", f.IDs.Vendor, f.Serial)
	}
	return ""
}

func (f File) functions() [][]Function {
	var list [][]Function
	for _, s := range f.Slots {
		list = append(list, s.Functions)
	}
	return list
}

// IsGPU reports whether the function is one that computes, rather than its
// card's audio, USB or fabric.
func (f Function) IsGPU() bool {
	switch f.kind() {
	case pci.ClassVGA, pci.Class3D, pci.ClassDisplay, pci.ClassAccelerator:
		return true
	}
	return false
}
