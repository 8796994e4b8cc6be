package vm

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// MaxSocketPath is the longest path of a unix socket in bytes (sun_path of
// unix(7) without its closing zero).
const MaxSocketPath = 107

var (
	uuidPattern   = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	namePattern   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)
	linkPattern   = regexp.MustCompile(`^[a-z][a-z0-9-]{0,14}$`)
	targetPattern = regexp.MustCompile(`^(vd|sd)[a-z]$`)
)

// Validate checks what a driver can check without asking the hypervisor. The
// error wraps ErrBadSpec and states field, value and rule.
func (s Spec) Validate() error {
	if !uuidPattern.MatchString(string(s.UUID)) {
		return bad("uuid", s.UUID, "36 characters, lower case")
	}
	if !namePattern.MatchString(s.Name) {
		return bad("name", s.Name, "1 to 63 of [a-z0-9-]")
	}
	if len(s.Title) > 256 || strings.ContainsFunc(s.Title, isControl) {
		return bad("title", len(s.Title), "at most 256 bytes in one line")
	}
	if s.VCPUs < 1 || s.VCPUs > 1024 {
		return bad("vcpus", s.VCPUs, "1 to 1024")
	}
	if s.MemoryMiB < 16 {
		return bad("memory_mib", s.MemoryMiB, "16 or more")
	}
	for _, check := range []func() error{s.checkDisks, s.checkPaths, s.NIC.check, s.checkPlacement, s.checkSlots, s.checkDevices, s.checkFirmware} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (s Spec) checkDisks() error {
	if len(s.Disks) == 0 {
		return bad("disks", 0, "one or more")
	}
	seen := map[string]bool{}
	for _, d := range s.Disks {
		if err := d.Validate(); err != nil {
			return err
		}
		if seen[d.Target] {
			return bad("disk target", d.Target, "each once")
		}
		seen[d.Target] = true
	}
	return nil
}

// Validate is Spec.Validate for one disk.
func (d Disk) Validate() error {
	switch {
	case !isCleanPath(d.Path):
		return bad("disk path", d.Path, "absolute, without dots or control characters")
	case d.Backing != "" && !isCleanPath(d.Backing):
		return bad("disk backing", d.Backing, "absolute, without dots or control characters")
	case d.Format != "qcow2" && d.Format != "raw":
		return bad("disk format", d.Format, "qcow2 or raw")
	case d.Format == "raw" && d.Backing != "":
		return bad("disk backing", d.Backing, "none for a raw disk")
	case !targetPattern.MatchString(d.Target):
		return bad("disk target", d.Target, "vda to vdz, sda to sdz")
	}
	return nil
}

func (s Spec) checkPaths() error {
	if !isCleanPath(s.ConsoleLog) {
		return bad("console log", s.ConsoleLog, "absolute, without dots or control characters")
	}
	if s.NVRAM != "" && !isCleanPath(s.NVRAM) {
		return bad("nvram", s.NVRAM, "absolute, without dots or control characters")
	}
	others := []string{s.ConsoleLog, s.NVRAM}
	for _, d := range s.Disks {
		others = append(others, d.Path, d.Backing)
	}
	if s.ConsoleSocket == s.VNCSocket {
		return bad("vnc socket", s.VNCSocket, "another than the console's")
	}
	for field, socket := range map[string]string{"console socket": s.ConsoleSocket, "vnc socket": s.VNCSocket} {
		if !isCleanPath(socket) || len(socket) > MaxSocketPath {
			return bad(field, socket, fmt.Sprintf("absolute, at most %d bytes", MaxSocketPath))
		}
		folder := filepath.Dir(socket) + "/"
		for _, path := range others {
			if strings.HasPrefix(path, folder) {
				return bad(field, socket, "in a folder that holds nothing else, not "+path)
			}
		}
	}
	return nil
}

// maxCPU bounds the numbers of CPUs and NUMA nodes, like the kernel.
const maxCPU = 8192

func (s Spec) checkPlacement() error {
	p := s.Placement
	if len(p.CPUs) > 0 && len(p.CPUs) != s.VCPUs {
		return bad("placement's cpus", len(p.CPUs), fmt.Sprintf("none, or one for each of %d", s.VCPUs))
	}
	seen := map[int]bool{}
	for _, cpu := range p.CPUs {
		if seen[cpu] {
			return bad("placement's cpus", cpu, "each once")
		}
		seen[cpu] = true
	}
	var node []int
	if p.Node != nil {
		node = []int{*p.Node}
	}
	for field, list := range map[string][]int{"cpus": p.CPUs, "emulator": p.Emulator, "node": node} {
		for _, n := range list {
			if n < 0 || n >= maxCPU {
				return bad("placement's "+field, n, fmt.Sprintf("0 to %d", maxCPU-1))
			}
		}
	}
	if p.PageKiB&(p.PageKiB-1) != 0 || p.PageKiB > 1<<20 || p.PageKiB != 0 && uint64(s.MemoryMiB)<<10%p.PageKiB != 0 {
		return bad("placement's page_kib", p.PageKiB, "a power of two that divides the memory, at most 1 GiB")
	}
	return nil
}

func (n NIC) check() error {
	switch {
	case !linkPattern.MatchString(n.Bridge):
		return bad("bridge", n.Bridge, "1 to 15 of [a-z0-9-]")
	case !linkPattern.MatchString(n.Tap) || strings.HasPrefix(n.Tap, "vnet"):
		return bad("tap", n.Tap, "1 to 15 of [a-z0-9-], not vnet…, which libvirt keeps for itself")
	case len(n.MAC) != 6 || n.MAC[0]&1 != 0:
		return bad("mac", n.MAC, "6 bytes, unicast")
	case !n.Addr.Is4():
		return bad("address", n.Addr, "IPv4")
	}
	return nil
}

func isCleanPath(path string) bool {
	return filepath.IsAbs(path) && filepath.Clean(path) == path && path != "/" &&
		!strings.ContainsFunc(path, isControl)
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func bad(field string, value any, rule string) error {
	return fmt.Errorf("%w: %s is %v, allowed: %s", ErrBadSpec, field, value, rule)
}
