package guests

import (
	"net/netip"
	"testing"

	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/vm"
)

func TestShares(t *testing.T) {
	t.Parallel()
	s := conf.Shares{DiskMiB: 100, DiskIOs: 2000, NetMbit: 250, Packets: 30000, Connections: 4096}
	for _, c := range []struct {
		cpus    int
		tracked uint64
		want    uint32
	}{{2, 262144, 4096}, {128, 262144, 1024}, {128, 1 << 20, 4096}, {1 << 20, 16, 1}, {0, 0, 4096}} {
		got := networkLimits(s, c.cpus, c.tracked)
		if got != (network.Limits{Connections: c.want, Packets: 30000, Bytes: 31_250_000}) {
			t.Errorf("%d CPUs, %d tracked: %+v", c.cpus, c.tracked, got)
		}
	}
	if got := networkLimits(conf.Shares{}, 4, 1000); got != (network.Limits{}) {
		t.Errorf("without bounds: %+v", got)
	}
}

func TestGuestUser(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for _, text := range []string{"172.31.224.2", "172.31.224.3", "172.31.239.254", "10.0.0.0", "10.255.255.255", "192.168.0.2"} {
		uid, err := guestUser(vm.Spec{NIC: vm.NIC{Addr: netip.MustParseAddr(text)}})
		if err != nil || uid < 0x70000000 || uid > 0x70ffffff || seen[uid] {
			t.Errorf("%s: %#x, %v", text, uid, err)
		}
		seen[uid] = true
	}
	if _, err := guestUser(vm.Spec{}); err == nil {
		t.Error("a guest without an address has a user")
	}
}
