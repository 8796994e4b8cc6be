//go:build linux

package doctor

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/hw/gpu"
)

func virtualization(c computer, r *results) {
	flags := strings.Fields(c.field("proc/cpuinfo", "flags"))
	for _, flag := range []string{"vmx", "svm"} {
		if slices.Contains(flags, flag) {
			r.saw("flag", flag)
			return
		}
	}
	r.add(Fail, "", read("flags", "neither vmx nor svm"))
}

func iommu(c computer, r *results) {
	if c.inv.Host.Groups > 0 {
		r.saw("groups", strconv.Itoa(c.inv.Host.Groups))
		return
	}
	where := "kernel"
	for _, g := range c.inv.GPUs {
		for _, reason := range g.Reasons {
			if reason.Code == gpu.CodeNoIOMMU {
				where = reason.Params["where"]
			}
		}
	}
	r.add(Fail, "", read("where", where))
}

func protection(c computer, r *results) {
	for _, option := range c.inv.Host.Unsafe {
		r.add(Fail, "", read("option", option))
	}
}

// gpus: a computer none of whose GPUs can be passed can only be rented out without them.
func gpus(c computer, r *results) {
	r.saw("gpus", strconv.Itoa(len(c.inv.GPUs)), "slots", strconv.Itoa(len(c.inv.Slots)))
	if len(c.inv.GPUs) == 0 {
		r.add(Warn, "", read("gpus", "0"))
	}
	for _, g := range c.inv.GPUs {
		for _, reason := range g.Reasons {
			switch reason.Code {
			case gpu.CodeCoherent, gpu.CodeArchitecture, gpu.CodeVFs:
				r.add(Fail, g.Address.String(), read("code", string(reason.Code), "count", reason.Params["count"], "architecture", reason.Params["architecture"]))
			}
		}
	}
}

// addresses: a device must be able to reach all of a guest's memory and its own
// regions. Intel's desktop processors translate 39 bits.
func addresses(c computer, r *results) {
	host := c.inv.Host
	bits := host.PhysicalBits
	if host.IOMMUBits > 0 && (bits == 0 || host.IOMMUBits < bits) {
		bits = host.IOMMUBits
	}
	if bits == 0 || bits >= 64 {
		return
	}
	memory := c.memoryMiB("MemTotal")
	room := uint64(1) << bits >> 20
	r.saw("bits", strconv.Itoa(bits), "memory_mib", strconv.FormatUint(memory, 10))
	for _, s := range c.inv.Slots {
		// OVMF gives a guest's 64-bit window an eighth of its address space.
		if s.NeedsWindowMiB > room>>3 || memory+s.NeedsWindowMiB > room {
			r.add(Fail, s.GPUs[0].String(), read("bits", strconv.Itoa(bits), "memory_mib", strconv.FormatUint(memory, 10),
				"window_mib", strconv.FormatUint(s.NeedsWindowMiB, 10), "room_mib", strconv.FormatUint(room>>3, 10)))
		}
	}
}

// broken are kernels in which resets of cards are known to fail.
var broken = []string{"6.14.2", "6.12.23"}

func kernel(c computer, r *results) {
	release := c.Text("proc/sys/kernel/osrelease")
	r.saw("release", release)
	for _, bad := range broken {
		if rest, ok := strings.CutPrefix(release, bad); ok && (rest == "" || rest[0] < '0' || rest[0] > '9') {
			r.add(Warn, "", read("release", release))
		}
	}
}

func lockdown(c computer, r *results) {
	state := c.Text("sys/kernel/security/lockdown")
	r.saw("lockdown", state)
	if strings.Contains(state, "[confidentiality]") {
		r.add(Warn, "", read("lockdown", state))
	}
}

// hugePages: pinning a large guest page by page takes minutes.
func hugePages(c computer, r *results) {
	const large = 64 << 10 // MiB
	total := c.memoryMiB("MemTotal")
	pages := 0
	for _, node := range c.Names("sys/devices/system/node") {
		n, err := strconv.Atoi(c.Text("sys/devices/system/node/" + node + "/hugepages/hugepages-1048576kB/nr_hugepages"))
		if err == nil {
			pages += n
		}
	}
	r.saw("memory_mib", strconv.FormatUint(total, 10), "pages", strconv.Itoa(pages))
	if total >= large && pages == 0 && len(c.inv.Slots) > 0 {
		r.add(Warn, "", read("memory_mib", strconv.FormatUint(total, 10)))
	}
}

// merging: pages that two guests share tell each what the other holds.
func merging(c computer, r *results) {
	run := c.Text("sys/kernel/mm/ksm/run")
	r.saw("run", run)
	if run == "1" {
		r.add(Warn, "", read("run", run))
	}
}

// swap: the memory of a guest with a card is pinned, so the host's own is swapped out.
func swap(c computer, r *results) {
	total := c.memoryMiB("SwapTotal")
	r.saw("swap_mib", strconv.FormatUint(total, 10))
	if total > 0 && len(c.inv.Slots) > 0 {
		r.add(Warn, "", read("swap_mib", strconv.FormatUint(total, 10)))
	}
}
