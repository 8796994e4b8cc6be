package network

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// reserved are the ranges that no guest may reach: everything in IANA's IPv4
// special-purpose registry that is not global, multicast, and the one public
// address on which a cloud serves metadata.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // shared; contains Alibaba's metadata
	netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("168.63.129.16/32"), // Azure's platform service
	netip.MustParsePrefix("169.254.0.0/16"),   // link-local; 169.254.169.254 is metadata
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.0.0.0/24"), // contains Oracle's metadata
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("224.0.0.0/4"),
	netip.MustParsePrefix("240.0.0.0/4"),
}

// minConnected is the shortest prefix that counts as a connected network: a
// link route to half the internet is a tunnel, not a local network.
const minConnected = 8

// connected returns the networks that the computer reaches without a router:
// those of its addresses and of its link routes in every table.
func connected() ([]netip.Prefix, error) {
	var list []netip.Prefix
	addrs, err := netlink.AddrList(nil, unix.AF_INET)
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	for _, a := range addrs {
		list = appendNet(list, a.IP, a.Mask)
		if a.Peer != nil {
			list = appendNet(list, a.Peer.IP, a.Peer.Mask)
		}
	}
	filter := &netlink.Route{Table: unix.RT_TABLE_UNSPEC, Scope: netlink.SCOPE_LINK}
	routes, err := netlink.RouteListFiltered(unix.AF_INET, filter, netlink.RT_FILTER_TABLE|netlink.RT_FILTER_SCOPE)
	if err != nil {
		return nil, fmt.Errorf("list routes: %w", err)
	}
	for _, r := range routes {
		if r.Dst != nil {
			list = appendNet(list, r.Dst.IP, r.Dst.Mask)
		}
	}
	return list, nil
}

func appendNet(list []netip.Prefix, ip, mask []byte) []netip.Prefix {
	addr, ok := netip.AddrFromSlice(ip)
	bits := 0
	for _, b := range mask {
		for ; b != 0; b <<= 1 {
			bits++
		}
	}
	if addr = addr.Unmap(); !ok || !addr.Is4() || len(mask) != 4 || bits < minConnected {
		return list
	}
	return append(list, netip.PrefixFrom(addr, bits).Masked())
}

// span is a range of addresses, including both ends.
type span struct{ first, last uint32 }

// merge returns sorted spans that neither overlap nor touch, because the kernel
// refuses a set with overlaps.
func merge(prefixes []netip.Prefix) []span {
	spans := make([]span, 0, len(prefixes))
	for _, p := range prefixes {
		spans = append(spans, span{number(p.Masked().Addr()), number(lastAddr(p))})
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	var out []span
	for _, s := range spans {
		if n := len(out); n > 0 && uint64(s.first) <= uint64(out[n-1].last)+1 {
			out[n-1].last = max(out[n-1].last, s.last)
			continue
		}
		out = append(out, s)
	}
	return out
}

func number(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}

func lastAddr(p netip.Prefix) netip.Addr {
	n := number(p.Masked().Addr()) | uint32(1<<(32-p.Bits())-1)
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, n)))
}
