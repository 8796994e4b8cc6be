package budget

import (
	"net"
	"net/netip"
)

// siteBits is the prefix length of a public IPv6 network that one person easily
// has.
const siteBits = 48

var public6 = netip.MustParsePrefix("2000::/3")

// Source returns what a remote address counts as: its host or, for a public
// IPv6 address, the network, because one person has all of its addresses. A
// text that is not an address, such as a peer id, is returned unchanged.
func Source(remote string) string {
	name, _, err := net.SplitHostPort(remote)
	if err != nil {
		name = remote
	}
	addr, err := netip.ParseAddr(name)
	if err != nil {
		return name
	}
	if addr = addr.Unmap(); !public6.Contains(addr) {
		return addr.String()
	}
	return netip.PrefixFrom(addr, siteBits).Masked().String()
}
