package p2p

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/peer"
	circuit "github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/pb"
	"go.uber.org/goleak"

	"github.com/dbc-network/dbc/node/key"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// finder is a chain that knows these addresses.
type finder map[string][]string

func (f finder) Addresses(_ context.Context, machineID string) ([]string, error) {
	addrs, known := f[machineID]
	if !known {
		return nil, errors.New("no such machine")
	}
	return addrs, nil
}

// register is a chain on which every key belongs to a machine, except those in
// the map.
type register map[string]bool

func (r register) Bonded(_ context.Context, machineID string) error {
	if r[machineID] {
		return errors.New("no machine")
	}
	return nil
}

func newKey(t *testing.T) key.Key {
	t.Helper()
	k, err := key.Create(filepath.Join(t.TempDir(), "node.key"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func open(t *testing.T, cfg Config) *Host {
	t.Helper()
	cfg.ChainID, cfg.Log = "dbc-devnet-1", slog.New(slog.DiscardHandler)
	if cfg.Key.Private() == nil {
		cfg.Key = newKey(t)
	}
	if cfg.Server && !cfg.Listen.IsValid() {
		cfg.Listen = netip.MustParseAddrPort("127.0.0.1:0")
	}
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// tcp returns host:port of a host, as in peer.conf.
func tcp(t *testing.T, h *Host) string {
	t.Helper()
	for _, a := range h.Addrs() {
		if parts := strings.Split(a, "/"); parts[3] == "tcp" {
			return parts[2] + ":" + parts[4]
		}
	}
	t.Fatal("no TCP address")
	return ""
}

// serve answers exchanges and returns the machine's id.
func serve(t *testing.T, h *Host, handler http.HandlerFunc) string {
	t.Helper()
	s, err := h.NewServer(&http.Server{ReadHeaderTimeout: time.Minute}, handler, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- s.Serve() }()
	t.Cleanup(func() {
		if err := errors.Join(s.Shutdown(context.Background()), <-ended); err != nil {
			t.Error(err)
		}
	})
	return h.cfg.Key.MachineID()
}

func post(ctx context.Context, t *testing.T, h *Host, machineID, body string) (*http.Response, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+machineID+"/a%2Fb?c=%20", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{Transport: h.Transport()}).Do(req)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return res, string(text), err
}

func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.WriteHeader(http.StatusTeapot)
	fmt.Fprintf(w, "%s %s %s %q %q", r.Method, r.RequestURI, r.Host, r.Header.Get("Origin"), body)
}

func TestExchangeByTheChainsAddresses(t *testing.T) {
	t.Parallel()
	mining := open(t, Config{Server: true})
	id := serve(t, mining, echo)
	client := open(t, Config{Finder: finder{id: mining.Addrs()}})
	for range 3 {
		res, text, err := post(t.Context(), t, client, id, "body")
		if err != nil {
			t.Fatal(err)
		}
		if want := `POST /a%2Fb?c=%20 localhost "" "body"`; res.StatusCode != http.StatusTeapot || text != want {
			t.Errorf("%d %s, want %s", res.StatusCode, text, want)
		}
	}
	if client.Way(id) != "direct" {
		t.Errorf("went %q", client.Way(id))
	}
	if n := client.exchanges(); n > 0 {
		t.Errorf("%d exchanges left their stream open", n)
	}
}

// joined waits until h is connected to n peers and has their identify data.
func joined(t *testing.T, h *Host, n int) {
	t.Helper()
	sub, err := h.host.EventBus().Subscribe(new(event.EvtPeerIdentificationCompleted))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sub.Close() }()
	for len(h.dht.RoutingTable().ListPeers()) < n {
		select {
		case <-sub.Out():
		case <-time.After(50 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal("not joined")
		}
	}
}

func TestExchangeByTheHashTable(t *testing.T) {
	t.Parallel()
	middle := open(t, Config{Server: true})
	mining := open(t, Config{Server: true, Peers: []string{tcp(t, middle)}})
	id := serve(t, mining, echo)
	joined(t, mining, 1)
	client := open(t, Config{Peers: []string{tcp(t, middle)}})
	joined(t, client, 1)
	if _, text, err := post(t.Context(), t, client, id, ""); err != nil || !strings.HasPrefix(text, "POST") {
		t.Fatalf("%s, %v", text, err)
	}
}

// TestAMachineThatIsBackIsReached verifies that a machine whose node has just started is
// reached by whoever asked for it in vain a moment before.
func TestAMachineThatIsBackIsReached(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.77.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().(*net.TCPAddr)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	key := newKey(t)
	id := key.MachineID()
	client := open(t, Config{Finder: finder{id: {fmt.Sprintf("/ip4/%s/tcp/%d", at.IP, at.Port)}}})
	if _, _, err := post(t.Context(), t, client, id, ""); !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "connection refused") {
		t.Fatalf("without a node: %v", err)
	}
	serve(t, open(t, Config{Server: true, Key: key, Listen: at.AddrPort()}), echo)
	if _, text, err := post(t.Context(), t, client, id, ""); err != nil || !strings.HasPrefix(text, "POST") {
		t.Errorf("with one: %q, %v", text, err)
	}
}

func TestNobodyAnswersForAMachineWithoutItsKey(t *testing.T) {
	t.Parallel()
	stranger := open(t, Config{Server: true})
	serve(t, stranger, echo)
	id := newKey(t).MachineID()
	var lies []string
	for _, a := range stranger.Addrs() {
		addr, _ := peer.AddrInfoFromString(a)
		lies = append(lies, addr.Addrs[0].String())
	}
	client := open(t, Config{Finder: finder{id: lies}})
	_, _, err := post(t.Context(), t, client, id, "secret")
	unreachable := new(UnreachableError)
	if !errors.As(err, &unreachable) || !errors.Is(err, ErrUnreachable) {
		t.Fatalf("got %v", err)
	}
	for _, way := range lies {
		if !slices.ContainsFunc(unreachable.Tried, func(s string) bool { return strings.HasPrefix(s, way+": ") }) {
			t.Errorf("%s is not among what was tried: %q", way, unreachable.Tried)
		}
	}
}

func TestUnreachableSaysWhatWasTried(t *testing.T) {
	t.Parallel()
	id := newKey(t).MachineID()
	client := open(t, Config{Finder: finder{}})
	_, _, err := post(t.Context(), t, client, id, "")
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "the chain: no such machine") ||
		!strings.Contains(err.Error(), "the hash table") {
		t.Errorf("got %v", err)
	}
	if _, _, err := post(t.Context(), t, client, "example.com", ""); !errors.Is(err, ErrMachineID) {
		t.Errorf("a name: %v", err)
	}
}

func TestStrangersAddressesStayPublic(t *testing.T) {
	t.Parallel()
	id := newKey(t).MachineID()
	client := open(t, Config{PublicOnly: true, Finder: finder{id: {
		"/ip4/127.0.0.1/tcp/22", "/ip4/10.0.0.1/udp/53/quic-v1", "/ip4/169.254.169.254/tcp/80", "rubbish",
	}}})
	_, _, err := post(t.Context(), t, client, id, "")
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "names no address that can be dialed") {
		t.Errorf("got %v", err)
	}
}

func TestMachineIDs(t *testing.T) {
	t.Parallel()
	id := newKey(t).MachineID()
	p, err := PeerID(id)
	if err != nil {
		t.Fatal(err)
	}
	if back, ok := MachineID(p); !ok || back != id {
		t.Errorf("%s is %s", id, back)
	}
}

func FuzzPeerID(f *testing.F) {
	f.Add(strings.Repeat("0a", 32))
	f.Fuzz(func(t *testing.T, s string) {
		p, err := PeerID(s)
		if err != nil {
			return
		}
		if back, ok := MachineID(p); !ok || back != s {
			t.Errorf("%q came back as %q", s, back)
		}
	})
}

// TestConnectionsToGuestsNeedARelaysConsent verifies that control calls go
// through any relay, and connections to guests only through one whose operator
// allows them.
func TestConnectionsToGuestsNeedARelaysConsent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mib  uint64
		want bool
	}{"control calls only": {0, false}, "more": {64, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			relay := open(t, Config{Server: true, Relay: true, RelayDataMiB: c.mib, Machines: register{}})
			// It announces nothing that can be dialed, as if behind a NAT.
			mining := open(t, Config{Peers: []string{tcp(t, relay)}})
			id := serve(t, mining, echo)
			joined(t, mining, 1)
			reserve(t, mining, relay)
			client := open(t, Config{Peers: []string{tcp(t, relay)}})
			joined(t, client, 1)
			if _, text, err := post(t.Context(), t, client, id, ""); err != nil || !strings.HasPrefix(text, "POST") {
				t.Fatalf("a control call: %s, %v", text, err)
			}
			if client.Way(id) != "relay" {
				t.Fatalf("went %q", client.Way(id))
			}
			conn, err := client.Dial(t.Context(), id, ProtocolTCP)
			if (err == nil) != c.want {
				t.Fatalf("a connection to a guest: %v", err)
			}
			if err == nil {
				if err := conn.Close(); err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "control calls only") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// reserve makes a reservation at a relay.
func reserve(t *testing.T, h, relay *Host) {
	t.Helper()
	if _, err := circuit.Reserve(t.Context(), h.host, peer.AddrInfo{ID: relay.host.ID(), Addrs: relay.host.Addrs()}); err != nil {
		t.Fatal(err)
	}
}

// TestARelayServesMachinesOnly verifies that a peer that is not a machine gets
// no reservation, and that nobody is connected to a peer that is no longer a
// machine.
func TestARelayServesMachinesOnly(t *testing.T) {
	t.Parallel()
	strangers := register{}
	stranger := open(t, Config{})
	strangers[stranger.cfg.Key.MachineID()] = true
	relay := open(t, Config{Server: true, Relay: true, Machines: strangers})
	if _, err := stranger.join(t.Context(), tcp(t, relay)); err != nil {
		t.Fatal(err)
	}
	place := peer.AddrInfo{ID: relay.host.ID(), Addrs: relay.host.Addrs()}
	refused := new(circuit.ReservationError)
	if _, err := circuit.Reserve(t.Context(), stranger.host, place); !errors.As(err, refused) || refused.Status != pb.Status_PERMISSION_DENIED {
		t.Errorf("a stranger's place: %v", err)
	}
	mining := open(t, Config{Peers: []string{tcp(t, relay)}})
	id := serve(t, mining, echo)
	joined(t, mining, 1)
	reserve(t, mining, relay)
	client := open(t, Config{Peers: []string{tcp(t, relay)}})
	joined(t, client, 1)
	if _, text, err := post(t.Context(), t, client, id, ""); err != nil || !strings.HasPrefix(text, "POST") {
		t.Fatalf("a machine: %s, %v", text, err)
	}
	left := open(t, Config{Server: true, Relay: true})
	if _, err := mining.join(t.Context(), tcp(t, left)); err != nil {
		t.Fatal(err)
	}
	place = peer.AddrInfo{ID: left.host.ID(), Addrs: left.host.Addrs()}
	if _, err := circuit.Reserve(t.Context(), mining.host, place); !errors.As(err, refused) {
		t.Errorf("a place at a relay that knows no machines: %v", err)
	}
	if (machinesOnly{strangers}).AllowConnect(client.host.ID(), nil, stranger.host.ID()) {
		t.Error("connections to a stranger pass")
	}
}
