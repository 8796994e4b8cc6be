package probe

import (
	"slices"
	"strconv"

	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/hw/pci"
)

// cards compares what PCI says of them, then what their driver says.
func cards(p Promise, g Guest) []Result {
	found := gpusOf(p, g)
	if p.GPUs <= 0 {
		r := counted(CheckGPUs, 0, uint64(len(found)))
		if len(found) == 0 {
			r.Code = CodeNone
		}
		return []Result{r}
	}
	if p.MadeUp {
		return []Result{{Check: CheckGPUs, Level: Pass, Code: CodeMadeUp}}
	}
	list := []Result{counted(CheckGPUs, uint64(p.GPUs), uint64(len(found)))}
	if len(found) == 0 {
		list[0].Code = CodeMissing
		return list
	}
	names, err := pci.Lookup(idsOf(found)...)
	for _, f := range found {
		list = append(list, gpuType(p, f, gpu.ModelOf(pci.Function{ID: f.IDs, Revision: f.Revision}, names).Name, err == nil))
	}
	list = append(list, pciIDs(p, g, found)...)
	for _, f := range partsOf(p, g, found) {
		list = append(list, regions(f)...)
	}
	for _, f := range found {
		list = append(list, linkWidth(p, f))
	}
	return append(list, driver(p, g, found)...)
}

// gpusOf returns the guest's functions that compute: by class, of those vendors whose
// GPUs are rented out or that the inventory names. A VM's virtual display is neither.
func gpusOf(p Promise, g Guest) []Function {
	promised := p.gpus()
	var list []Function
	for _, f := range g.Functions {
		switch f.Class.Kind() {
		case pci.ClassVGA, pci.Class3D, pci.ClassDisplay, pci.ClassAccelerator:
		default:
			continue
		}
		if gpu.Rented(f.IDs.Vendor) || slices.ContainsFunc(promised, func(w PromisedGPU) bool { return w.IDs == f.IDs }) {
			list = append(list, f)
		}
	}
	return list
}

func idsOf(list []Function) []pci.ID {
	var ids []pci.ID
	for _, f := range list {
		ids = append(ids, f.IDs)
	}
	return ids
}

// gpuType compares the canonical name of a card's ids, which is this program's own
// table, with the listing's.
func gpuType(p Promise, f Function, name string, known bool) Result {
	r := Result{
		Check: CheckGPUType, Level: Pass, Code: CodeSame, Device: f.Address.String(), Expected: p.GPUType, Read: name,
		Params: params("pci_ids", f.IDs),
	}
	switch {
	case name == p.GPUType:
	case !known || p.GPUType == "" || !gpu.Named(name, f.IDs):
		r.Level, r.Code = Unmeasured, CodeNotSaid
	default:
		r.Level, r.Code = Fail, CodeOther
	}
	return r
}

// pciIDs compares with the inventory. Which of the rental's slots a VM has is not
// said, so a part of them must consist of what all of them have.
func pciIDs(p Promise, g Guest, found []Function) []Result {
	promised := p.gpus()
	if len(promised) == 0 {
		return []Result{{Check: CheckPCIIDs, Level: Unmeasured, Code: CodeNotSaid}}
	}
	var list []Result
	left := slices.Clone(promised)
	for _, f := range found {
		at := slices.IndexFunc(left, func(w PromisedGPU) bool { return w.IDs == f.IDs && w.Subsystem == f.Subsystem })
		r := Result{Check: CheckPCIIDs, Level: Pass, Code: CodeSame, Device: f.Address.String(), Read: f.IDs.String() + " " + f.Subsystem.String()}
		if at < 0 {
			r.Level, r.Code, r.Expected = Fail, CodeOther, promised[0].IDs.String()+" "+promised[0].Subsystem.String()
		} else {
			r.Expected = r.Read
			left = slices.Delete(left, at, at+1)
		}
		list = append(list, r)
	}
	if p.GPUs < len(promised) {
		return list
	}
	return append(list, missing(p, g)...)
}

// missing returns the functions of the rental's slots that a VM with all of them
// has not.
func missing(p Promise, g Guest) []Result {
	have := map[pci.ID]int{}
	for _, f := range g.Functions {
		have[f.IDs]++
	}
	var list []Result
	for _, s := range p.Slots {
		for _, id := range s.Functions {
			if have[id]--; have[id] < 0 {
				list = append(list, Result{Check: CheckPCIIDs, Level: Fail, Code: CodeMissing, Expected: id.String()})
			}
		}
	}
	return list
}

// partsOf returns the found cards with all their functions.
func partsOf(p Promise, g Guest, found []Function) []Function {
	ids := map[pci.ID]bool{}
	for _, s := range p.Slots {
		for _, id := range s.Functions {
			ids[id] = true
		}
	}
	var list []Function
	for _, f := range g.Functions {
		own := slices.ContainsFunc(found, func(c Function) bool { return c.Address.SameDevice(f.Address) })
		if own || ids[f.IDs] {
			list = append(list, f)
		}
	}
	return list
}

// regions are fine where each one of memory has an address. Ports are not needed:
// a port of the VM's may have no room for them, and drivers do without.
func regions(f Function) []Result {
	var list []Result
	memory := 0
	for _, b := range f.BARs {
		if b.IO {
			continue
		}
		if memory++; !b.Assigned {
			r := Result{Check: CheckRegions, Level: Fail, Code: CodeUnassigned, Device: f.Address.String(), Params: params("bar", b.Index)}
			if b.Bytes > 0 {
				r.Params["mib"] = strconv.FormatUint(b.Bytes>>20, 10)
			}
			list = append(list, r)
		}
	}
	switch {
	case memory == 0:
		return []Result{{Check: CheckRegions, Level: Fail, Code: CodeMissing, Device: f.Address.String()}}
	case len(list) == 0:
		list = []Result{{Check: CheckRegions, Level: Pass, Code: CodeSame, Device: f.Address.String()}}
	}
	return list
}

// linkWidth is the same idle and under load; the speed is not.
func linkWidth(p Promise, f Function) Result {
	r := Result{Check: CheckLinkWidth, Level: Unmeasured, Code: CodeNotSaid, Device: f.Address.String()}
	at := slices.IndexFunc(p.gpus(), func(w PromisedGPU) bool { return w.IDs == f.IDs && w.Subsystem == f.Subsystem })
	if at < 0 || p.gpus()[at].MaxWidth == 0 || f.Link.Width == 0 {
		return r
	}
	r = counted(CheckLinkWidth, uint64(p.gpus()[at].MaxWidth), uint64(f.Link.Width))
	if r.Device = f.Address.String(); r.Level == Fail {
		r.Level = Warn
	}
	return r
}
