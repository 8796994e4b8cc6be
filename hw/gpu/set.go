package gpu

import (
	"slices"
	"strconv"

	"github.com/dbc-network/dbc/hw/pci"
)

// set is the closure of cards over IOMMU groups and fabric: what is passed to
// one VM together, or not at all.
type set struct {
	cards []*card
	// functions are the endpoints that the VM would be given.
	functions []pci.Function
	switches  []pci.Function
	// why are all reasons of all of its cards and groups.
	why reasons
	// foreign are reasons that apply to every card of the set.
	foreign reasons
	fabric  bool
}

// sets merges cards until no group and no fabric is shared between two sets.
func (b *board) sets() []*set {
	list := make([]*set, 0, len(b.cards))
	fabric, switches := b.fabric()
	var joined *set
	for _, c := range b.cards {
		s := &set{cards: []*card{c}}
		if slices.Contains(fabric, c) {
			if joined != nil {
				joined.cards = append(joined.cards, c)
				continue
			}
			joined, s.switches, s.fabric = s, switches, true
		}
		list = append(list, s)
	}
	for merged := true; merged; {
		merged = false
		for i := 0; i < len(list) && !merged; i++ {
			for j := i + 1; j < len(list) && !merged; j++ {
				if b.touch(list[i], list[j]) {
					list[i].cards = append(list[i].cards, list[j].cards...)
					list[i].switches = append(list[i].switches, list[j].switches...)
					list[i].fabric = list[i].fabric || list[j].fabric
					list = slices.Delete(list, j, j+1)
					merged = true
				}
			}
		}
	}
	for _, s := range list {
		slices.SortFunc(s.cards, func(a, b *card) int { return a.gpu.Address.Compare(b.gpu.Address) })
		s.functions = slices.Clone(s.switches)
		for _, c := range s.cards {
			s.functions = append(s.functions, c.functions...)
		}
		slices.SortFunc(s.functions, func(a, b pci.Function) int { return a.Address.Compare(b.Address) })
	}
	return list
}

// touch reports whether two sets share an IOMMU group. The processor's graphics
// are never merged: to a card they are a device of the host.
func (b *board) touch(x, y *set) bool {
	for _, s := range []*set{x, y} {
		if len(s.cards) == 1 && b.integrated(s.cards[0]) {
			return false
		}
	}
	return slices.ContainsFunc(x.groups(), func(group int) bool { return slices.Contains(y.groups(), group) })
}

func (s *set) groups() []int {
	var list []int
	add := func(functions []pci.Function) {
		for _, f := range functions {
			if f.Group != pci.NoGroup && !slices.Contains(list, f.Group) {
				list = append(list, f.Group)
			}
		}
	}
	add(s.switches)
	for _, c := range s.cards {
		add(c.functions)
	}
	return list
}

// fabric returns the GPUs that NVSwitches join, and the switches. Which GPUs a
// switch joins can't be seen without its driver: a board joins them all.
func (b *board) fabric() ([]*card, []pci.Function) {
	var joined, all []*card
	counts := map[pci.ID]int{}
	for _, c := range b.cards {
		if c.gpu.ID.Vendor != nvidia {
			continue
		}
		if c.model.is("board") || c.model.is("fabric") && len(b.switches) > 0 {
			joined = append(joined, c)
		}
		if c.gpu.Class.Kind() == pci.Class3D {
			all = append(all, c)
			counts[c.gpu.ID]++
		}
	}
	if len(joined) > 0 || len(b.switches) == 0 {
		return joined, b.switches
	}
	// For a model that is not in the table yet, the most frequent one is the board's.
	for _, c := range all {
		most := slices.MaxFunc(all, func(x, y *card) int { return counts[x.gpu.ID] - counts[y.gpu.ID] })
		if c.gpu.ID == most.gpu.ID {
			joined = append(joined, c)
		}
	}
	return joined, b.switches
}

// judge adds all reasons against passing a set.
func (b *board) judge(s *set) {
	for _, c := range s.cards {
		b.judgeCard(c)
		for _, r := range c.why {
			s.why.add(r.Code, r.Params)
		}
	}
	b.judgeGroups(s)
	b.judgeReset(s)
	for _, r := range s.foreign {
		s.why.add(r.Code, r.Params)
	}
}

// whyOf says why a card's set cannot be passed, apart from the card's own reasons.
func (s *set) whyOf(c *card) reasons {
	list := slices.Clone(s.foreign)
	code := CodeTogether
	if s.fabric {
		code = CodeFabric
	}
	for _, other := range s.cards {
		if other != c && len(other.why) > 0 {
			list.add(code, Params{"address": other.gpu.Address.String()})
		}
	}
	return list
}

func (b *board) judgeCard(c *card) {
	f := c.gpu
	if b.integrated(c) {
		c.why.add(CodeIntegrated, nil)
	}
	if b.host.Architecture != "" && b.host.Architecture != "x86_64" {
		c.why.add(CodeArchitecture, Params{"architecture": b.host.Architecture})
	}
	if c.model.is("coherent") {
		c.why.add(CodeCoherent, nil)
	}
	if c.model.is("broken") {
		c.why.add(CodeBrokenReset, nil)
	}
	if f.VFs > 0 {
		c.why.add(CodeVFs, Params{"count": strconv.Itoa(f.VFs)})
	}
	for _, part := range c.functions {
		if name, ok := b.host.console(part); ok {
			c.why.add(CodeConsole, Params{"window": name})
		}
		for _, bar := range part.BARs {
			if !bar.Assigned && !bar.IO {
				p := Params{"address": part.Address.String(), "bar": strconv.Itoa(bar.Index)}
				if bar.Bytes > 0 {
					p["mib"] = strconv.FormatUint(bar.Bytes>>20, 10)
				}
				c.why.add(CodeUnassigned, p)
			}
		}
	}
	for _, beside := range b.tree.Functions {
		if beside.Address.SameDevice(f.Address) && beside.Gone() {
			c.why.add(CodeGone, Params{"address": beside.Address.String()})
		}
	}
}

// judgeGroups adds the reasons that the groups of a set cannot be passed.
func (b *board) judgeGroups(s *set) {
	for _, option := range b.host.Unsafe {
		s.foreign.add(CodeUnsafe, Params{"option": option})
	}
	if len(b.groups) == 0 {
		where := "kernel"
		if b.hidesIOMMU() {
			where = "firmware"
		}
		s.foreign.add(CodeNoIOMMU, Params{"where": where})
		return
	}
	for _, f := range s.functions {
		if f.Group == pci.NoGroup {
			s.foreign.add(CodeNoGroup, Params{"address": f.Address.String()})
		}
	}
	for _, group := range s.groups() {
		for _, member := range b.groups[group] {
			own := has(s.functions, member.Address) || member.PF != nil && has(s.functions, *member.PF)
			if !member.Bridge() && !own {
				s.foreign.add(CodeForeign, b.foreign(member))
			}
		}
	}
}

func (b *board) foreign(f pci.Function) Params {
	p := Params{"address": f.Address.String(), "class": f.Class.String(), "pci_ids": f.ID.String(), "driver": f.Driver, "name": b.names.Device(f.ID)}
	if held := b.host.holds[f.Address]; held != "" {
		p["holds"] = held
	}
	return p
}

// hidesIOMMU reports whether the IOMMU is off in the firmware rather than in the
// kernel: AMD's is a PCI function, which is missing then.
func (b *board) hidesIOMMU() bool {
	const amd = 0x1022
	var amds bool
	for _, f := range b.tree.Functions {
		if f.Class.Kind() == pci.ClassIOMMU {
			return false
		}
		amds = amds || f.ID.Vendor == amd && f.Class.Kind() == pci.ClassHostBridge
	}
	return amds
}

func has(list []pci.Function, at pci.Address) bool {
	return slices.ContainsFunc(list, func(f pci.Function) bool { return f.Address == at })
}
