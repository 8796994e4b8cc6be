// Package nat_test puts a client node, a relay and a machine into network
// namespaces, behind NATs of the kernel, and observes the path of the bytes
// between them. It needs root and Linux with nftables.
package nat_test

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/test/netns"
)

// Addresses of a world: public ones that nobody uses on this computer.
const (
	relayAddr   = "11.0.0.2"
	clientNAT   = "11.0.0.10"
	machineNAT  = "11.0.0.20"
	machineAddr = "11.0.0.30"
	nobodyAddr  = "11.0.0.99"
	insideAddr  = "192.168.1.2"
)

// How a NAT assigns ports: keep is cone-like, and the outside sees one port
// whatever the destination; symmetric uses another port for each peer.
const (
	keep      = "masquerade"
	symmetric = "masquerade random,fully-random"
)

// space is a network namespace.
type space struct{ *netns.Space }

// world is a network between public addresses.
type world struct {
	t   *testing.T
	wan *space
	n   int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, wan: newSpace(t)}
	w.wan.run(t, "ip link add wan type bridge", "ip link set wan up")
	return w
}

// public returns a computer with a public address.
func (w *world) public(addr string) *space {
	w.t.Helper()
	s := newSpace(w.t)
	w.plug(s, addr)
	return s
}

// plug connects s by its eth0.
func (w *world) plug(s *space, addr string) {
	w.t.Helper()
	w.n++
	port := "port" + strconv.Itoa(w.n)
	w.wan.run(w.t, "ip link add "+port+" type veth peer name eth0 netns "+s.Path(),
		"ip link set "+port+" master wan", "ip link set "+port+" up")
	s.run(w.t, "ip addr add "+addr+"/24 dev eth0", "ip link set eth0 up")
}

// behind returns a computer behind its own NAT. rules are additional rules for
// traffic from inside.
func (w *world) behind(addr, masquerade string, rules ...string) (inside, nat *space) {
	w.t.Helper()
	nat, inside = newSpace(w.t), newSpace(w.t)
	w.plug(nat, addr)
	nat.run(w.t, "ip link add lan type veth peer name eth0 netns "+inside.Path(),
		"ip addr add 192.168.1.1/24 dev lan", "ip link set lan up", "sysctl -q -w net.ipv4.ip_forward=1")
	inside.run(w.t, "ip addr add "+insideAddr+"/24 dev eth0", "ip link set eth0 up", "ip route add default via 192.168.1.1")
	// Unsolicited packets are dropped before they become a connection of the
	// NAT.
	nat.load(w.t, `table ip filter {
  chain input { type filter hook input priority filter; policy drop; ct state established,related accept; iifname { lan, lo } accept; }
  chain forward { type filter hook forward priority filter; policy drop; `+strings.Join(append(rules, ""), "; ")+`
    ct state established,related accept; iifname lan accept; }
}
table ip nat {
  chain out { type nat hook postrouting priority srcnat; oifname eth0 `+masquerade+`; }
}`)
	return inside, nat
}

func newSpace(t *testing.T) *space {
	t.Helper()
	return &space{netns.New(t)}
}

func (s *space) run(t *testing.T, commands ...string) {
	t.Helper()
	for _, text := range commands {
		words := strings.Fields(text)
		s.output(t, exec.Command(words[0], words[1:]...))
	}
}

func (s *space) load(t *testing.T, rules string) {
	t.Helper()
	cmd := exec.Command("nft", "-f", "-")
	cmd.Stdin = strings.NewReader(rules)
	s.output(t, cmd)
}

func (s *space) output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var out []byte
	err := s.Do(func() (err error) {
		out, err = cmd.CombinedOutput()
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v: %s", cmd, err, out)
	}
	return string(out)
}

// bytes returns how much the computer's public interface has received.
func (s *space) bytes(t *testing.T) int64 {
	t.Helper()
	// Each line is a name, a colon, bytes, packets …
	for _, text := range strings.Split(s.output(t, exec.Command("cat", "/proc/net/dev")), "\n") {
		name, numbers, _ := strings.Cut(text, ":")
		if strings.TrimSpace(name) != "eth0" {
			continue
		}
		n, err := strconv.ParseInt(strings.Fields(numbers)[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	t.Fatal("no eth0")
	return 0
}
