package network_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const (
	echoRequest  = 8
	echoReply    = 0
	echo6Request = 128
	echo6Reply   = 129
	echoID       = 0x4442
)

// ping sends one echo request and waits for its reply, for IPv4 and IPv6.
func ping(s *space, addr string) error {
	network, ask, reply := "ip4:icmp", byte(echoRequest), byte(echoReply)
	if ip, err := net.ResolveIPAddr("ip", addr); err == nil && ip.IP.To4() == nil {
		network, ask, reply = "ip6:ipv6-icmp", echo6Request, echo6Reply
	}
	return s.Do(func() error {
		conn, err := net.Dial(network, addr)
		if err != nil {
			return err
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(dropped))
		message := []byte{ask, 0, 0, 0, echoID >> 8, echoID & 0xff, 0, 1}
		binary.BigEndian.PutUint16(message[2:], checksum(message)) // the kernel sets IPv6's
		if _, err := conn.Write(message); err != nil {
			return err
		}
		buf := make([]byte, 256)
		for {
			n, _, err := conn.(net.PacketConn).ReadFrom(buf) // Read leaves IPv4's header there
			if err != nil {
				return err
			}
			if n >= 8 && buf[0] == reply && binary.BigEndian.Uint16(buf[4:]) == echoID {
				return nil
			}
		}
	})
}

func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(b[i])<<8 | uint32(b[i+1])
	}
	sum = sum&0xffff + sum>>16
	return ^uint16(sum + sum>>16)
}

func pinged(t *testing.T, what string, s *space, addr string) {
	t.Helper()
	var err error
	for range 10 { // IPv6 takes seconds to treat a new link as ready
		if err = ping(s, addr); err == nil {
			return
		}
	}
	t.Errorf("%s: ping %s: %v, want an answer", what, addr, err)
}

func silent(t *testing.T, what string, s *space, addr string) {
	t.Helper()
	if ping(s, addr) == nil {
		t.Errorf("%s: ping %s was answered, want silence", what, addr)
	}
}

func TestGuestsPingTheInternetAndNothingElse(t *testing.T) {
	w := newWorld(t, "11.0.0.1")
	pinged(t, "internet", w.guest1, "9.9.9.9")
	for _, addr := range []string{
		"11.0.0.1", "192.168.77.1", "192.168.77.2", "11.0.0.2", "169.254.169.254", "168.63.129.16",
		"100.64.9.9", "10.200.0.1", "172.16.9.9", "192.168.200.1", "198.18.0.9", "10.66.0.12",
	} {
		pinged(t, "control from the host", w.host, addr)
		silent(t, "from a guest", w.guest1, addr)
	}
	pinged(t, "control: the gateway of itself", w.host, "10.66.0.1")
	silent(t, "gateway", w.guest1, "10.66.0.1")
	silent(t, "a guest from outside", w.outside, "10.66.0.11")
	silent(t, "a guest from a neighbour", w.lan, "10.66.0.11")
}

// TestMulticast verifies that what a guest sends to a group arrives nowhere.
func TestMulticast(t *testing.T) {
	w := newWorld(t, "11.0.0.1")
	me := guests[0]
	for name, c := range map[string]struct {
		group net.IP
		mac   net.HardwareAddr
	}{
		"mDNS":              {net.IPv4(224, 0, 0, 251), net.HardwareAddr{1, 0, 0x5e, 0, 0, 0xfb}},
		"routed":            {net.IPv4(239, 1, 2, 3), net.HardwareAddr{1, 0, 0x5e, 1, 2, 3}},
		"limited broadcast": {net.IPv4bcast, broadcast},
	} {
		data := ether(c.mac, me.MAC, unix.ETH_P_IP, ipv4(me.Addr, netip.AddrFrom4([4]byte(c.group.To4()))))
		if !frame(t, w.guest1, w.host, me.Tap, data) {
			t.Errorf("%s: control: the guest's card sent nothing", name)
		}
		for where, s := range map[string]*space{"other guest": w.guest2, "neighbour": w.lan, "internet": w.outside} {
			if frame(t, w.guest1, s, "eth0", data) {
				t.Errorf("%s reaches %s", name, where)
			}
		}
	}
}

// TestIPv6 gives guests, host and neighbours addresses of one network: nobody
// receives anything from a guest. Between host and outside the same works.
func TestIPv6(t *testing.T) {
	w := newWorld(t, "11.0.0.1")
	for s, addr := range map[*space]string{w.guest1: "fd00::11/64", w.guest2: "fd00::12/64"} {
		s.must(t, up6("eth0", addr))
	}
	w.host.must(t, func() error { return up6(guests[0].Tap, "fd00::1/64")() })
	w.host.must(t, up6("wan0", "fd01::1/64"))
	w.outside.must(t, up6("eth0", "fd01::2/64"))
	w.guest1.must(t, func() error {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		everywhere := &net.IPNet{IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)}
		return netlink.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Dst: everywhere, Gw: net.ParseIP("fd00::1")})
	})
	pinged(t, "control: host to outside", w.host, "fd01::2")
	pinged(t, "control: a guest's own address", w.guest1, "fd00::11")
	for what, addr := range map[string]string{
		"host": "fd00::1", "other guest": "fd00::12", "host's other address": "fd01::1", "outside": "fd01::2",
	} {
		silent(t, what, w.guest1, addr)
	}
	silent(t, "guest from the host", w.host, "fd00::11")
}

// up6 adds an address that is usable at once, without duplicate detection.
func up6(name, text string) func() error {
	return func() error {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		addr, err := netlink.ParseAddr(text)
		if err != nil {
			return err
		}
		addr.Flags |= unix.IFA_F_NODAD
		if err := netlink.AddrAdd(link, addr); err != nil {
			return fmt.Errorf("add %s: %w", text, err)
		}
		return nil
	}
}
