package nat_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/node/p2p"
)

// bulk is far more than what connections cost by themselves; small is a call.
const (
	bulk  = 6 << 20
	small = 1 << 10
	// noise is the maximum of other traffic: checks of peers, keep-alives.
	noise = 1 << 20
)

// patience ends a wait in vain; nothing is measured by it.
const patience = 2 * time.Minute

const (
	clientPort  = "0.0.0.0:5001"
	machinePort = "0.0.0.0:5011"
	relayLine   = relayAddr + ":5001"
)

// reached retries until the machine has its reservation at a relay, which takes
// some seconds after its start.
func reached(t *testing.T, client *node, c call, want string) {
	t.Helper()
	again := time.NewTicker(200 * time.Millisecond) // like a renter's program
	defer again.Stop()
	for end := time.Now().Add(patience); ; <-again.C {
		r := client.call(t, c)
		if r.Error == "" && (want == "" || r.Way == want) {
			if r.Echoed != c.Bytes {
				t.Fatalf("%d of %d bytes came back", r.Echoed, c.Bytes)
			}
			return
		}
		if time.Now().After(end) {
			t.Fatalf("not reached by %q: %+v", want, r)
		}
	}
}

// sent makes one call and returns how many bytes each computer received
// meanwhile.
func sent(t *testing.T, client *node, c call, way string, at ...*space) []int64 {
	t.Helper()
	var took []int64
	for _, s := range at {
		took = append(took, -s.bytes(t))
	}
	r := client.call(t, c)
	for i, s := range at {
		took[i] += s.bytes(t)
	}
	if r.Error != "" || r.Echoed != c.Bytes || r.Way != way {
		t.Fatalf("%d bytes came back by %q, want %d by %q: %s %q", r.Echoed, r.Way, c.Bytes, way, r.Error, r.Tried)
	}
	return took
}

// three are a client node and a machine behind NATs of the given kind, and a
// relay that both know.
func three(t *testing.T, masquerade string, relayDataMiB uint64) (client *node, machineID string, relay, nat *space) {
	t.Helper()
	w := newWorld(t)
	relay = w.public(relayAddr)
	relay.start(t, "relay", role{Listen: clientPort, Relay: true, RelayDataMiB: relayDataMiB})
	inside, nat := w.behind(machineNAT, masquerade)
	machine := inside.start(t, "machine", role{Listen: machinePort, Peers: []string{relayLine}, Server: true})
	inside, _ = w.behind(clientNAT, masquerade)
	client = inside.start(t, "client", role{Listen: clientPort, Peers: []string{relayLine}})
	return client, machine.MachineID, relay, nat
}

// TestHoleIsPunched: behind two NATs that keep ports the first call uses the
// relay; then a hole is punched, and the bytes go from one NAT to the other.
func TestHoleIsPunched(t *testing.T) {
	t.Parallel()
	client, id, relay, nat := three(t, keep, 0)
	reached(t, client, call{MachineID: id, Bytes: small}, "direct")
	for _, guest := range []bool{false, true} {
		took := sent(t, client, call{MachineID: id, Bytes: bulk, Guest: guest}, "direct", relay, nat)
		if took[0] > noise || took[1] < bulk {
			t.Errorf("guest %v: the relay took %d bytes, the machine's NAT %d of %d", guest, took[0], took[1], bulk)
		}
	}
}

// TestSymmetricStaysOnTheRelay: no hole can be punched. Control calls pass, and
// a connection to a guest is refused by a relay whose operator does not allow
// more.
func TestSymmetricStaysOnTheRelay(t *testing.T) {
	t.Parallel()
	client, id, relay, _ := three(t, symmetric, 0)
	reached(t, client, call{MachineID: id, Bytes: small}, "relay")
	if took := sent(t, client, call{MachineID: id, Bytes: bulk}, "relay", relay); took[0] < bulk {
		t.Errorf("the relay took %d of %d bytes", took[0], bulk)
	}
	r := client.call(t, call{MachineID: id, Bytes: small, Guest: true})
	if r.Echoed != 0 || !strings.Contains(r.Error, "control calls only") {
		t.Errorf("a connection to a guest: %+v", r)
	}
	// The refusal does not affect control calls.
	sent(t, client, call{MachineID: id, Bytes: small}, "relay")
}

// TestSymmetricWithAGenerousRelay verifies that connections to guests pass too.
func TestSymmetricWithAGenerousRelay(t *testing.T) {
	t.Parallel()
	client, id, relay, _ := three(t, symmetric, 64)
	reached(t, client, call{MachineID: id, Bytes: small}, "relay")
	if took := sent(t, client, call{MachineID: id, Bytes: bulk, Guest: true}, "relay", relay); took[0] < bulk {
		t.Errorf("the relay took %d of %d bytes", took[0], bulk)
	}
}

// TestUnreachableSaysWhatWasTried: addresses that nobody answers, no relay, and
// a hash table that knows nothing. The limit is the node's own.
func TestUnreachableSaysWhatWasTried(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.public(machineAddr).start(t, "machine", role{Listen: machinePort}).MachineID
	w.public(relayAddr).start(t, "other", role{Listen: clientPort, Server: true})
	inside, _ := w.behind(clientNAT, keep)
	gone := p2p.Multiaddrs(netip.MustParseAddrPort(nobodyAddr + ":5011"))
	client := inside.start(t, "client", role{Listen: clientPort, Peers: []string{relayLine}, Chain: map[string][]string{id: gone}})
	r := client.call(t, call{MachineID: id, Bytes: small})
	if r.Echoed != 0 || r.Way != "" {
		t.Fatalf("reached: %+v", r)
	}
	for _, want := range append(gone, "relays: none", "the hash table") {
		if !slices.ContainsFunc(r.Tried, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("%q is not among what was tried: %q", want, r.Tried)
		}
	}
}

// TestTCPWhereUDPIsDropped: QUIC cannot pass.
func TestTCPWhereUDPIsDropped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	outside := w.public(machineAddr)
	machine := outside.start(t, "machine", role{Listen: machinePort, Server: true})
	inside, _ := w.behind(clientNAT, keep, "meta l4proto udp drop")
	client := inside.start(t, "client", role{Listen: clientPort, Chain: map[string][]string{machine.MachineID: machine.Addrs}})
	if took := sent(t, client, call{MachineID: machine.MachineID, Bytes: bulk}, "direct", outside); took[0] < bulk {
		t.Errorf("the machine took %d of %d bytes", took[0], bulk)
	}
}

// TestDiscovery verifies that each of the three ways alone leads to a machine.
func TestDiscovery(t *testing.T) {
	t.Parallel()
	for name, ways := range map[string]func(machine *node) role{
		"peer.conf": func(*node) role { return role{Peers: []string{machineAddr + ":5011"}} },
		"the chain": func(machine *node) role {
			return role{Chain: map[string][]string{machine.MachineID: machine.Addrs}}
		},
		"the hash table": func(*node) role { return role{Peers: []string{relayLine}} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			outside := w.public(machineAddr)
			is := role{Listen: machinePort}
			if name == "the hash table" {
				w.public(relayAddr).start(t, "other", role{Listen: clientPort, Server: true})
				is.Peers, is.Server = []string{relayLine}, true
			}
			machine := outside.start(t, "machine", is)
			inside, _ := w.behind(clientNAT, keep)
			finds := ways(machine)
			finds.Listen = clientPort
			client := inside.start(t, "client", finds)
			reached(t, client, call{MachineID: machine.MachineID, Bytes: small}, "direct")
		})
	}
}
