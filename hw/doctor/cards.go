//go:build linux

package doctor

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/hw/pci"
)

const vfio = "vfio-pci"

// modules: a helper that may not load any needs them loaded at boot.
func modules(c computer, r *results) {
	if len(c.inv.Slots) == 0 {
		return
	}
	for _, name := range []string{"vfio", "vfio_pci", "vfio_iommu_type1"} {
		if !c.Has("sys/module/" + name) {
			r.add(Fail, "", read("module", name))
		}
	}
}

// driver: a hot reset needs each function bound to vfio-pci; no driver at all is
// not enough. A slot that is not listed and that nobody bound is not reported:
// binding would not take it.
func driver(c computer, r *results) {
	r.saw("driver", vfio)
	_, out := gpu.Alike(c.inv)
	bound := map[int]bool{}
	c.slotFunctions(func(s gpu.Slot, f pci.Function) {
		bound[s.Index] = bound[s.Index] || f.Driver == vfio || f.Override == vfio
	})
	c.slotFunctions(func(s gpu.Slot, f pci.Function) {
		left := !bound[s.Index] && slices.ContainsFunc(out, func(o gpu.Slot) bool { return o.Index == s.Index })
		if f.Driver != vfio && !left {
			r.add(Fail, f.Address.String(), read("driver", f.Driver, "override", f.Override))
		}
	})
}

// maxHolders bounds how many programs are named.
const maxHolders = 20

// holders are programs that have a card open: its driver would not release it.
func holders(c computer, r *results) {
	found := 0
	for _, pid := range c.Names("proc") {
		if _, err := strconv.ParseUint(pid, 10, 32); err != nil {
			continue
		}
		device := c.opened(pid)
		if device == "" {
			continue
		}
		if found++; found > maxHolders {
			return
		}
		r.add(Fail, "", read("pid", pid, "program", c.Text("proc/"+pid+"/comm"), "device", device))
	}
}

// opened returns the first device of a card's driver that a process has open.
func (c computer) opened(pid string) string {
	fds := path.Join("proc", pid, "fd")
	for _, fd := range c.Names(fds) {
		to, err := c.Root.Readlink(path.Join(fds, fd))
		if err != nil {
			continue
		}
		if strings.HasPrefix(to, "/dev/nvidia") || strings.HasPrefix(to, "/dev/dri/") || to == "/dev/kfd" {
			if c.cards(to) {
				return to
			}
		}
	}
	return ""
}

// cards reports whether an open device may belong to a card that has a slot: a
// node below /dev/dri may be the processor's graphics.
func (c computer) cards(device string) bool {
	name, ok := strings.CutPrefix(device, "/dev/dri/")
	if !ok {
		return true
	}
	to, err := c.Root.Readlink(path.Join("sys/class/drm", name))
	if err != nil {
		return true // better one too many
	}
	for part := range strings.SplitSeq(to, "/") {
		at, err := pci.ParseAddress(part)
		if err != nil {
			continue
		}
		for _, s := range c.inv.Slots {
			for _, a := range s.Functions {
				if a == at {
					return true
				}
			}
		}
	}
	return false
}

// power: some cards do not come back from D3cold.
func power(c computer, r *results) {
	for _, g := range c.inv.GPUs {
		fragile := strings.Contains(g.Name, "RTX 50") || strings.Contains(g.Name, "RTX PRO")
		allowed := c.Text("sys/bus/pci/devices/" + g.Address.String() + "/d3cold_allowed")
		idle := c.Text("sys/module/vfio_pci/parameters/disable_idle_d3")
		if g.Passable && fragile && allowed == "1" && idle != "Y" {
			r.add(Warn, g.Address.String(), read("name", g.Name, "d3cold_allowed", allowed))
		}
	}
}

// resizable: a card with a small region that could be larger is slower when
// data is moved in and out of it.
func resizable(c computer, r *results) {
	const small = 256 << 20
	for _, g := range c.inv.GPUs {
		for _, bar := range g.BARs {
			if !g.Passable || !bar.Prefetchable || bar.Bytes != small {
				continue
			}
			file := "sys/bus/pci/devices/" + g.Address.String() + "/resource" + strconv.Itoa(bar.Index) + "_resize"
			// One bit for each size that the region could have, from 1 MiB on.
			sizes, err := strconv.ParseUint(c.Text(file), 16, 64)
			if err == nil && sizes>>9 != 0 {
				r.add(Warn, g.Address.String(), read("bar", strconv.Itoa(bar.Index), "mib", "256"))
			}
		}
	}
}

// alike: the slots of a machine have one price, so they must be alike.
func alike(c computer, r *results) {
	offered, out := gpu.Alike(c.inv)
	r.saw("slots", strconv.Itoa(len(offered)))
	for _, s := range out {
		r.add(Warn, s.GPUs[0].String(), read("slot", strconv.Itoa(s.Index), "offered", strconv.Itoa(len(offered))))
	}
}

// busErrors: uncorrected errors since boot indicate riser, slot or power supply.
func busErrors(c computer, r *results) {
	c.slotFunctions(func(_ gpu.Slot, f pci.Function) {
		for _, kind := range []string{"fatal", "nonfatal"} {
			for line := range strings.Lines(c.Text("sys/bus/pci/devices/" + f.Address.String() + "/aer_dev_" + kind)) {
				name, count, _ := strings.Cut(strings.TrimSpace(line), " ")
				if strings.HasPrefix(name, "TOTAL_ERR") && count != "0" && count != "" {
					r.add(Warn, f.Address.String(), read("kind", kind, "count", count))
				}
			}
		}
	})
}
