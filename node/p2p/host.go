// Package p2p connects nodes: a libp2p host with the node's key, whose streams
// carry HTTP exchanges to a machine. Only the holder of the key of a machine_id
// can accept a stream for it.
//
// A machine is looked up by the addresses in its facts on the chain, through the
// peers in peer.conf, and in a distributed hash table that the nodes of one chain
// maintain.
package p2p

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/host/autorelay"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	libp2pquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	libp2ptcp "github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/dbc-network/dbc/node/key"
)

// ProtocolHTTP carries one HTTP/1.1 exchange on a stream.
const ProtocolHTTP protocol.ID = "/dbc/http/1.0.0"

// ProtocolTCP carries an exchange that becomes a WebSocket with the bytes of a
// connection to a guest. Relays for control calls do not carry it.
const ProtocolTCP protocol.ID = "/dbc/tcp/1.0.0"

const (
	// relayControl is the data limit of a relayed connection, in bytes per
	// direction, unless the operator allows more: enough for a few thousand
	// control calls.
	relayControl = 16 << 20
	// relayFor ends a relayed connection, so that idle ones do not stay.
	relayFor = time.Hour
	// A node behind a NAT cannot be reached before it has a reservation at a
	// relay, so it takes the first one it finds. It looks for one at this
	// interval, and asks a relay that had no place again after the backoff.
	relayLook    = 5 * time.Second
	relayBackoff = time.Minute
	// relayPlaces is the number of reservations per address, because the
	// machines of one site share it.
	relayPlaces = addressConns
)

// Finder looks up the addresses of machines, for example on the chain.
type Finder interface {
	// Addresses returns multiaddrs of the machine. They prove nothing.
	Addresses(ctx context.Context, machineID string) ([]string, error)
}

// Register knows the machines of the chain.
type Register interface {
	// Bonded returns nil for a machine of the chain.
	Bonded(ctx context.Context, machineID string) error
}

// Config identifies a host and says where it listens.
type Config struct {
	Key     key.Key
	ChainID string
	// Listen is the address and port for QUIC and TCP. With the zero value the
	// host only dials.
	Listen netip.AddrPort
	// Public is a further address under which others reach the host, or the
	// zero value.
	Public netip.Addr
	// Peers are the lines of peer.conf: host:port.
	Peers []string
	// Server stores a part of the hash table for others.
	Server bool
	// Relay passes on connections between others. RelayDataMiB is how much data
	// each may carry per direction, or 0 for control calls only.
	Relay        bool
	RelayDataMiB uint64
	// PublicOnly dials only public addresses and those of Peers.
	PublicOnly bool
	// Finder may be nil.
	Finder Finder
	// Machines are those to which a relay passes on connections. Without a
	// register it passes on none.
	Machines Register
	Log      *slog.Logger
}

// Host is a node in the peer-to-peer network.
type Host struct {
	cfg   Config
	gate  *gate
	crowd *crowd
	host  host.Host
	dht   *dht.IpfsDHT

	stop context.CancelFunc
	done sync.WaitGroup
}

// New opens the host and starts to look for its peers. Close ends it.
func New(cfg Config) (*Host, error) {
	private, err := crypto.UnmarshalEd25519PrivateKey(cfg.Key.Private())
	if err != nil {
		return nil, fmt.Errorf("take the node's key: %w", err)
	}
	limits, byPeer, err := resources(cfg.Server)
	if err != nil {
		return nil, err
	}
	h := &Host{cfg: cfg, crowd: newCrowd(byPeer), gate: &gate{publicOnly: cfg.PublicOnly}}
	options := append(h.listening(), libp2p.Identity(private), libp2p.ResourceManager(limits), libp2p.ConnectionGater(h.gate),
		libp2p.Transport(libp2ptcp.NewTCPTransport), libp2p.Transport(libp2pquic.NewTransport),
		libp2p.UserAgent("dbc"), libp2p.DisableMetrics(), libp2p.EnableHolePunching(),
		libp2p.AddrsFactory(h.announce))
	options = append(options, h.relaying()...)
	if h.host, err = libp2p.New(options...); err != nil {
		return nil, errors.Join(fmt.Errorf("listen for peers on net_listen_ip:net_listen_port: %w", err), limits.Close())
	}
	h.crowd.watch(h.host)
	mode := dht.ModeClient
	if cfg.Server || cfg.Relay {
		mode = dht.ModeServer
	}
	ctx, stop := context.WithCancel(context.Background())
	h.dht, err = dht.New(h.host, dht.Mode(mode), dht.ProtocolPrefix(protocol.ID("/dbc/"+cfg.ChainID)),
		dht.DisableValues(), dht.DisableProviders())
	if err != nil {
		stop()
		return nil, errors.Join(fmt.Errorf("join the hash table: %w", err), h.host.Close())
	}
	h.stop = stop
	h.done.Go(func() { h.keepPeers(ctx) })
	return h, nil
}

// Close ends all streams and everything that New started.
func (h *Host) Close() error {
	h.stop()
	h.done.Wait()
	defer h.crowd.close()
	return errors.Join(h.dht.Close(), h.host.Close())
}

// Addrs returns this host's own multiaddrs, with its peer id.
func (h *Host) Addrs() []string {
	var all []string
	for _, a := range h.host.Addrs() {
		all = append(all, a.String()+"/p2p/"+h.host.ID().String())
	}
	return all
}

// Peers returns the number of connected nodes.
func (h *Host) Peers() int { return len(h.host.Network().Peers()) }

func (h *Host) listening() []libp2p.Option {
	if !h.cfg.Listen.IsValid() {
		return []libp2p.Option{libp2p.NoListenAddrs}
	}
	return []libp2p.Option{libp2p.ListenAddrStrings(Multiaddrs(h.cfg.Listen)...)}
}

// relaying: a relay is public because its operator says so. Other nodes
// determine whether they are and, if not, keep a reservation at relays among
// their peers.
func (h *Host) relaying() []libp2p.Option {
	if h.cfg.Relay {
		limits := relay.DefaultResources()
		limits.MaxReservationsPerIP = relayPlaces
		limits.Limit = &relay.RelayLimit{Duration: relayFor, Data: relayControl}
		if h.cfg.RelayDataMiB > 0 {
			limits.Limit.Data = int64(h.cfg.RelayDataMiB) << 20
		}
		return []libp2p.Option{
			libp2p.ForceReachabilityPublic(), libp2p.EnableNATService(),
			libp2p.EnableRelay(), libp2p.EnableRelayService(relay.WithResources(limits), relay.WithACL(machinesOnly{h.cfg.Machines})),
		}
	}
	if !h.cfg.Listen.IsValid() {
		return []libp2p.Option{libp2p.EnableRelay()}
	}
	return []libp2p.Option{
		libp2p.EnableRelay(), libp2p.EnableNATService(), libp2p.EnableAutoRelayWithPeerSource(h.relays,
			autorelay.WithMinCandidates(1), autorelay.WithBootDelay(0), autorelay.WithMinInterval(relayLook),
			autorelay.WithBackoff(relayBackoff)),
	}
}

// announce adds the public address to those found on the interfaces.
func (h *Host) announce(own []ma.Multiaddr) []ma.Multiaddr {
	if !h.cfg.Public.IsValid() || !h.cfg.Listen.IsValid() {
		return own
	}
	for _, text := range Multiaddrs(netip.AddrPortFrom(h.cfg.Public, h.cfg.Listen.Port())) {
		if a, err := ma.NewMultiaddr(text); err == nil && !ma.Contains(own, a) {
			own = append(own, a)
		}
	}
	return own
}

// Multiaddrs returns the multiaddrs of one address and port: QUIC and TCP.
func Multiaddrs(at netip.AddrPort) []string {
	family := "ip4"
	if at.Addr().Is6() && !at.Addr().Is4In6() {
		family = "ip6"
	}
	return []string{
		fmt.Sprintf("/%s/%s/udp/%d/quic-v1", family, at.Addr().Unmap(), at.Port()),
		fmt.Sprintf("/%s/%s/tcp/%d", family, at.Addr().Unmap(), at.Port()),
	}
}

// parseAddrs drops texts that are not an address, that belong to another peer,
// or that may not be dialed.
func (h *Host) parseAddrs(id peer.ID, texts []string) []ma.Multiaddr {
	var addrs []ma.Multiaddr
	for _, text := range texts {
		a, err := ma.NewMultiaddr(text)
		if err != nil {
			continue
		}
		transport, named := peer.SplitAddr(a)
		if transport == nil || (named != "" && named != id) || !h.gate.mayTry(transport) {
			continue
		}
		addrs = append(addrs, transport)
	}
	return addrs
}

// ID returns this host's peer id.
func (h *Host) ID() string { return h.host.ID().String() }
