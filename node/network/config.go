// Package network gives guests the internet and nothing else: a bridge whose
// ports can't talk to each other, and nftables rules that publish chosen ports
// and drop everything on the way to the host, to private ranges, to networks
// that the host is connected to and to other guests.
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
	// Bridge is the name of the bridge, 1 to 15 of [a-z0-9-]. The names of the
	// tables follow from it, so that several networks live side by side.
	Bridge string
	// CIDR is the guests' private IPv4 network; its first host is the gateway.
	CIDR netip.Prefix
	// Published is the host's address that answers for published ports.
	// 0.0.0.0 means every address of the host. A loopback address is for
	// devnets: only programs of this host reach the guests then.
	Published netip.Addr
	// Limits bound each guest by its virtual CPUs.
	Limits Limits
	// Logger is slog.Default() when nil.
	Logger *slog.Logger
}

// TapPrefix begins the names of guests' ports.
const TapPrefix = "dt"

// Binding is one guest: its port on the bridge, its addresses, and the ports
// that the host publishes for it.
type Binding struct {
	Tap   string
	MAC   net.HardwareAddr
	Addr  netip.Addr
	Ports []Port
	// CPUs are the guest's, by which its limits grow; 0 counts as 1.
	CPUs int
}

// Port leads Host on the published address to Guest on the guest.
type Port struct {
	// Protocol is "tcp" or "udp".
	Protocol string
	Host     uint16
	Guest    uint16
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

// Gateway is the bridge's own address: the first host of the network.
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
