package network_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/dbc-network/dbc/node/guests/network"
)

// frame sends one raw frame from a guest and reports whether it arrived at a
// link in another namespace. It looks for the payload, whatever carries it.
func frame(t *testing.T, from, at *space, link string, data []byte) bool {
	t.Helper()
	var sniffer int
	at.must(t, func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(swap(unix.ETH_P_ALL)))
		if err != nil {
			return err
		}
		sniffer = fd
		l, err := netlink.LinkByName(link)
		if err != nil {
			return err
		}
		tv := unix.NsecToTimeval(dropped.Nanoseconds())
		return errors.Join(
			unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv),
			unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: swap(unix.ETH_P_ALL), Ifindex: l.Attrs().Index}))
	})
	defer unix.Close(sniffer)
	from.must(t, func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		l, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		return unix.Sendto(fd, data, 0, &unix.SockaddrLinklayer{Ifindex: l.Attrs().Index})
	})
	buf := make([]byte, 2048)
	for start := time.Now(); time.Since(start) < dropped; {
		n, err := unix.Read(sniffer, buf)
		if err != nil {
			return false
		}
		if strings.Contains(string(buf[:n]), marker) {
			return true
		}
	}
	return false
}

const marker = "a frame of the test"

func swap(v uint16) uint16 { return v<<8 | v>>8 }

var broadcast = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

func ether(dst, src net.HardwareAddr, kind uint16, body []byte) []byte {
	head := append(append(append([]byte{}, dst...), src...), byte(kind>>8), byte(kind))
	return append(append(head, body...), marker...)
}

func ipv4(src, dst netip.Addr) []byte {
	b := make([]byte, 20)
	b[0], b[3], b[8], b[9] = 0x45, byte(20+len(marker)), 64, unix.IPPROTO_UDP
	copy(b[12:], src.AsSlice())
	copy(b[16:], dst.AsSlice())
	var sum uint32
	for i := 0; i < 20; i += 2 {
		sum += uint32(b[i])<<8 | uint32(b[i+1])
	}
	sum = sum&0xffff + sum>>16
	b[10], b[11] = ^byte(sum>>8), ^byte(sum)
	return b
}

func arp(mac net.HardwareAddr, addr netip.Addr) []byte {
	b := append([]byte{0, 1, 8, 0, 6, 4, 0, 1}, mac...)
	b = append(b, addr.AsSlice()...)
	return append(b, make([]byte, 10)...)
}

func TestFramesAreBoundToTheirPort(t *testing.T) {
	w := newWorld(t, "11.0.0.1")
	me, other := guests[0], guests[1]
	cases := map[string]struct {
		data []byte
		want bool
	}{
		"its own ARP":             {ether(broadcast, me.MAC, unix.ETH_P_ARP, arp(me.MAC, me.Addr)), true},
		"its own packet":          {ether(broadcast, me.MAC, unix.ETH_P_IP, ipv4(me.Addr, netip.MustParseAddr("9.9.9.9"))), true},
		"another's address":       {ether(broadcast, me.MAC, unix.ETH_P_IP, ipv4(other.Addr, netip.MustParseAddr("9.9.9.9"))), false},
		"another's card":          {ether(broadcast, other.MAC, unix.ETH_P_IP, ipv4(me.Addr, netip.MustParseAddr("9.9.9.9"))), false},
		"ARP for another":         {ether(broadcast, me.MAC, unix.ETH_P_ARP, arp(me.MAC, other.Addr)), false},
		"ARP for the gateway":     {ether(broadcast, me.MAC, unix.ETH_P_ARP, arp(me.MAC, netip.MustParseAddr("10.66.0.1"))), false},
		"ARP with another's card": {ether(broadcast, me.MAC, unix.ETH_P_ARP, arp(other.MAC, me.Addr)), false},
		"IPv6":                    {ether(broadcast, me.MAC, unix.ETH_P_IPV6, make([]byte, 40)), false},
		"VLAN":                    {ether(broadcast, me.MAC, unix.ETH_P_8021Q, make([]byte, 40)), false},
		"something of its own":    {ether(broadcast, me.MAC, 0x88b5, make([]byte, 40)), false},
	}
	for name, c := range cases {
		// The bridge as a link sees what passed the rules on its ports.
		if got := frame(t, w.guest1, w.host, bridge, c.data); got != c.want {
			t.Errorf("%s reaches the host: %v, want %v", name, got, c.want)
		}
		// The ports here are not isolated, as libvirt would make them: the
		// rules alone separate guests.
		if frame(t, w.guest1, w.guest2, "eth0", c.data) {
			t.Errorf("%s reaches the other guest", name)
		}
	}
}

func TestRemoveLeavesNothing(t *testing.T) {
	w := newWorld(t, "11.0.0.1")
	n := w.open(t, "11.0.0.1")
	for range 2 {
		w.host.must(t, func() error { return n.Remove(context.Background()) })
	}
	w.host.must(t, func() error {
		if _, err := netlink.LinkByName(bridge); err == nil {
			t.Error("the bridge is still there")
		}
		out, err := exec.Command("nft", "list", "ruleset").CombinedOutput()
		if len(out) != 0 {
			t.Errorf("rules are left:\n%s", out)
		}
		return err
	})
	w.host.must(t, func() error { return n.Ensure(context.Background()) })
}

func TestNothingPassesBeforeApply(t *testing.T) {
	w := newWorld(t, "11.0.0.1")
	serve(t, w.outside, 80)
	n := w.open(t, "11.0.0.1")
	w.host.must(t, func() error { return n.Remove(context.Background()) })
	w.host.must(t, func() error { return n.Ensure(context.Background()) })
	w.host.must(t, func() error {
		port, err := netlink.LinkByName(guests[0].Tap)
		if err != nil {
			return err
		}
		master, err := netlink.LinkByName(bridge)
		if err != nil {
			return err
		}
		return netlink.LinkSetMaster(port, master)
	})
	w.host.must(t, func() error { return carried(guests[0].Tap, bridge) })
	blocked(t, "before Apply", w.guest1, "tcp", "9.9.9.9:80")
	w.host.must(t, func() error { return n.Apply(context.Background(), guests) })
	w.guest1.must(t, forgetNeighbours)
	passes(t, "after Apply", w.guest1, "tcp", "9.9.9.9:80", "")
}

func TestRefusals(t *testing.T) {
	host := newSpace(t)
	open := func(cidr string) *network.Network {
		n, err := network.Open(network.Config{
			Bridge: bridge, CIDR: netip.MustParsePrefix(cidr), Published: netip.MustParseAddr("0.0.0.0"),
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	host.must(t, func() error {
		attrs := netlink.NewLinkAttrs()
		attrs.Name = "lan0"
		if err := netlink.LinkAdd(&netlink.Bridge{LinkAttrs: attrs}); err != nil {
			return err
		}
		return up("lan0", "10.66.1.1/24")()
	})
	host.must(t, func() error {
		if err := open("10.66.0.0/16").Ensure(context.Background()); !errors.Is(err, network.ErrOverlap) {
			t.Errorf("a network that the host is connected to: %v, want ErrOverlap", err)
		}
		attrs := netlink.NewLinkAttrs()
		attrs.Name = bridge
		if err := netlink.LinkAdd(&netlink.Bridge{LinkAttrs: attrs}); err != nil {
			return err
		}
		n := open("10.67.0.0/16")
		if err := n.Ensure(context.Background()); !errors.Is(err, network.ErrForeign) {
			t.Errorf("somebody else's bridge: %v, want ErrForeign", err)
		}
		if err := n.Remove(context.Background()); !errors.Is(err, network.ErrForeign) {
			t.Errorf("removing somebody else's bridge: %v, want ErrForeign", err)
		}
		return nil
	})
}

// TestManyPorts uses a full range: more than one netlink message, one
// transaction.
func TestManyPorts(t *testing.T) {
	w := newWorld(t, "11.0.0.1")
	serve(t, w.guest1, 22)
	full := guests[0]
	full.Ports = nil
	for port := uint16(5200); port < 32767; port++ {
		full.Ports = append(full.Ports,
			network.Port{Protocol: "tcp", Host: port, Guest: 22}, network.Port{Protocol: "udp", Host: port, Guest: port})
	}
	n := w.open(t, "11.0.0.1")
	w.host.must(t, func() error { return n.Apply(context.Background(), []network.Binding{full}) })
	passes(t, "first port", w.outside, "tcp", "11.0.0.1:5200", "")
	passes(t, "last port", w.outside, "tcp", "11.0.0.1:32766", "")
}

// forgetNeighbours makes a guest query the gateway's address again at once.
// Otherwise it would wait a second after the last unanswered query.
func forgetNeighbours() error {
	list, err := netlink.NeighList(0, unix.AF_INET)
	for _, n := range list {
		err = errors.Join(err, netlink.NeighDel(&n))
	}
	return err
}
