package p2p

import (
	"net/netip"
	"slices"
	"sync"

	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

// special are ranges outside the public internet in addition to those that
// netip knows (RFC 6890 and its registries), and ranges whose addresses embed
// another one that a gateway of this network would dial.
var special = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)

// globalV6 is all of IPv6 that is allocated. nat64 has an IPv4 address at its
// end (RFC 6052).
var (
	globalV6 = netip.MustParsePrefix("2000::/3")
	nat64    = netip.MustParsePrefix("64:ff9b::/96")
)

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}

// gate decides about every dial, whatever the source of the address: the chain,
// the hash table, a relay, or a peer's own claim.
type gate struct {
	// publicOnly permits only public addresses and those in peer.conf.
	publicOnly bool

	mu    sync.Mutex
	named map[string]bool
}

var _ connmgr.ConnectionGater = (*gate)(nil)

// name allows addresses that the operator configured.
func (g *gate) name(addrs []ma.Multiaddr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.named == nil {
		g.named = map[string]bool{}
	}
	for _, a := range addrs {
		g.named[a.String()] = true
	}
}

// InterceptAddrDial is called after names were resolved.
func (g *gate) InterceptAddrDial(_ peer.ID, a ma.Multiaddr) bool {
	if !g.publicOnly || publicAddr(a) {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.named[a.String()]
}

// mayTry reports whether an address can be permitted. If it has a name, the
// name is resolved.
func (g *gate) mayTry(a ma.Multiaddr) bool {
	if len(a) == 0 {
		return false
	}
	switch a[0].Protocol().Code {
	case ma.P_DNS, ma.P_DNS4, ma.P_DNS6:
		return true
	}
	return g.InterceptAddrDial("", a)
}

// InterceptPeerDial allows every peer; its addresses are checked instead.
func (*gate) InterceptPeerDial(peer.ID) bool { return true }

// InterceptAccept allows every caller; the resource manager counts them.
func (*gate) InterceptAccept(network.ConnMultiaddrs) bool { return true }

// InterceptSecured allows every key, which proves only itself.
func (*gate) InterceptSecured(network.Direction, peer.ID, network.ConnMultiaddrs) bool { return true }

// InterceptUpgraded allows what was allowed before.
func (*gate) InterceptUpgraded(network.Conn) (bool, control.DisconnectReason) { return true, 0 }

// publicAddr reports whether an address starts at a computer on the public
// internet. A path through a relay that is named only by its key counts as
// well: reaching the relay is a separate dial.
func publicAddr(a ma.Multiaddr) bool {
	if len(a) == 0 {
		return false
	}
	switch first := a[0]; first.Protocol().Code {
	case ma.P_IP4, ma.P_IP6:
		ip, ok := netip.AddrFromSlice(first.RawValue())
		return ok && publicIP(ip)
	case ma.P_P2P:
		return len(a) > 1 && a[1].Protocol().Code == ma.P_CIRCUIT
	}
	return false
}

func publicIP(ip netip.Addr) bool {
	if ip.Is4In6() {
		return false // no peer has a reason to write an address like this
	}
	if ip.Is6() && nat64.Contains(ip) {
		b := ip.As16()
		ip = netip.AddrFrom4([4]byte(b[12:]))
	}
	if ip.Is6() && !globalV6.Contains(ip) {
		return false
	}
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(ip) })
}
