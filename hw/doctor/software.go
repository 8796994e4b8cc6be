//go:build linux

package doctor

import (
	"bufio"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/hw/pci"
)

// statusFile is where Debian and Ubuntu record which versions are installed.
const statusFile = "var/lib/dpkg/status"

// requirements are the oldest versions that the VMs' definitions were made for.
var requirements = []struct{ what, pkg, least string }{
	{"QEMU", "qemu-system-x86", "7.2"}, {"libvirt", "libvirt0", "9.0"},
}

// wideSince is the first QEMU whose VMs start within reasonable time with regions
// of wide bytes or more.
const (
	wideSince = "9.2"
	wide      = 64 << 30
)

// versions are read on supported systems; on others the host knows its packages.
func versions(c computer, r *results) {
	if !c.Has(statusFile) {
		return
	}
	installed := c.installed()
	for _, want := range requirements {
		has := installed[want.pkg]
		r.saw(want.what, has)
		switch {
		case has == "" || older(has, want.least):
			r.add(Fail, "", read("program", want.what, "package", want.pkg, "version", has, "least", want.least))
		case want.what == "QEMU" && older(has, wideSince) && c.isWide():
			r.add(Warn, "", read("program", want.what, "package", want.pkg, "version", has, "least", wideSince))
		}
	}
}

// isWide reports whether a card has a region that old versions of QEMU map slowly.
func (c computer) isWide() bool {
	for _, g := range c.inv.GPUs {
		for _, bar := range g.BARs {
			if g.Passable && bar.Bytes >= wide {
				return true
			}
		}
	}
	return false
}

// installed returns the versions of the required packages, without their epochs.
func (c computer) installed() map[string]string {
	found := map[string]string{}
	file, err := c.Root.Open(statusFile)
	if err != nil {
		return found
	}
	defer func() { _ = file.Close() }()
	var name string
	var there bool
	for lines := bufio.NewScanner(file); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), ": ")
		switch key {
		case "Package":
			name, there = value, false
		case "Status":
			there = strings.HasSuffix(value, " installed")
		case "Version":
			for _, want := range requirements {
				if there && name == want.pkg {
					if _, upstream, ok := strings.Cut(value, ":"); ok {
						value = upstream
					}
					found[name] = value
				}
			}
		}
	}
	return found
}

// older compares the first two numbers of versions such as 7.2+dfsg-7+deb12u12.
// A version without numbers is not reported as older.
func older(version, than string) bool {
	var major, minor, wantMajor, wantMinor int
	if n, _ := fmt.Sscanf(version, "%d.%d", &major, &minor); n == 0 {
		return false
	}
	_, _ = fmt.Sscanf(than, "%d.%d", &wantMajor, &wantMinor) // a constant
	return major < wantMajor || major == wantMajor && minor < wantMinor
}

// firmwares are where programs look for descriptions of guest firmware.
var firmwares = []string{"etc/qemu/firmware", "usr/share/qemu/firmware"}

// firmware: a guest with a card boots by UEFI.
func firmware(c computer, r *results) {
	if !c.Has("usr/share") {
		return // a copy of another computer's sys and proc
	}
	for _, dir := range firmwares {
		for _, name := range c.Names(dir) {
			text := c.Text(path.Join(dir, name))
			if strings.Contains(text, `"uefi"`) && strings.Contains(text, `"x86_64"`) {
				r.saw("description", "/"+path.Join(dir, name))
				return
			}
		}
	}
	r.add(Fail, "", read("folders", "/"+strings.Join(firmwares, ", /")))
}

// memlock: libvirt raises the limit of an emulator whose memory is pinned, which
// takes a capability that a container may lack.
func memlock(c computer, r *results) {
	const mayRaise = 1 << 24 // CAP_SYS_RESOURCE
	for _, pid := range c.Names("proc") {
		program := c.Text("proc/" + pid + "/comm")
		if program != "libvirtd" && program != "virtqemud" {
			continue
		}
		limit := ""
		for line := range strings.Lines(c.Text("proc/" + pid + "/limits")) {
			if rest, ok := strings.CutPrefix(line, "Max locked memory"); ok {
				if fields := strings.Fields(rest); len(fields) > 1 {
					limit = fields[1] // the hard limit
				}
			}
		}
		rights, _ := strconv.ParseUint(c.field("proc/"+pid+"/status", "CapEff"), 16, 64)
		bytes, err := strconv.ParseUint(limit, 10, 64)
		r.saw("program", program, "limit", limit)
		if err == nil && rights&mayRaise == 0 && bytes>>20 < c.memoryMiB("MemTotal") {
			r.add(Warn, "", read("program", program, "pid", pid, "limit", limit))
		}
	}
}

// controllers are the cgroup controllers that keep guests' shares apart.
var controllers = []string{"cpu", "cpuset", "io", "memory"}

func controlGroups(c computer, r *results) {
	if !c.Has("sys/fs/cgroup/cgroup.controllers") {
		return // version 1, which has a folder for each
	}
	has := strings.Fields(c.Text("sys/fs/cgroup/cgroup.controllers"))
	r.saw("controllers", strings.Join(has, ","))
	for _, want := range controllers {
		if !slices.Contains(has, want) {
			r.add(Warn, "", read("controller", want))
		}
	}
}

// network: guests' interfaces are TAPs; without vhost each packet goes through QEMU.
func network(c computer, r *results) {
	if !c.Has("dev") {
		return // a copy of another computer's sys and proc
	}
	if !c.Has("dev/net/tun") {
		r.add(Fail, "", read("device", "/dev/net/tun"))
	}
	if !c.Has("dev/vhost-net") {
		r.add(Warn, "", read("device", "/dev/vhost-net"))
	}
}

// groupDevices: libvirt and the helper open a card by its group's device.
func groupDevices(c computer, r *results) {
	if !c.Has("dev") {
		return
	}
	missing := map[string]bool{}
	c.slotFunctions(func(_ gpu.Slot, f pci.Function) {
		at := "dev/vfio/" + strconv.Itoa(f.Group)
		if f.Driver != vfio {
			return // already reported
		}
		r.saw(f.Address.String(), "/"+at)
		if !c.Has(at) && !missing[at] {
			missing[at] = true
			r.add(Fail, f.Address.String(), read("device", "/"+at))
		}
	})
}

// drivers are those that claim cards unless binding prevents it.
var drivers = []string{"nvidia", "nouveau", "amdgpu", "radeon", "xe"}

// bootOrder: a driver that is loaded now may take a card before vfio-pci at the next
// start.
func bootOrder(c computer, r *results) {
	if len(c.inv.Slots) == 0 || c.Has("etc/systemd/system/dbc-gpu-bind.service") {
		return
	}
	var options strings.Builder
	for _, name := range c.Names("etc/modprobe.d") {
		options.WriteString(c.Text("etc/modprobe.d/"+name) + "\n")
	}
	for _, name := range drivers {
		kept := strings.Contains(options.String(), "softdep "+name+" pre: vfio-pci") || strings.Contains(options.String(), "blacklist "+name+"\n")
		if c.Has("sys/module/"+name) && !kept {
			r.add(Warn, "", read("module", name))
		}
	}
}

// modes: what was on when a card was bound is on for each renter.
func modes(c computer, r *results) {
	list, err := c.recorded()
	if err != nil {
		r.add(Fail, "", read("error", err.Error()))
	}
	for _, fn := range list {
		if fn.Measured == nil {
			continue
		}
		r.saw(fn.Address.String(), "mig "+string(fn.Measured.MIG)+", cc "+string(fn.Measured.CC))
		for name, mode := range map[string]string{"mig": string(fn.Measured.MIG), "cc": string(fn.Measured.CC)} {
			if mode == "on" {
				r.add(Fail, fn.Address.String(), read("mode", name))
			}
		}
	}
}

// faults are kernel messages about a device that misbehaves, or does not come
// back.
var faults = []string{"AER: ", "DMAR: [DMA", "DMAR: [INTR", "IO_PAGE_FAULT", "not ready", "giving up"}

// kernelLog looks for them in lines that name a card of a slot.
func kernelLog(c computer, r *results) {
	for _, s := range c.inv.Slots {
		for _, at := range s.Functions {
			count, last := 0, ""
			for line := range strings.Lines(c.log) {
				if strings.Contains(line, at.String()) && mentions(line) {
					count, last = count+1, strings.TrimSpace(line)
				}
			}
			if count > 0 {
				r.add(Warn, at.String(), read("count", strconv.Itoa(count), "last", last[:min(len(last), 300)]))
			}
		}
	}
}

func mentions(line string) bool {
	for _, fault := range faults {
		if strings.Contains(line, fault) {
			return true
		}
	}
	return false
}

// remapping: without it a device's interrupts reach processors as the guest writes
// them. The kernel lists the interrupts that use it.
func remapping(c computer, r *results) {
	text := c.Text("proc/interrupts")
	if c.inv.Host.Groups == 0 || !strings.Contains(text, "IO-APIC") && !strings.Contains(text, "PCI-MSI") {
		return // without an IOMMU there is none, which is already reported
	}
	if strings.Contains(text, "IR-") {
		r.saw("interrupts", "remapped")
		return
	}
	r.add(Fail, "", read("interrupts", "not remapped"))
}

// link: a card with one lane is on a mining riser.
func link(c computer, r *results) {
	because(gpu.CodeNarrow)(c, r)
	for i := range r.list {
		if r.list[i].Read["width"] == "1" && !c.risers {
			r.list[i].Level = Fail
		}
	}
}
