package budget

import (
	"net"
	"net/netip"
)

// siteBits of a public IPv6 address are the network's that one person easily has.
const siteBits = 48

var public6 = netip.MustParsePrefix("2000::/3")

// Source is whom an address with a port counts for: its host; of a public IPv6
// address the network, for one person has all of its addresses. What is no address,
// as a peer's id, is itself.
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
