package gpu

import (
	"bufio"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/hw/pci"
)

// Host is what decides whether a computer's cards can be passed.
type Host struct {
	// Architecture is "x86_64", "arm64", or "" where /proc/cpuinfo does not say.
	Architecture string `json:"architecture"`
	// IOMMUs are those that the kernel uses, Groups how many groups there are.
	IOMMUs int `json:"iommus"`
	Groups int `json:"iommu_groups"`
	// IOMMUBits is the smallest address width of Intel's IOMMUs, 0 if unknown.
	IOMMUBits int `json:"iommu_bits"`
	// PhysicalBits is the processors' address width, 0 if unknown.
	PhysicalBits int `json:"physical_bits"`
	// Nodes are NUMA nodes with memory or CPUs.
	Nodes int `json:"numa_nodes"`
	// Laptop is derived from the form of its chassis.
	Laptop bool `json:"laptop,omitempty"`
	// Unsafe are the kernel options that switch protection off.
	Unsafe []string `json:"unsafe_options,omitempty"`

	windows []window
	holds   map[pci.Address]string
}

// window is a range of physical memory that the firmware's framebuffer uses.
type window struct {
	name       string
	start, end uint64
}

// files are a computer's below a root.
type files struct{ hw.Files }

func (f files) readHost() Host {
	h := Host{
		Groups: len(f.Names("sys/kernel/iommu_groups")),
		Nodes:  f.nodes(),
		Laptop: slices.Contains([]string{"8", "9", "10", "14", "31", "32"}, f.Text("sys/class/dmi/id/chassis_type")),
		Unsafe: f.unsafe(),
		holds:  f.held(),
	}
	f.processors(&h)
	for _, name := range f.Names("sys/class/iommu") {
		h.IOMMUs++
		// MGAW: bits 16 to 21 of the capability register, one less than the width.
		if n, err := strconv.ParseUint(f.Text(path.Join("sys/class/iommu", name, "intel-iommu/cap")), 16, 64); err == nil {
			if bits := int(n>>16&0x3f) + 1; h.IOMMUBits == 0 || bits < h.IOMMUBits {
				h.IOMMUBits = bits
			}
		}
	}
	h.windows = framebuffers(f.Text("proc/iomem"))
	return h
}

func (f files) processors(h *Host) {
	lines := bufio.NewScanner(strings.NewReader(f.Text("proc/cpuinfo")))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(name) {
		case "vendor_id":
			h.Architecture = "x86_64"
		case "CPU implementer":
			h.Architecture = "arm64"
		case "address sizes":
			number, _, _ := strings.Cut(value, " ")
			if n, err := strconv.Atoi(number); err == nil && n > 0 && n <= 64 {
				h.PhysicalBits = n
			}
		}
		if h.Architecture != "" && h.PhysicalBits > 0 {
			return
		}
	}
}

func (f files) nodes() int {
	count := 0
	for _, name := range f.Names("sys/devices/system/node") {
		if n, ok := strings.CutPrefix(name, "node"); ok && n != "" && strings.Trim(n, "0123456789") == "" {
			count++
		}
	}
	return count
}

// unsafe returns the options by which a host switched protection off.
func (f files) unsafe() []string {
	var list []string
	if value := f.Text("sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"); value == "Y" || value == "1" {
		list = append(list, "vfio_iommu_type1.allow_unsafe_interrupts")
	}
	for option := range strings.FieldsSeq(f.Text("proc/cmdline")) {
		if strings.HasPrefix(option, "pcie_acs_override") {
			list = append(list, "pcie_acs_override")
			break
		}
	}
	return list
}

// framebuffers returns the windows of the firmware's console. The kernel shows
// them to root only; others read zeros.
func framebuffers(iomem string) []window {
	var list []window
	for line := range strings.Lines(iomem) {
		span, name, ok := strings.Cut(strings.TrimSpace(line), " : ")
		if !ok || !slices.Contains([]string{"BOOTFB", "simple-framebuffer", "efifb", "simplefb", "vesafb"}, name) {
			continue
		}
		from, to, _ := strings.Cut(span, "-")
		start, err1 := strconv.ParseUint(from, 16, 64)
		end, err2 := strconv.ParseUint(to, 16, 64)
		if err1 == nil && err2 == nil && end > start {
			list = append(list, window{name, start, end})
		}
	}
	return list
}

// console returns the framebuffer that lies in a function's memory.
func (h Host) console(f pci.Function) (string, bool) {
	for _, bar := range f.BARs {
		for _, w := range h.windows {
			if bar.Assigned && !bar.IO && w.start <= bar.Start+bar.Bytes-1 && bar.Start <= w.end {
				return w.name, true
			}
		}
	}
	return "", false
}

// held returns what the host needs a function for: a mounted file system, or the
// network of its default route.
func (f files) held() map[pci.Address]string {
	holds := map[pci.Address]string{}
	note := func(link, what string) {
		to, err := f.Root.Readlink(link)
		if err != nil {
			return
		}
		for part := range strings.SplitSeq(to, "/") {
			if at, err := pci.ParseAddress(part); err == nil && holds[at] != "/" {
				holds[at] = what
			}
		}
	}
	for line := range strings.Lines(f.Text("proc/net/route")) {
		if parts := strings.Fields(line); len(parts) > 2 && parts[1] == "00000000" && !strings.Contains(parts[0], "/") {
			note(path.Join("sys/class/net", parts[0]), "default route")
		}
	}
	for line := range strings.Lines(f.Text("proc/mounts")) {
		parts := strings.Fields(line)
		if len(parts) < 2 {
			continue
		}
		if device, ok := strings.CutPrefix(parts[0], "/dev/"); ok && !strings.Contains(device, "/") {
			note(path.Join("sys/class/block", device), parts[1])
		}
	}
	return holds
}
