package network_test

import (
	"net"
	"sync"
	"testing"

	"github.com/vishvananda/netlink"
)

// TestNoWayAroundTheBridge: no bridge forwards a frame to 01:80:c2:00:00:0X, so
// the computer receives it from the guest's own port, which rules for the
// bridge do not name.
func TestNoWayAroundTheBridge(t *testing.T) {
	w := newWorld(t, "11.0.0.1")
	for _, s := range []*space{w.host, w.guest2, w.lan, w.outside} {
		serve(t, s, 80)
	}
	passes(t, "control from the host", w.host, "udp", "192.168.77.1:80", "")
	for last := range byte(16) {
		group := net.HardwareAddr{1, 0x80, 0xc2, 0, 0, last}
		w.guest1.must(t, func() error {
			link, err := netlink.LinkByName("eth0")
			if err != nil {
				return err
			}
			return netlink.NeighSet(&netlink.Neigh{
				LinkIndex: link.Attrs().Index, State: netlink.NUD_PERMANENT, IP: net.IPv4(10, 66, 0, 1), HardwareAddr: group,
			})
		})
		var all sync.WaitGroup
		for _, to := range []string{"10.66.0.1:80", "11.0.0.1:80", "192.168.77.1:80", "192.168.77.2:80", "172.16.9.9:80"} {
			for _, protocol := range []string{"tcp", "udp"} {
				all.Go(func() {
					if seen, err := probe(w.guest1, protocol, to); err == nil {
						t.Errorf("by %s a guest reaches %s %s, as %s", group, protocol, to, seen)
					}
				})
			}
		}
		all.Wait()
	}
}
