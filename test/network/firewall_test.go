package network_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/node/guests/network"
)

// dockerRules are what Docker 24 writes for one container with a published
// port, by iptables-nft: 8080 leads to 172.17.0.2:80.
const dockerRules = `*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-ISOLATION-STAGE-1 - [0:0]
:DOCKER-ISOLATION-STAGE-2 - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-ISOLATION-STAGE-1
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A FORWARD -i docker0 -o docker0 -j ACCEPT
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-1 -j RETURN
-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
-A DOCKER-ISOLATION-STAGE-2 -j RETURN
-A DOCKER-USER -j RETURN
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
COMMIT
`

// ufwRules have the shape of ufw's: everything incoming or forwarded is
// dropped, except for established connections, pings, and SSH to the computer.
const ufwRules = `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:ufw-before-forward - [0:0]
:ufw-before-input - [0:0]
:ufw-user-input - [0:0]
-A INPUT -j ufw-before-input
-A INPUT -j ufw-user-input
-A FORWARD -j ufw-before-forward
-A ufw-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-forward -p icmp -m icmp --icmp-type 8 -j ACCEPT
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-input -m conntrack --ctstate INVALID -j DROP
-A ufw-before-input -p icmp -m icmp --icmp-type 8 -j ACCEPT
-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
`

func restore(t *testing.T, s *space, rules string) {
	t.Helper()
	s.must(t, func() error {
		cmd := exec.Command("iptables-nft-restore")
		cmd.Stdin = strings.NewReader(rules)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	})
}

func TestDockerOnTheHost(t *testing.T) {
	w := newWorld(t, "11.0.0.1")
	container := newSpace(t)
	join(t, w.host, "docker0", container, "eth0", nil)
	w.host.must(t, up("docker0", "172.17.0.1/16"))
	container.must(t, up("eth0", "172.17.0.2/16"))
	container.must(t, route("", "172.17.0.1"))
	w.host.must(t, func() error { return carried("docker0") })
	restore(t, w.host, dockerRules)
	for _, s := range []*space{w.outside, w.guest1, w.guest2, container, w.host} {
		serve(t, s, 22)
		serve(t, s, 80)
	}
	blocked(t, "Docker came after the node: until its next pass", w.outside, "tcp", "11.0.0.1:5222")
	n := w.open(t, "11.0.0.1")
	for range 2 { // one pass, and another one that has nothing to do
		w.host.must(t, func() error { return n.Apply(context.Background(), guests) })
	}
	checkForeign(t, w, 2)

	passes(t, "internet", w.guest1, "tcp", "9.9.9.9:80", "11.0.0.1")
	passes(t, "internet", w.guest1, "udp", "9.9.9.9:80", "11.0.0.1")
	passes(t, "published port", w.outside, "tcp", "11.0.0.1:5222", "11.0.0.2")
	passes(t, "control: the container's port", w.outside, "tcp", "11.0.0.1:8080", "")
	passes(t, "control: the container", w.host, "tcp", "172.17.0.2:80", "")
	for what, addr := range map[string]string{
		"the container's port": "11.0.0.1:8080", "the same by the gateway": "10.66.0.1:8080",
		"the container": "172.17.0.2:80", "Docker's gateway": "172.17.0.1:80", "the other guest": "10.66.0.12:80",
	} {
		blocked(t, what, w.guest1, "tcp", addr)
	}
	blocked(t, "a guest from a container", container, "tcp", "10.66.0.12:80")
	w.host.must(t, func() error { return n.Remove(context.Background()) })
	checkForeign(t, w, 0)
}

func TestUFWOnTheHost(t *testing.T) {
	w := newWorld(t, "11.0.0.1")
	restore(t, w.host, ufwRules)
	for _, s := range []*space{w.outside, w.guest1, w.guest2, w.host} {
		serve(t, s, 22)
		serve(t, s, 80)
	}
	serve(t, w.guest1, 53)
	n := w.open(t, "11.0.0.1")
	w.host.must(t, func() error { return n.Apply(context.Background(), guests) })
	passes(t, "internet", w.guest1, "tcp", "9.9.9.9:80", "11.0.0.1")
	passes(t, "published port", w.outside, "tcp", "11.0.0.1:5222", "11.0.0.2")
	passes(t, "published port", w.outside, "udp", "11.0.0.1:5353", "11.0.0.2")
	passes(t, "control: the host's SSH, which ufw opens", w.outside, "tcp", "11.0.0.1:22", "")
	blocked(t, "a port that ufw closes", w.outside, "tcp", "11.0.0.1:80")
	blocked(t, "the host's SSH", w.guest1, "tcp", "11.0.0.1:22")
	blocked(t, "the host's SSH by the gateway", w.guest1, "tcp", "10.66.0.1:22")
	pinged(t, "control: the host, which ufw lets be pinged", w.outside, "11.0.0.1")
	silent(t, "the host", w.guest1, "11.0.0.1")
	silent(t, "the other guest", w.guest1, "10.66.0.12")
}

// checkForeign counts this network's rules in iptables' chain, as iptables
// itself lists them.
func checkForeign(t *testing.T, w *world, want int) {
	t.Helper()
	w.host.must(t, func() error {
		out, err := exec.Command("iptables-nft", "-S", "FORWARD").CombinedOutput()
		if got := strings.Count(string(out), "--comment dbc-"+bridge); got != want {
			t.Errorf("%d rules of the network in FORWARD, want %d:\n%s", got, want, out)
		}
		return err
	})
}

// TestForeignRulesBeforeEnsure verifies that the rules exist before any guest
// does.
func TestForeignRulesBeforeEnsure(t *testing.T) {
	host := newSpace(t)
	restore(t, host, ufwRules)
	n := (&world{}).open(t, "0.0.0.0")
	host.must(t, func() error {
		return errors.Join(n.Ensure(context.Background()), n.Apply(context.Background(), []network.Binding{}))
	})
	checkForeign(t, &world{host: host}, 2)
}
