package guests

import (
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/libvirt"
)

// conntrackMax is where the kernel says how many connections it tracks.
const conntrackMax = "/proc/sys/net/netfilter/nf_conntrack_max"

func diskLimits(s conf.Shares) libvirt.Limits {
	return libvirt.Limits{DiskBytes: uint64(s.DiskMiB) << 20, DiskIOs: uint64(s.DiskIOs)}
}

// networkLimits leaves the host at least half of the connections that the kernel tracks,
// however many its guests begin.
func networkLimits(s conf.Shares, cpus int, tracked uint64) network.Limits {
	l := network.Limits{Packets: uint64(s.Packets), Bytes: uint64(s.NetMbit) * 1_000_000 / 8, Connections: uint32(s.Connections)}
	if most := tracked / 2 / uint64(max(cpus, 1)); tracked > 0 && l.Connections > 0 && uint64(l.Connections) > most {
		l.Connections = uint32(max(most, 1))
	}
	return l
}

// networkHere is networkLimits for this computer.
func networkHere(s conf.Shares) network.Limits {
	text, err := os.ReadFile(conntrackMax)
	if err != nil {
		text = nil // the module is not loaded yet
	}
	tracked, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		tracked = 65536 // the least of the kernel's defaults on a computer that runs guests
	}
	return networkLimits(s, runtime.NumCPU(), tracked)
}

// firstUser begins 16,777,216 user ids that no distribution gives to anybody
// (systemd's UIDS-GIDS.md leaves 0x70000000 and more unused).
const firstUser = 0x70000000

// guestUser returns the user of a guest's emulator: an address is one guest's for
// as long as it is defined.
func guestUser(spec vm.Spec) (int, error) {
	if !spec.NIC.Addr.Is4() {
		return 0, fmt.Errorf("%w: address is %v, allowed: IPv4", vm.ErrBadSpec, spec.NIC.Addr)
	}
	return firstUser + offset(spec.NIC.Addr), nil
}

// offset is of the address within its /8.
func offset(a netip.Addr) int {
	b := a.As4()
	return int(b[1])<<16 | int(b[2])<<8 | int(b[3])
}
