package network_test

import (
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/dbc-network/dbc/node/guests/network"
)

// TestAFreeNetwork: a network that the computer is connected to is passed over, by
// its addresses as well as by its routes.
func TestAFreeNetwork(t *testing.T) {
	host, lan := newSpace(t), newSpace(t)
	join(t, host, "lan0", lan, "eth0", nil)
	prefixes := []netip.Prefix{
		netip.MustParsePrefix("172.31.224.0/20"), netip.MustParsePrefix("10.231.224.0/20"), netip.MustParsePrefix("192.168.224.0/20"),
	}
	free := func(want netip.Prefix) {
		t.Helper()
		host.must(t, func() error {
			if got, err := network.Free(prefixes); err != nil || got != want {
				return fmt.Errorf("%v, %w; want %v", got, err, want)
			}
			return nil
		})
	}
	free(prefixes[0])
	host.must(t, up("lan0", "172.31.5.5/16"))
	free(prefixes[1])
	host.must(t, func() error {
		link, err := netlink.LinkByName("lan0")
		if err != nil {
			return err
		}
		return netlink.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Scope: netlink.SCOPE_LINK, Dst: &net.IPNet{IP: net.IP{10, 0, 0, 0}, Mask: net.CIDRMask(8, 32)}})
	})
	free(prefixes[2])
	host.must(t, up("lan0", "192.168.225.1/24"))
	free(netip.Prefix{})
}
