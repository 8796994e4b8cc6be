package p2p

import (
	"net/netip"
	"strings"
	"testing"

	ma "github.com/multiformats/go-multiaddr"
)

// FuzzAddresses verifies that lines of peer.conf result in two addresses or
// none, and that on a main network addresses from the chain are dialed only if
// they are public.
func FuzzAddresses(f *testing.F) {
	id, err := PeerID("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
	if err != nil {
		f.Fatal(err)
	}
	h := &Host{gate: &gate{publicOnly: true}}
	f.Add("203.0.113.7:5001")
	f.Add("node.example:5001")
	f.Add("/ip4/203.0.113.7/udp/5001/quic-v1")
	f.Add("/ip4/203.0.113.7/tcp/5001/p2p/" + id.String() + "/p2p-circuit")
	f.Fuzz(func(t *testing.T, text string) {
		for _, a := range h.parseAddrs(id, strings.Split(text, "\n")) {
			if ip, err := a.ValueForProtocol(ma.P_IP4); err == nil && (strings.HasPrefix(ip, "127.") || strings.HasPrefix(ip, "10.")) {
				t.Errorf("%q leads to %s", text, ip)
			}
		}
		if name, _, err := splitLine(text); err == nil {
			if _, err := netip.ParseAddr(name); err != nil {
				return // a name server would be queried
			}
			if addrs, err := lineAddrs(t.Context(), text); err == nil && len(addrs) != 2 {
				t.Errorf("%q: %v", text, addrs)
			}
		}
	})
}
