package network

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// stale finds the kernel's memory of connections that the rules let through no
// more. Left there, a client that keeps sending would go on being led to the
// guest that had the port before, and never reach the one that has it now.
type stale struct {
	config Config
	guests map[netip.Addr]bool
	ports  map[portUse]bool
}

// portUse is a published port and where it leads.
type portUse struct {
	protocol    byte
	host, guest uint16
	addr        netip.Addr
}

var _ netlink.CustomConntrackFilter = (*stale)(nil)

func newStale(config Config, bindings []Binding) *stale {
	s := &stale{config: config, guests: map[netip.Addr]bool{}, ports: map[portUse]bool{}}
	for _, b := range bindings {
		s.guests[b.Addr] = true
		for _, p := range b.Ports {
			s.ports[portUse{protocolNumber(p.Protocol), p.Host, p.Guest, b.Addr}] = true
		}
	}
	return s
}

// MatchConntrackFlow is netlink.CustomConntrackFilter.
func (s *stale) MatchConntrackFlow(flow *netlink.ConntrackFlow) bool {
	from, answers, asked := toAddr(flow.Forward.SrcIP), toAddr(flow.Reverse.SrcIP), toAddr(flow.Forward.DstIP)
	if s.config.isGuest(from) && !s.guests[from] {
		return true // begun by a guest that is gone
	}
	if !s.config.isGuest(answers) {
		return false
	}
	if !s.guests[answers] {
		return true
	}
	use := portUse{flow.Forward.Protocol, flow.Forward.DstPort, flow.Reverse.SrcPort, answers}
	return answers != asked && !s.ports[use]
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
