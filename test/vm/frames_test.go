package vm_test

import (
	"net"
	"net/netip"
)

func ether(from net.HardwareAddr, kind uint16) []byte {
	return append(append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, from...), byte(kind>>8), byte(kind))
}

// arp returns a request for the address of target, with sender as the source.
func arp(from, hw net.HardwareAddr, sender, target string) []byte {
	b := append(ether(from, 0x0806), 0, 1, 8, 0, 6, 4, 0, 1)
	s, d := netip.MustParseAddr(sender).As4(), netip.MustParseAddr(target).As4()
	b = append(append(b, hw...), s[:]...)
	b = append(append(b, 0, 0, 0, 0, 0, 0), d[:]...)
	return append(b, make([]byte, 60-len(b))...)
}

// ipv6 returns an empty packet from a link-local address to all nodes.
func ipv6(from net.HardwareAddr) []byte {
	b := append([]byte{0x33, 0x33, 0, 0, 0, 1}, from...)
	b = append(b, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 0, 59, 64)
	s, d := netip.MustParseAddr("fe80::11").As16(), netip.MustParseAddr("ff02::1").As16()
	b = append(append(b, s[:]...), d[:]...)
	return append(b, make([]byte, 60-len(b))...)
}
