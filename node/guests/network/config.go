// Package network gives guests access to the internet and nothing else. It
// consists of a bridge whose ports cannot talk to each other, and nftables
// rules that publish chosen ports and drop all traffic to the computer itself,
// to private ranges, to networks that the computer is connected to and to other
// guests.
package network

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"regexp"
)

// Config is what Open needs.
type Config struct {
	// Bridge is the name of the bridge: 1 to 15 characters of [a-z0-9-]. The
	// names of the tables are derived from it, so that several networks can
	// coexist.
	Bridge string
	// CIDR is the guests' private IPv4 network. Its first address is the
	// gateway.
	CIDR netip.Prefix
	// Published is the computer's address on which published ports are
	// reachable. 0.0.0.0 means all its addresses. A loopback address is for
	// devnets: then only programs on this computer reach the guests.
	Published netip.Addr
	// Limits bound each guest, per virtual CPU.
	Limits Limits
	// Logger defaults to slog.Default().
	Logger *slog.Logger
}

// Binding is one guest: its port on the bridge, its addresses, and the ports
// that the computer publishes for it.
type Binding struct {
	// Owner names the VM in errors.
	Owner string
	Tap   string
	MAC   net.HardwareAddr
	Addr  netip.Addr
	Ports []Port
	// CPUs is the number of the guest's CPUs, by which its limits are
	// multiplied; 0 counts as 1.
	CPUs int
}

// Port forwards Host on the published address to Guest on the guest. Its place in a list
// means nothing.
type Port struct {
	// Name is the port's among those of its owner.
	Name string
	// Protocol is "tcp" or "udp".
	Protocol string
	Host     uint16
	Guest    uint16
	// Sources are IPv4 networks that may connect, beside the computer itself; none
	// means everybody.
	Sources []netip.Prefix
}

var linkPattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,14}$`)

func (c Config) validate() error {
	switch {
	case !linkPattern.MatchString(c.Bridge):
		return fmt.Errorf("%w: bridge is %q, allowed: 1 to 15 of [a-z0-9-], a letter first", ErrBadConfig, c.Bridge)
	case !c.CIDR.IsValid() || !c.CIDR.Addr().Is4() || c.CIDR != c.CIDR.Masked():
		return fmt.Errorf("%w: guest network is %v, allowed: an IPv4 network such as 10.66.0.0/16", ErrBadConfig, c.CIDR)
	case c.CIDR.Bits() < 8 || c.CIDR.Bits() > 30:
		return fmt.Errorf("%w: guest network is %v, allowed: /8 to /30", ErrBadConfig, c.CIDR)
	case !isPrivate(c.CIDR):
		return fmt.Errorf("%w: guest network is %v, allowed: inside 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10", ErrBadConfig, c.CIDR)
	case !c.Published.Is4() || c.Published.IsMulticast():
		return fmt.Errorf("%w: published address is %v, allowed: an IPv4 address of this host, or 0.0.0.0", ErrBadConfig, c.Published)
	}
	return nil
}

// Gateway returns the bridge's own address: the first address of the network.
func (c Config) Gateway() netip.Prefix {
	return netip.PrefixFrom(c.CIDR.Addr().Next(), c.CIDR.Bits())
}

func isPrivate(p netip.Prefix) bool {
	for _, text := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"} {
		if r := netip.MustParsePrefix(text); r.Bits() <= p.Bits() && r.Contains(p.Addr()) {
			return true
		}
	}
	return false
}
