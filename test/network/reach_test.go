package network_test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/dbc-network/dbc/node/guests/network"
)

func TestGuestsReachTheInternetAndNothingElse(t *testing.T) {
	w := newWorld(t, "11.0.0.1")
	for _, s := range []*space{w.host, w.lan, w.outside, w.guest1, w.guest2} {
		serve(t, s, 80)
		serve(t, s, 22)
	}
	for _, protocol := range []string{"tcp", "udp"} {
		passes(t, "internet, behind the host's address", w.guest1, protocol, "9.9.9.9:80", "11.0.0.1")
	}
	forbidden := map[string]string{
		"gateway":                    "10.66.0.1:80",
		"host's public address":      "11.0.0.1:80",
		"host's private address":     "192.168.77.1:80",
		"host's private network":     "192.168.77.2:80",
		"host's public network":      "11.0.0.2:80",
		"metadata":                   "169.254.169.254:80",
		"Azure's platform service":   "168.63.129.16:80",
		"shared range":               "100.64.9.9:80",
		"private range 10/8":         "10.200.0.1:80",
		"private range 172.16/12":    "172.16.9.9:80",
		"private range 192.168/16":   "192.168.200.1:80",
		"benchmark range":            "198.18.0.9:80",
		"other tenant":               "10.66.0.12:80",
		"other tenant's open port":   "10.66.0.12:22",
		"published port of another":  "11.0.0.1:5223",
		"published port of its own":  "11.0.0.1:5222",
		"published port, by gateway": "10.66.0.1:5223",
	}
	// The same from the host, so that silence below is due to the rules.
	for _, addr := range []string{
		"11.0.0.1:80", "192.168.77.1:80", "192.168.77.2:80", "11.0.0.2:80", "169.254.169.254:80",
		"168.63.129.16:80", "100.64.9.9:80", "10.200.0.1:80", "172.16.9.9:80", "192.168.200.1:80", "198.18.0.9:80", "10.66.0.12:80",
	} {
		passes(t, "control from the host", w.host, "tcp", addr, "")
		passes(t, "control from the host", w.host, "udp", addr, "")
	}
	for what, addr := range forbidden {
		for _, protocol := range []string{"tcp", "udp"} {
			t.Run(what+"/"+protocol, func(t *testing.T) {
				t.Parallel()
				blocked(t, what, w.guest1, protocol, addr)
			})
		}
	}
}

func TestPublishedPorts(t *testing.T) {
	w := newWorld(t, "11.0.0.1")
	serve(t, w.guest1, 22)
	serve(t, w.guest1, 53)
	serve(t, w.guest1, 80)
	serve(t, w.guest2, 22)
	serve(t, w.host, 5999)

	passes(t, "from the internet", w.outside, "tcp", "11.0.0.1:5222", "11.0.0.2")
	passes(t, "from the internet", w.outside, "udp", "11.0.0.1:5353", "11.0.0.2")
	passes(t, "second guest", w.outside, "tcp", "11.0.0.1:5223", "11.0.0.2")
	passes(t, "from a private neighbour", w.lan, "tcp", "11.0.0.1:5222", "192.168.77.2")
	passes(t, "from the host itself", w.host, "tcp", "11.0.0.1:5222", "11.0.0.1")
	passes(t, "another service of the host", w.outside, "tcp", "11.0.0.1:5999", "")
	// The host connects to itself by the bridge's address, which is not one of
	// the guests'.
	passes(t, "the host by the gateway", w.host, "tcp", "10.66.0.1:5999", "10.66.0.1")
	passes(t, "the host by the gateway", w.host, "udp", "10.66.0.1:5999", "10.66.0.1")

	blocked(t, "port that is not published", w.outside, "tcp", "11.0.0.1:80")
	blocked(t, "protocol that is not published", w.outside, "udp", "11.0.0.1:5222")
	blocked(t, "address that is not the published one", w.lan, "tcp", "192.168.77.1:5222")
	blocked(t, "guest's address, routed through the host", w.outside, "tcp", "10.66.0.11:22")
	blocked(t, "guest's address, from a neighbour", w.lan, "tcp", "10.66.0.11:22")
}

func TestPublishedOnEveryAddress(t *testing.T) {
	w := newWorld(t, "0.0.0.0")
	serve(t, w.guest1, 22)
	serve(t, w.guest2, 22)
	passes(t, "public address", w.outside, "tcp", "11.0.0.1:5222", "11.0.0.2")
	passes(t, "private address", w.lan, "tcp", "192.168.77.1:5222", "192.168.77.2")
	blocked(t, "another guest, by the gateway", w.guest1, "tcp", "10.66.0.1:5223")
}

func TestPublishedOnLoopback(t *testing.T) {
	w := newWorld(t, "127.0.0.1")
	serve(t, w.guest1, 22)
	serve(t, w.guest1, 53)
	serve(t, w.host, 7000)
	serve(t, w.outside, 80)

	passes(t, "from the host", w.host, "tcp", "127.0.0.1:5222", "10.66.0.1")
	passes(t, "from the host", w.host, "udp", "127.0.0.1:5353", "10.66.0.1")
	passes(t, "the host's own service", w.host, "tcp", "127.0.0.1:7000", "127.0.0.1")
	passes(t, "guest to the internet", w.guest1, "tcp", "9.9.9.9:80", "")
	blocked(t, "from outside", w.outside, "tcp", "11.0.0.1:5222")
	blocked(t, "host's service by the gateway", w.guest1, "tcp", "10.66.0.1:7000")

	// The guest sends packets for 127.0.0.1 to the host: its own loopback
	// address is removed, and they are routed.
	w.guest1.must(t, func() error {
		if err := os.WriteFile("/proc/sys/net/ipv4/conf/eth0/route_localnet", []byte("1"), 0o644); err != nil {
			return err
		}
		lo, err := netlink.LinkByName("lo")
		if err != nil {
			return err
		}
		if err := netlink.LinkSetDown(lo); err != nil {
			return err
		}
		return route("127.0.0.0/8", "10.66.0.1")()
	})
	blocked(t, "host's loopback", w.guest1, "tcp", "127.0.0.1:7000")
	blocked(t, "host's loopback", w.guest1, "udp", "127.0.0.1:7000")
}

func TestApplyIsExact(t *testing.T) {
	w := newWorld(t, "11.0.0.1")
	serve(t, w.guest1, 22)
	serve(t, w.guest2, 22)
	serve(t, w.outside, 80)
	passes(t, "before", w.outside, "tcp", "11.0.0.1:5222", "")

	n := w.open(t, "11.0.0.1") // another process
	w.host.must(t, func() error { return n.Ensure(context.Background()) })
	passes(t, "Ensure keeps what is there", w.outside, "tcp", "11.0.0.1:5222", "")

	for range 2 {
		w.host.must(t, func() error { return n.Apply(context.Background(), guests[1:]) })
	}
	blocked(t, "binding that is gone", w.outside, "tcp", "11.0.0.1:5222")
	blocked(t, "guest without a binding", w.guest1, "tcp", "9.9.9.9:80")
	passes(t, "binding that stays", w.outside, "tcp", "11.0.0.1:5223", "")
	passes(t, "guest with a binding", w.guest2, "tcp", "9.9.9.9:80", "")
}

// asks opens a socket outside, and returns what asks the port 5353 through it, each time
// the same connection to the host.
func (w *world) asks(t *testing.T) func() error {
	t.Helper()
	var client net.Conn
	w.outside.must(t, func() (err error) {
		client, err = net.Dial("udp4", "11.0.0.1:5353")
		return err
	})
	t.Cleanup(func() { _ = client.Close() })
	return func() error {
		_ = client.SetDeadline(time.Now().Add(dropped))
		if _, err := client.Write([]byte("?")); err != nil {
			return err
		}
		_, err := client.Read(make([]byte, 64))
		return err
	}
}

// TestSources: a port with sources is closed to all others, also where a port without
// leads to the same one of the guest, and to a connection that was open before.
func TestSources(t *testing.T) {
	w := newWorld(t, "0.0.0.0")
	serve(t, w.guest1, 22)
	serve(t, w.guest1, 53)
	serve(t, w.guest2, 22)
	ask := w.asks(t)
	if err := ask(); err != nil {
		t.Fatalf("before there are sources: %v", err)
	}
	lan, host := netip.MustParsePrefix("192.168.77.0/24"), netip.MustParsePrefix("11.0.0.2/32")
	list := []network.Binding{guests[0], guests[1]}
	list[0].Ports = []network.Port{
		{Name: "web", Protocol: "tcp", Host: 5300, Guest: 22},
		{Name: "ssh", Protocol: "tcp", Host: 5222, Guest: 22, Sources: []netip.Prefix{lan}},
		{Name: "dns", Protocol: "udp", Host: 5353, Guest: 53, Sources: []netip.Prefix{lan, netip.MustParsePrefix("11.0.0.3/32")}},
		{Name: "all", Protocol: "udp", Host: 5354, Guest: 53, Sources: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}},
		{Name: "one", Protocol: "tcp", Host: 5301, Guest: 22, Sources: []netip.Prefix{host}},
	}
	n := w.open(t, "0.0.0.0")
	for range 2 {
		w.host.must(t, func() error { return n.Apply(context.Background(), list) })
	}
	passes(t, "a source", w.lan, "tcp", "192.168.77.1:5222", "192.168.77.2")
	passes(t, "a source, udp", w.lan, "udp", "192.168.77.1:5353", "192.168.77.2")
	passes(t, "every source", w.outside, "udp", "11.0.0.1:5354", "11.0.0.2")
	passes(t, "one address", w.outside, "tcp", "11.0.0.1:5301", "11.0.0.2")
	passes(t, "the host itself", w.host, "tcp", "11.0.0.1:5222", "")
	passes(t, "a port without sources to the same", w.outside, "tcp", "11.0.0.1:5300", "11.0.0.2")
	passes(t, "another guest's", w.outside, "tcp", "11.0.0.1:5223", "11.0.0.2")
	blocked(t, "another network", w.outside, "tcp", "11.0.0.1:5222")
	blocked(t, "another network, udp", w.outside, "udp", "11.0.0.1:5353")
	blocked(t, "another address", w.lan, "tcp", "192.168.77.1:5301")
	blocked(t, "the other guest", w.guest2, "tcp", "10.66.0.1:5222")
	if err := ask(); err == nil {
		t.Error("a connection of before goes on")
	}
}

// TestPortMoves has a client that keeps sending from one socket while its port
// moves to another guest.
func TestPortMoves(t *testing.T) {
	w := newWorld(t, "11.0.0.1")
	serve(t, w.guest1, 53)
	serve(t, w.guest2, 54)
	ask := w.asks(t)
	if err := ask(); err != nil {
		t.Fatalf("first guest: %v", err)
	}
	moved := []network.Binding{guests[0], guests[1]}
	moved[0].Ports = nil
	moved[1].Ports = []network.Port{{Protocol: "udp", Host: 5353, Guest: 54}}
	n := w.open(t, "11.0.0.1")
	w.host.must(t, func() error { return n.Apply(context.Background(), moved) })
	if err := ask(); err != nil {
		t.Errorf("second guest: %v", err)
	}
}
