package vm_test

import (
	"encoding/hex"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/node/guests/network"
)

// TestHostileGuest logs in to a guest and tries, as its root, what no guest may
// do. Every silence has a control: the same request from someone who may.
func TestHostileGuest(t *testing.T) {
	d, _ := startDaemon(t)
	n := openNetworkOn(t, netip.IPv4Unspecified())
	makeInternet(t)
	driver := openDriver(t, d.Socket(), "test")
	dir := folder(t)
	image := probed(t, dir)
	for _, protocol := range []string{"tcp", "udp"} {
		serveInternet(t, filepath.Join(dir, "probe"), protocol)
		hostServes(t, protocol, "0.0.0.0:15999")
		hostServes(t, protocol, "[::]:15997")
		hostServes(t, protocol, loopback)
	}
	signer := renter(t)
	mine, theirs := netip.MustParseAddr("10.97.0.11"), netip.MustParseAddr("10.97.0.12")
	a := define(t, driver, dir, image, "hostile", mine, signer)
	b := define(t, driver, dir, image, "neighbour", theirs, signer)
	err := n.Apply(t.Context(), []network.Binding{
		{Tap: a.NIC.Tap, MAC: a.NIC.MAC, Addr: mine, Ports: []network.Port{
			{Protocol: "tcp", Host: 15222, Guest: 22},
			{Protocol: "tcp", Host: 15280, Guest: 8080},
			{Protocol: "udp", Host: 15280, Guest: 8080},
			{Protocol: "tcp", Host: 15281, Guest: 8080},
			{Protocol: "udp", Host: 15282, Guest: 8080},
		}},
		{Tap: b.NIC.Tap, MAC: b.NIC.MAC, Addr: theirs, Ports: []network.Port{
			{Protocol: "tcp", Host: 15223, Guest: 22}, {Protocol: "tcp", Host: 15290, Guest: 8080}, {Protocol: "udp", Host: 15290, Guest: 8080},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	hostile, neighbour := login(t, a, hostOuter, 15222, signer), login(t, b, hostOuter, 15223, signer)
	hostile.serve(t, "tcp", 8080)
	hostile.serve(t, "udp", 8080)
	for _, protocol := range []string{"tcp", "udp"} {
		neighbour.serve(t, protocol, 8080)  // published
		neighbour.serve(t, protocol, 15999) // for the host
	}
	for _, door := range []string{"tcp 15280", "udp 15280", "tcp 15281", "udp 15282", "tcp 15290", "udp 15290"} {
		protocol, port, _ := strings.Cut(door, " ")
		eventually(t, "the published port "+door, func() bool { return hostAsks(protocol, hostOuter+":"+port) == nil })
	}
	if hostAsks("udp", hostOuter+":15281") == nil || hostAsks("tcp", hostOuter+":15282") == nil {
		t.Error("a port is published for the other protocol too")
	}
	t.Run("reach", func(t *testing.T) { reaches(t, filepath.Join(dir, "probe"), hostile, theirs) })
	t.Run("spoof", func(t *testing.T) { spoofs(t, hostile) })
	t.Run("loopback", func(t *testing.T) { leavesLoopback(t, hostile) })
	t.Run("IPv6", func(t *testing.T) { speaksIPv6(t, hostile) })
	t.Run("ARP", func(t *testing.T) { poisons(t, hostile, neighbour) })
}

// forbidden are what a guest may not reach, by name. A server answers there on
// port 15999, or on the given port.
func forbidden(neighbour netip.Addr) map[string]string {
	return map[string]string{
		"the gateway": "10.97.0.1", "the host's public address": hostOuter, "the host's private address": hostInner,
		"the host's public network": nextOuter, "the host's private network": nextInner,
		"a private network behind it": otherInner, "the metadata service": metadata,
		"the neighbour": neighbour.String(), "its own published port": hostOuter + ":15280",
		"its own, by the gateway": "10.97.0.1:15280", "the neighbour's published port": hostOuter + ":15290",
		"the neighbour's, by the gateway": "10.97.0.1:15290",
	}
}

// reaches verifies that the internet answers at the same time as everything
// else is silent, and that everything else answers the host.
func reaches(t *testing.T, program string, hostile *inhabited, neighbour netip.Addr) {
	for _, protocol := range []string{"tcp", "udp"} {
		asked := []string{internet + ":15999"}
		for what, address := range forbidden(neighbour) {
			if !strings.Contains(address, ":") {
				address += ":15999"
			}
			asked = append(asked, address)
			if err := hostAsks(protocol, address); err != nil {
				t.Errorf("control: the host can't reach %s by %s: %v", what, protocol, err)
			}
		}
		if got := hostile.answered(t, protocol, "-", asked...); !slices.Equal(got, asked[:1]) {
			t.Errorf("by %s a guest reaches %q, want the internet only: %q", protocol, got, asked[:1])
		}
	}
	asked := []string{internet}
	for _, address := range forbidden(neighbour) {
		if !strings.Contains(address, ":") {
			asked = append(asked, address)
		}
	}
	out, err := exec.CommandContext(t.Context(), program, append([]string{"ask", "icmp", "-"}, asked...)...).Output()
	if got := strings.Fields(string(out)); err != nil || !slices.Equal(got, asked) {
		t.Errorf("control: the host pings %q, %v, want all of %q", got, err, asked)
	}
	if got := hostile.answered(t, "icmp", "-", asked...); !slices.Equal(got, asked[:1]) {
		t.Errorf("a guest pings %q, want the internet only: %q", got, asked[:1])
	}
}

// leavesLoopback verifies that the guest's loopback is its own, and that what
// it routes to the host as 127.0.0.1 reaches nothing there.
func leavesLoopback(t *testing.T, hostile *inhabited) {
	hostile.asRoot(t, "echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet; ip link set lo down; ip route add 127.0.0.0/8 via 10.97.0.1 dev eth0")
	for _, protocol := range []string{"tcp", "udp"} {
		if err := hostAsks(protocol, loopback); err != nil {
			t.Errorf("control: %v", err)
		}
		asked := []string{internet + ":15999", loopback, "127.0.0.1:15280"}
		if got := hostile.answered(t, protocol, "-", asked...); !slices.Equal(got, asked[:1]) {
			t.Errorf("by %s a guest reaches %q, want the internet only: %q", protocol, got, asked[:1])
		}
	}
	hostile.asRoot(t, "ip route del 127.0.0.0/8; ip link set lo up")
}

// speaksIPv6 verifies that it cannot, even if somebody enabled IPv6 on the
// bridge and both sides have an address.
func speaksIPv6(t *testing.T, hostile *inhabited) {
	if err := os.WriteFile("/proc/sys/net/ipv6/conf/"+bridge+"/disable_ipv6", []byte("0"), 0o644); err != nil {
		t.Fatal(err)
	}
	ipCmd(t, "addr", "add", "fd97::1/64", "dev", bridge, "nodad")
	hostile.asRoot(t, "echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad; ip addr add fd97::11/64 dev eth0")
	for _, protocol := range []string{"tcp", "udp"} {
		if err := hostAsks(protocol, "[fd97::1]:15997"); err != nil {
			t.Errorf("control: %v", err)
		}
		if got := hostile.answered(t, protocol, "-", "[fd97::1]:15997", internet+":15999"); !slices.Equal(got, []string{internet + ":15999"}) {
			t.Errorf("by %s a guest reaches %q, want the internet by IPv4 only", protocol, got)
		}
	}
}

// spoofs uses another address and another MAC. The guest's own works before and
// after.
func spoofs(t *testing.T, hostile *inhabited) {
	const to = internet + ":15999"
	hostile.asRoot(t, "ip addr add 10.97.0.77/24 dev eth0")
	for _, protocol := range []string{"tcp", "udp"} {
		for from, want := range map[string]int{"10.97.0.11": 1, "10.97.0.77": 0} {
			if got := hostile.answered(t, protocol, from, to); len(got) != want {
				t.Errorf("by %s from %s the guest reaches %q, want %d", protocol, from, got, want)
			}
		}
	}
	hostile.asRoot(t, "ip addr del 10.97.0.77/24 dev eth0")

	// The login comes through the card whose address changes, so all of it is
	// one script.
	own := hostile.spec.NIC.MAC.String()
	change := func(mac string) string {
		return "ip link set eth0 down; ip link set eth0 address " + mac + "; ip link set eth0 up; ip route replace default via 10.97.0.1 onlink dev eth0; "
	}
	for mac, want := range map[string]string{own: to, "52:54:00:99:99:99": ""} {
		hostile.asRoot(t, "rm -f /tmp/done")
		hostile.asRoot(t, "("+change(mac)+"/bin/probe ask tcp - "+to+" >/tmp/result; "+change(own)+"mv /tmp/result /tmp/done) </dev/null >/dev/null 2>&1 &")
		eventually(t, "the guest to come back", func() bool { _, err := hostile.run("test -f /tmp/done"); return err == nil })
		if got := hostile.must(t, "cat /tmp/done"); got != want {
			t.Errorf("with MAC %s it reaches %q, want %q", mac, got, want)
		}
	}
}

// poisons verifies that nobody receives ARP with another's address, or IPv6,
// and that an honest request is received.
func poisons(t *testing.T, hostile, neighbour *inhabited) {
	seen := listen(t, bridge)
	own := hostile.spec.NIC.MAC
	honest := arp(own, own, "10.97.0.11", "10.97.0.200")
	for what, raw := range map[string][]byte{
		"the neighbour's address":   arp(own, own, "10.97.0.12", "10.97.0.1"),
		"the gateway's address":     arp(own, own, "10.97.0.1", "10.97.0.12"),
		"another MAC in ARP":        arp(own, net.HardwareAddr{0x52, 0x54, 0, 0x99, 0x99, 0x99}, "10.97.0.11", "10.97.0.1"),
		"another MAC of the frame":  arp(net.HardwareAddr{0x52, 0x54, 0, 0x99, 0x99, 0x99}, own, "10.97.0.11", "10.97.0.1"),
		"IPv6 to all nodes":         ipv6(own),
		"a frame of another kind":   append(ether(own, 0x88b5), make([]byte, 46)...),
		"a frame with a VLAN's tag": append(ether(own, 0x8100), make([]byte, 46)...),
	} {
		hostile.must(t, "/bin/probe frame eth0 "+hex.EncodeToString(raw))
		hostile.must(t, "/bin/probe frame eth0 "+hex.EncodeToString(honest))
		if !seen.until(t, honest, raw) {
			t.Errorf("%s passes the guest's port", what)
		}
	}
	if got := neighbour.answered(t, "tcp", "-", internet+":15999"); len(got) != 1 {
		t.Error("the neighbour no longer reaches the internet")
	}
}
