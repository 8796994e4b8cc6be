// Package network_test tests the guests' network in the kernel: one network
// namespace is the host, others are guests, a neighbour in the host's private
// network, and the internet. It needs root and Linux with nftables.
package network_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/test/netns"
)

const (
	bridge = "dbctest0"
	// dropped is how long a probe waits before its packet counts as dropped;
	// what passes takes less than a millisecond.
	dropped = 400 * time.Millisecond
)

var (
	guestNet = netip.MustParsePrefix("10.66.0.0/24")
	guests   = []network.Binding{
		{
			Tap: "dtap1", MAC: net.HardwareAddr{0x52, 0x54, 0, 0, 0, 1}, Addr: netip.MustParseAddr("10.66.0.11"),
			Ports: []network.Port{{Protocol: "tcp", Host: 5222, Guest: 22}, {Protocol: "udp", Host: 5353, Guest: 53}},
		},
		{
			Tap: "dtap2", MAC: net.HardwareAddr{0x52, 0x54, 0, 0, 0, 2}, Addr: netip.MustParseAddr("10.66.0.12"),
			Ports: []network.Port{{Protocol: "tcp", Host: 5223, Guest: 22}},
		},
	}
)

// space is a network namespace.
type space struct{ *netns.Space }

// world is a host with two guests, a neighbour and the internet.
type world struct {
	host, guest1, guest2, lan, outside *space
	limits                             network.Limits
}

func newSpace(t *testing.T) *space {
	t.Helper()
	return &space{netns.New(t)}
}

func (s *space) must(t *testing.T, f func() error) {
	t.Helper()
	if err := s.Do(f); err != nil {
		t.Fatal(err)
	}
}

// join connects two namespaces by a pair of links.
func join(t *testing.T, a *space, nameA string, b *space, nameB string, mac net.HardwareAddr) {
	t.Helper()
	a.must(t, func() error {
		attrs := netlink.NewLinkAttrs()
		attrs.Name = nameA
		return netlink.LinkAdd(&netlink.Veth{
			LinkAttrs: attrs, PeerName: nameB, PeerHardwareAddr: mac,
			PeerNamespace: netlink.NsFd(b.FD()),
		})
	})
}

// up brings a link up with addresses.
func up(name string, addrs ...string) func() error {
	return func() error {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		for _, text := range addrs {
			addr, err := netlink.ParseAddr(text)
			if err != nil {
				return err
			}
			if err := netlink.AddrAdd(link, addr); err != nil {
				return err
			}
		}
		return netlink.LinkSetUp(link)
	}
}

func route(to, via string) func() error {
	return func() error {
		r := &netlink.Route{Gw: net.ParseIP(via)}
		if to != "" {
			dst, err := netlink.ParseIPNet(to)
			if err != nil {
				return err
			}
			r.Dst = dst
		}
		return netlink.RouteAdd(r)
	}
}

// newWorld connects everything and applies the guests' rules. 11.0.0.1 is the
// host's public address and 192.168.77.1 its private one.
func newWorld(t *testing.T, published string) *world {
	t.Helper()
	return newWorldWithin(t, published, network.Limits{})
}

func newWorldWithin(t *testing.T, published string, limits network.Limits) *world {
	t.Helper()
	w := &world{newSpace(t), newSpace(t), newSpace(t), newSpace(t), newSpace(t), limits}
	join(t, w.host, "wan0", w.outside, "eth0", nil)
	join(t, w.host, "lan0", w.lan, "eth0", nil)
	w.host.must(t, up("wan0", "11.0.0.1/24"))
	w.host.must(t, up("lan0", "192.168.77.1/24"))
	w.outside.must(t, up("eth0", "11.0.0.2/24"))
	// All of these are "far away" for the host, by its default route.
	w.outside.must(t, up("lo", "9.9.9.9/32", "169.254.169.254/32", "100.64.9.9/32", "10.200.0.1/32",
		"172.16.9.9/32", "192.168.200.1/32", "168.63.129.16/32", "198.18.0.9/32"))
	w.lan.must(t, up("eth0", "192.168.77.2/24"))
	w.host.must(t, route("", "11.0.0.2"))
	w.lan.must(t, route("", "192.168.77.1"))
	// An attacker on the host's own network who routes to the guests.
	w.outside.must(t, route("10.66.0.0/24", "11.0.0.1"))

	n := w.open(t, published)
	w.host.must(t, func() error { return n.Ensure(context.Background()) })
	w.host.must(t, func() error { return n.Apply(context.Background(), guests) })
	w.plug(t, w.guest1, guests[0])
	w.plug(t, w.guest2, guests[1])
	return w
}

func (w *world) open(t *testing.T, published string) *network.Network {
	t.Helper()
	n, err := network.Open(network.Config{Bridge: bridge, CIDR: guestNet, Published: netip.MustParseAddr(published), Limits: w.limits})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// plug puts a guest on the bridge, with the addresses of its binding.
func (w *world) plug(t *testing.T, guest *space, b network.Binding) {
	t.Helper()
	join(t, w.host, b.Tap, guest, "eth0", b.MAC)
	w.host.must(t, func() error {
		port, err := netlink.LinkByName(b.Tap)
		if err != nil {
			return err
		}
		master, err := netlink.LinkByName(bridge)
		if err != nil {
			return err
		}
		return errors.Join(netlink.LinkSetMaster(port, master), netlink.LinkSetUp(port))
	})
	guest.must(t, up("eth0", b.Addr.String()+"/24"))
	guest.must(t, route("", "10.66.0.1"))
	w.host.must(t, func() error { return carried(b.Tap, bridge) })
}

// carried waits until the kernel considers links connected, which it does up to
// a second after they are: a bridge drops a port's frames until then.
func carried(names ...string) error {
	for deadline := time.Now().Add(10 * time.Second); len(names) > 0; {
		link, err := netlink.LinkByName(names[0])
		switch {
		case err != nil:
			return err
		case link.Attrs().OperState == netlink.OperUp:
			names = names[1:]
		case time.Now().After(deadline):
			return fmt.Errorf("%s stays %s", names[0], link.Attrs().OperState)
		default:
			_, _ = unix.Poll(nil, 5) // the kernel has no event for it; takes milliseconds
		}
	}
	return nil
}

// serve answers on a port of every address with the peer's address. Each
// address has its own socket: a UDP answer from a socket for all addresses
// would leave from another address than the request was sent to.
func serve(t *testing.T, s *space, port int) {
	t.Helper()
	s.must(t, func() error {
		addrs, err := netlink.AddrList(nil, unix.AF_INET)
		if err != nil {
			return err
		}
		for _, a := range addrs {
			addr := netip.AddrPortFrom(netip.MustParseAddr(a.IP.String()), uint16(port)).String()
			if err := serveTCP(t, addr); err != nil {
				return err
			}
			if err := serveUDP(t, addr); err != nil {
				return err
			}
		}
		return nil
	})
}

func serveTCP(t *testing.T, addr string) error {
	l, err := net.Listen("tcp4", addr)
	if err != nil {
		return err
	}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, c.RemoteAddr().String())
			c.Close()
		}
	}()
	return nil
}

func serveUDP(t *testing.T, addr string) error {
	c, err := net.ListenPacket("udp4", addr)
	if err != nil {
		return err
	}
	done := make(chan struct{})
	t.Cleanup(func() { c.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, 64)
		for {
			_, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = c.WriteTo([]byte(from.String()), from)
		}
	}()
	return nil
}

// probe sends a request to a server from a namespace, and returns the host part
// of the address that the server saw.
func probe(s *space, protocol, addr string) (string, error) {
	var seen string
	err := s.Do(func() error {
		c, err := (&net.Dialer{Timeout: dropped}).Dial(protocol+"4", addr)
		if err != nil {
			return err
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(dropped))
		if protocol == "udp" {
			if _, err := c.Write([]byte("?")); err != nil {
				return err
			}
		}
		buf := make([]byte, 64)
		n, err := c.Read(buf)
		if err != nil {
			return err
		}
		seen, _, err = net.SplitHostPort(string(buf[:n]))
		return err
	})
	return seen, err
}

func passes(t *testing.T, what string, s *space, protocol, addr, wantSeen string) {
	t.Helper()
	seen, err := probe(s, protocol, addr)
	if err != nil {
		t.Errorf("%s: %s %s: %v, want it to pass", what, protocol, addr, err)
	} else if wantSeen != "" && seen != wantSeen {
		t.Errorf("%s: %s %s: server saw %s, want %s", what, protocol, addr, seen, wantSeen)
	}
}

func blocked(t *testing.T, what string, s *space, protocol, addr string) {
	t.Helper()
	if seen, err := probe(s, protocol, addr); err == nil {
		t.Errorf("%s: %s %s passed (server saw %s), want it dropped", what, protocol, addr, seen)
	}
}
