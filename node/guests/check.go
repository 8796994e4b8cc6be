package guests

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strings"

	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/vm"
)

// The bounds of what one call may carry.
const (
	maxDataDisks   = 8
	maxConnections = 1024
	maxPorts       = 100
	maxSources     = 16
	maxPassword    = 128
)

var (
	uuidForm   = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	targetForm = regexp.MustCompile(`^vd[a-y]$`)
	portForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)
	userForm   = regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,31}$`)
)

func checkUUID(id vm.UUID) error {
	if !uuidForm.MatchString(string(id)) {
		return badSpec("uuid", id, "36 characters, lower case")
	}
	return nil
}

func checkTarget(name string) error {
	if !targetForm.MatchString(name) {
		return badSpec("disk", name, "vda to vdy")
	}
	return nil
}

// checkVM refuses what this computer can't have, whoever's VM it is.
func (l *Local) checkVM(v VM) error {
	switch {
	case v.VCPUs > maxCPUs(l.rules.CPUs):
		return badSpec("vcpus", v.VCPUs, fmt.Sprintf("at most the computer's %d", maxCPUs(l.rules.CPUs)))
	case v.MemoryMiB > maxMemory(l.rules.MemoryMiB):
		return badSpec("memory_mib", v.MemoryMiB, fmt.Sprintf("at most the computer's %d", maxMemory(l.rules.MemoryMiB)))
	case len(v.Disks) > maxDataDisks:
		return badSpec("data_disks", len(v.Disks), fmt.Sprintf("at most %d", maxDataDisks))
	}
	for _, name := range v.Disks {
		if err := taskdir.CheckDisk(name); err != nil {
			return fmt.Errorf("%w: %w", vm.ErrBadSpec, err)
		}
	}
	return v.Firmware.Validate()
}

// specOf makes the definition of v from the record, and refuses what was not
// recorded together when the disks were made.
func (l *Local) specOf(v VM) (vm.Spec, error) {
	r, err := l.recorded(v.Folder)
	if err != nil {
		return vm.Spec{}, fmt.Errorf("%w: %w", vm.ErrBadSpec, err)
	}
	if r.Holder.Seed == "" {
		return vm.Spec{}, badSpec("seed", "not written", "a VM whose seed is written")
	}
	if r.Firmware != "" && r.Firmware != v.firmware() {
		return vm.Spec{}, badSpec("firmware", v.firmware(), fmt.Sprintf("%s, for which its disks were made", r.Firmware))
	}
	for _, name := range v.Disks {
		if !r.HasDisk(name) {
			return vm.Spec{}, badSpec("disk", name, fmt.Sprintf("one of the VM's %q", r.Disks))
		}
	}
	spec := l.layout.Spec(v, r, l.domain(r.Holder))
	return spec, spec.Validate()
}

// maxCPUs is bounded where the computer's are not known.
func maxCPUs(known int) int {
	if known == 0 {
		return 1 << 16
	}
	return known
}

// maxMemory in MiB, bounded where the computer's is not known.
func maxMemory(known uint64) uint64 {
	if known == 0 {
		return 64 << 20
	}
	return known
}

// checkAddrs: the card is of the kind that a node makes, the address a guest's.
func (l *Local) checkAddrs(mac net.HardwareAddr, addr netip.Addr) error {
	cidr := l.rules.CIDR
	switch {
	case len(mac) != 6 || mac[0] != 0x02:
		return refuse("mac", mac[:min(len(mac), 20)], "six bytes, the first 02")
	case !addr.Is4() || !cidr.Contains(addr) || addr == cidr.Addr() || addr == cidr.Addr().Next() || !cidr.Contains(addr.Next()):
		return refuse("addr", fmt.Sprintf("%q", addr), fmt.Sprintf("a host of %v but its first", cidr))
	}
	return nil
}

// checkPort: never one of the host's own.
func (l *Local) checkPort(p network.Port) error {
	first, last := l.rules.PortFirst, l.rules.PortLast
	switch {
	case p.Protocol != "tcp" && p.Protocol != "udp":
		return refuse("protocol", fmt.Sprintf("%q", p.Protocol), "tcp or udp")
	case p.Host < first || p.Host > last:
		return refuse("host port", p.Host, fmt.Sprintf("%d-%d (port_first and port_last of core.conf)", first, last))
	case p.Guest < 1:
		return refuse("guest port", p.Guest, "1-65535")
	case !portForm.MatchString(p.Name):
		return refuse("port name", fmt.Sprintf("%.60q", p.Name), "1 to 32 of a-z, 0-9 and -")
	case len(p.Sources) > maxSources:
		return refuse("sources", len(p.Sources), fmt.Sprintf("at most %d", maxSources))
	}
	return nil
}

func checkPassword(user, password string) error {
	printable := func(r rune) bool { return r >= ' ' && r <= '~' }
	switch {
	case !userForm.MatchString(user):
		return refuse("user", fmt.Sprintf("%q", user), "1 to 32 of a-z, 0-9, _ and -")
	case len(password) < 1 || len(password) > maxPassword || strings.ContainsFunc(password, func(r rune) bool { return !printable(r) }):
		return refuse("password", "…", fmt.Sprintf("1 to %d printable ASCII characters", maxPassword))
	}
	return nil
}
