package vm_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/dbc-network/dbc/node/network"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/libvirt"
)

// inhabited is a guest that a test can log in to.
type inhabited struct {
	spec vm.Spec
	ssh  *ssh.Client
}

// rootOf is where the tiny image's root begins, in bytes.
const rootOf = 2 << 20

// probed is the tiny image with the probe in it, setuid root: the guest's user
// has the guest's root, as a renter has.
func probed(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(dir, "probe")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-o", program, "./probe")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the probe: %v: %s", err, out)
	}
	raw, image := filepath.Join(dir, "raw"), filepath.Join(dir, "probed.qcow2")
	qemuImg(t, "convert", "-f", "qcow2", "-O", "raw", tiny, raw)
	commands := filepath.Join(dir, "commands")
	text := fmt.Sprintf("write %s /bin/probe\nset_inode_field /bin/probe mode 0104755\nset_inode_field /bin/probe uid 0\nset_inode_field /bin/probe gid 0\n", program)
	if err := os.WriteFile(commands, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	edit := exec.CommandContext(t.Context(), "debugfs", "-w", "-f", commands, fmt.Sprintf("%s?offset=%d", raw, rootOf))
	if out, err := edit.CombinedOutput(); err != nil || strings.Contains(string(out), "rror") {
		t.Fatalf("debugfs: %v: %s", err, out)
	}
	qemuImg(t, "convert", "-f", "raw", "-O", "qcow2", raw, image)
	if err := errors.Join(os.Remove(raw), os.Chmod(image, 0o444)); err != nil {
		t.Fatal(err)
	}
	return image
}

// define prepares a guest on an image; its port 22 is published as port.
func define(t *testing.T, driver *libvirt.Driver, dir, image, name string, addr netip.Addr, signer ssh.Signer) vm.Spec {
	t.Helper()
	spec := specIn(dir)(t, name)
	spec.NIC.Addr = addr
	own := filepath.Join(dir, name)
	qemuImg(t, "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", image, filepath.Join(own, "disk.qcow2"), "2G")
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	err = seed.Write(t.Context(), filepath.Join(own, "seed.iso"), seed.Data{
		InstanceID: string(spec.UUID), Hostname: name, User: "dbc", HostKey: key,
		AuthorizedKeys: []string{strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey())))},
		MAC:            spec.NIC.MAC, Addr: netip.PrefixFrom(addr, guestNet.Bits()), Gateway: netip.MustParseAddr("10.97.0.1"),
		Resolvers: []netip.Addr{netip.MustParseAddr("9.9.9.9")},
	})
	if err != nil {
		t.Fatal(err)
	}
	spec.MemoryMiB = 256
	spec.Disks = []vm.Disk{
		{Path: filepath.Join(own, "disk.qcow2"), Format: "qcow2", Backing: image, Target: "vda"},
		{Path: filepath.Join(own, "seed.iso"), Format: "raw", Target: "vdb", ReadOnly: true},
	}
	if err := errors.Join(driver.Define(t.Context(), spec), driver.Start(t.Context(), spec.UUID)); err != nil {
		t.Fatal(err)
	}
	return spec
}

func login(t *testing.T, spec vm.Spec, port int, signer ssh.Signer) *inhabited {
	t.Helper()
	var client *ssh.Client
	eventually(t, "the login", func() (in bool) {
		var err error
		client, err = tryLogin(fmt.Sprintf("%s:%d", hostOuter, port), signer)
		return err == nil
	})
	t.Cleanup(func() { _ = client.Close() })
	return &inhabited{spec, client}
}

// tryLogin gives up a handshake that the booting guest does not end.
func tryLogin(address string, signer ssh.Signer) (*ssh.Client, error) {
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	c, channels, requests, err := ssh.NewClientConn(conn, address, &ssh.ClientConfig{
		User: "dbc", Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)},
		HostKeyAlgorithms: []string{ssh.KeyAlgoED25519}, // the one that the seed gives
		HostKeyCallback:   ssh.InsecureIgnoreHostKey(),  //nolint:gosec // whose key it is, other tests ask
	})
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	_ = conn.SetDeadline(time.Time{})
	return ssh.NewClient(c, channels, requests), nil
}

// run is a command in the guest and what it printed, which is part of the error too.
func (g *inhabited) run(line string) (string, error) {
	s, err := g.ssh.NewSession()
	if err != nil {
		return "", err
	}
	defer func() { _ = s.Close() }()
	out, err := s.CombinedOutput(line)
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", line, err, bytes.TrimSpace(out))
	}
	return strings.TrimSpace(string(out)), nil
}

func (g *inhabited) must(t *testing.T, line string) string {
	t.Helper()
	out, err := g.run(line)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// asRoot is a line for the guest's root, in one shell.
func (g *inhabited) asRoot(t *testing.T, line string) string {
	t.Helper()
	return g.must(t, "/bin/probe root /bin/sh -c '"+line+"'")
}

// answered are those of addresses that answer the guest, all asked at once.
func (g *inhabited) answered(t *testing.T, protocol, from string, addresses ...string) []string {
	t.Helper()
	return strings.Fields(g.must(t, strings.Join(append([]string{"/bin/probe ask", protocol, from}, addresses...), " ")))
}

// serve lets the probe answer in the guest as long as the guest runs.
func (g *inhabited) serve(t *testing.T, protocol string, port int) {
	t.Helper()
	g.must(t, fmt.Sprintf("(/bin/probe serve %s :%d >/dev/null 2>&1 </dev/null &)", protocol, port))
}

// hostServes answers on an address of this computer.
func hostServes(t *testing.T, protocol, address string) {
	t.Helper()
	if protocol == "udp" {
		conn, err := net.ListenPacket("udp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		go func() {
			buf := make([]byte, 64)
			for {
				n, from, err := conn.ReadFrom(buf)
				if err != nil {
					return
				}
				_, _ = conn.WriteTo(buf[:n], from)
			}
		}()
		return
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 64)
			n, _ := conn.Read(buf)
			_, _ = conn.Write(buf[:n])
			_ = conn.Close()
		}
	}()
}

// hostAsks wants an echo, as the probe does in guests.
func hostAsks(protocol, address string) error {
	conn, err := net.DialTimeout(protocol, address, 10*time.Second)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Write([]byte("hello")); err != nil {
		return err
	}
	buf := make([]byte, 64)
	n, err := conn.Read(buf)
	if err == nil && string(buf[:n]) != "hello" {
		err = fmt.Errorf("%q came back", buf[:n])
	}
	return err
}

func ipCmd(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(context.WithoutCancel(t.Context()), "ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %v: %v: %s", args, err, out)
	}
}

// The internet of this test is a namespace behind a link; its server's address
// is on no network of the host.
const (
	space      = "dbcvmtest"
	internet   = "11.98.0.1"
	hostOuter  = "11.99.0.1"
	nextOuter  = "11.99.0.2"
	hostInner  = "192.168.197.1"
	nextInner  = "192.168.197.2"
	otherInner = "192.168.198.1"
	metadata   = "169.254.169.254"
	loopback   = "127.0.0.1:15998"
)

func makeInternet(t *testing.T) {
	t.Helper()
	ipCmd(t, "netns", "add", space)
	t.Cleanup(func() { ipCmd(t, "netns", "del", space) })
	for _, args := range [][]string{
		{"link", "add", "dbcvmout0", "type", "veth", "peer", "name", "out", "netns", space},
		{"addr", "add", hostOuter + "/30", "dev", "dbcvmout0"},
		{"addr", "add", hostInner + "/24", "dev", "dbcvmout0"},
		{"link", "set", "dbcvmout0", "up"},
		{"route", "add", internet + "/32", "via", nextOuter},
		{"route", "add", otherInner + "/32", "via", nextOuter},
		{"route", "add", metadata + "/32", "via", nextOuter},
		{"-n", space, "link", "set", "lo", "up"},
		{"-n", space, "link", "set", "out", "up"},
		{"-n", space, "addr", "add", nextOuter + "/30", "dev", "out"},
		{"-n", space, "addr", "add", internet + "/32", "dev", "lo"},
		{"-n", space, "addr", "add", otherInner + "/32", "dev", "lo"},
		{"-n", space, "addr", "add", metadata + "/32", "dev", "lo"},
		{"-n", space, "addr", "add", nextInner + "/24", "dev", "out"},
		{"-n", space, "route", "add", "default", "via", hostOuter},
	} {
		ipCmd(t, args...)
	}
}

// serveInternet runs the probe in the namespace.
func serveInternet(t *testing.T, program, protocol string) {
	t.Helper()
	cmd := exec.Command("ip", "netns", "exec", space, program, "serve", protocol, ":15999")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	eventually(t, "the internet's server", func() bool { return hostAsks(protocol, internet+":15999") == nil })
}

// TestHostileGuest logs in to a guest and tries, as its root, what no guest may.
// Every silence has its control: the same asked by who may.
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
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	mine, theirs := netip.MustParseAddr("10.97.0.11"), netip.MustParseAddr("10.97.0.12")
	a := define(t, driver, dir, image, "hostile", mine, signer)
	b := define(t, driver, dir, image, "neighbour", theirs, signer)
	err = n.Apply(t.Context(), []network.Binding{
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
	hostile, neighbour := login(t, a, 15222, signer), login(t, b, 15223, signer)
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

// forbidden are what a guest may not reach, by name. Something answers there on
// port 15999, or on the port that is given.
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

// reaches: the internet answers in the same breath in which all else is silent;
// and all else answers the host.
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

// leavesLoopback: the guest's loopback is its own, and what it routes to the host
// as 127.0.0.1 reaches nothing there.
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

// speaksIPv6: not even where somebody switched it on for the bridge, and both have
// an address.
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

// spoofs: another address, another MAC. The guest's own works before and after.
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

	// The login comes over the card whose address changes, so all of it is one script.
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

// poisons: ARP that names another's address, and IPv6, are seen by nobody; an
// honest request is.
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

func ether(from net.HardwareAddr, kind uint16) []byte {
	return append(append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, from...), byte(kind>>8), byte(kind))
}

// arp is a request of who has target, told to sender.
func arp(from, hw net.HardwareAddr, sender, target string) []byte {
	b := append(ether(from, 0x0806), 0, 1, 8, 0, 6, 4, 0, 1)
	s, d := netip.MustParseAddr(sender).As4(), netip.MustParseAddr(target).As4()
	b = append(append(b, hw...), s[:]...)
	b = append(append(b, 0, 0, 0, 0, 0, 0), d[:]...)
	return append(b, make([]byte, 60-len(b))...)
}

// ipv6 is an empty packet from a link-local address to all nodes.
func ipv6(from net.HardwareAddr) []byte {
	b := append([]byte{0x33, 0x33, 0, 0, 0, 1}, from...)
	b = append(b, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 0, 59, 64)
	s, d := netip.MustParseAddr("fe80::11").As16(), netip.MustParseAddr("ff02::1").As16()
	b = append(append(b, s[:]...), d[:]...)
	return append(b, make([]byte, 60-len(b))...)
}
