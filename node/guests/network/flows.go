package network

import (
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// stale matches tracked connections that the rules no longer permit. If they
// stayed, a client that keeps sending would still be forwarded to the guest
// that had the port before, and never reach the one that has it now.
type stale struct {
	config Config
	guests map[netip.Addr]bool
	ports  map[portUse]Port
	// local are the computer's own addresses, which no port excludes.
	local map[netip.Addr]bool
}

// portUse is a published port and its destination.
type portUse struct {
	protocol    byte
	host, guest uint16
	addr        netip.Addr
}

var _ netlink.CustomConntrackFilter = (*stale)(nil)

func newStale(config Config, bindings []Binding) (*stale, error) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	s := &stale{config: config, guests: map[netip.Addr]bool{}, ports: map[portUse]Port{}, local: map[netip.Addr]bool{}}
	for _, a := range addrs {
		if network, ok := a.(*net.IPNet); ok {
			s.local[toAddr(network.IP)] = true
		}
	}
	for _, b := range bindings {
		s.guests[b.Addr] = true
		for _, p := range b.Ports {
			s.ports[portUse{protocolNumber(p.Protocol), p.Host, p.Guest, b.Addr}] = p
		}
	}
	return s, nil
}

// MatchConntrackFlow implements netlink.CustomConntrackFilter.
func (s *stale) MatchConntrackFlow(flow *netlink.ConntrackFlow) bool {
	from, answers, asked := toAddr(flow.Forward.SrcIP), toAddr(flow.Reverse.SrcIP), toAddr(flow.Forward.DstIP)
	if s.config.isGuest(from) && !s.guests[from] {
		return true // started by a guest that is gone
	}
	if !s.config.isGuest(answers) {
		return false
	}
	if !s.guests[answers] {
		return true
	}
	use := portUse{flow.Forward.Protocol, flow.Forward.DstPort, flow.Reverse.SrcPort, answers}
	port, published := s.ports[use]
	return answers != asked && (!published || !s.admits(port, from))
}

// admits reports whether an address may connect to a port.
func (s *stale) admits(p Port, from netip.Addr) bool {
	return len(p.Sources) == 0 || s.local[from] || slices.ContainsFunc(p.Sources, func(n netip.Prefix) bool { return n.Contains(from) })
}

func (s *stale) forget() error {
	if _, err := netlink.ConntrackDeleteFilters(netlink.ConntrackTable, unix.AF_INET, s); err != nil {
		return fmt.Errorf("forget old connections: %w", err)
	}
	return nil
}

func toAddr(ip net.IP) netip.Addr {
	addr, _ := netip.AddrFromSlice(ip)
	return addr.Unmap()
}
