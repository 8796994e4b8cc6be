package network_test

import (
	"errors"
	"net"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// learned returns the port at which the bridge expects a card.
func learned(t *testing.T, w *world, mac net.HardwareAddr) (port string) {
	t.Helper()
	w.host.must(t, func() error {
		list, err := netlink.NeighList(0, unix.AF_BRIDGE)
		if err != nil {
			return err
		}
		for _, n := range list {
			if n.HardwareAddr.String() != mac.String() || n.State&netlink.NUD_PERMANENT != 0 {
				continue
			}
			link, err := netlink.LinkByIndex(n.LinkIndex)
			if err != nil {
				return err
			}
			port = link.Attrs().Name
		}
		return nil
	})
	return port
}

// send sends one raw frame of a guest.
func send(t *testing.T, from *space, data []byte) {
	t.Helper()
	from.must(t, func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		l, err := netlink.LinkByName("eth0")
		if err != nil {
			return errors.Join(err, unix.Close(fd))
		}
		return errors.Join(unix.Sendto(fd, data, 0, &unix.SockaddrLinklayer{Ifindex: l.Attrs().Index}), unix.Close(fd))
	})
}

// TestNoGuestTakesAnothersPackets: a bridge does not apply its rules to frames
// to 01:80:c2:00:00:0X, and would learn from them where a card is: whoever
// sends one in a neighbour's name would get what the internet sends to that
// neighbour.
func TestNoGuestTakesAnothersPackets(t *testing.T) {
	w := newWorld(t, "11.0.0.1")
	me, other := guests[0], guests[1]
	serve(t, w.guest2, 22)
	for last := range byte(16) {
		group := net.HardwareAddr{1, 0x80, 0xc2, 0, 0, last}
		if _, err := probe(w.outside, "tcp", "11.0.0.1:5223"); err != nil {
			t.Fatal("the neighbour does not answer: ", err)
		}
		for _, kind := range []uint16{unix.ETH_P_IP, 0x88cc, 0x88b5, 0x0026} {
			send(t, w.guest1, ether(group, other.MAC, kind, make([]byte, 40)))
		}
		if port := learned(t, w, other.MAC); port == me.Tap {
			t.Errorf("after a frame to %s the bridge looks for the neighbour's card at %s", group, port)
		}
		if _, err := probe(w.outside, "tcp", "11.0.0.1:5223"); err != nil {
			t.Errorf("after a frame to %s the neighbour's packets go elsewhere: %v", group, err)
			send(t, w.guest2, ether(broadcast, other.MAC, unix.ETH_P_ARP, arp(other.MAC, other.Addr)))
		}
	}
	for n := range 64 { // nor does it fill the bridge's memory with cards that do not exist
		send(t, w.guest1, ether(net.HardwareAddr{1, 0x80, 0xc2, 0, 0, 0x0e}, net.HardwareAddr{2, 0, 0, 0, 1, byte(n)}, 0x88cc, make([]byte, 40)))
	}
	for n := range 64 {
		if port := learned(t, w, net.HardwareAddr{2, 0, 0, 0, 1, byte(n)}); port != "" {
			t.Fatalf("card %d that is none was learned at %s", n, port)
		}
	}
}

// TestNoGuestSeesAnothersPackets: a bridge floods to all ports what is for an
// unknown card, as when a VM has just ended.
func TestNoGuestSeesAnothersPackets(t *testing.T) {
	w := newWorld(t, "11.0.0.1")
	other := guests[1]
	serve(t, w.guest2, 22)
	if _, err := probe(w.outside, "tcp", "11.0.0.1:5223"); err != nil {
		t.Fatal("the neighbour does not answer: ", err)
	}
	w.host.must(t, func() error {
		link, err := netlink.LinkByName(other.Tap)
		if err != nil {
			return err
		}
		return netlink.LinkDel(link)
	})
	var sniffer int
	w.guest1.must(t, func() (err error) {
		sniffer, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, int(swap(unix.ETH_P_ALL)))
		return err
	})
	defer unix.Close(sniffer)
	if _, err := probe(w.outside, "tcp", "11.0.0.1:5223"); err == nil {
		t.Fatal("a guest that is gone answers")
	}
	buf := make([]byte, 2048)
	for {
		n, err := unix.Read(sniffer, buf)
		if errors.Is(err, unix.EAGAIN) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if n > 12 && net.HardwareAddr(buf[:6]).String() == other.MAC.String() {
			t.Fatalf("a guest was sent its neighbour's packet: %x", buf[:n])
		}
	}
}
