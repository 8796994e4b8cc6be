package p2p

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/proto"
	ma "github.com/multiformats/go-multiaddr"
)

const (
	// peersPeriod is the interval at which the peers in peer.conf are checked.
	peersPeriod = 15 * time.Second
	joinLimit   = 10 * time.Second
)

// keepPeers connects to the peers in peer.conf, and reconnects when a
// connection is lost.
func (h *Host) keepPeers(ctx context.Context) {
	known := map[string]peer.ID{}
	for {
		for _, line := range h.cfg.Peers {
			if id, ok := known[line]; ok && h.host.Network().Connectedness(id) == network.Connected {
				continue
			}
			id, err := h.join(ctx, line)
			if err != nil {
				if ctx.Err() == nil {
					h.cfg.Log.Warn("a node of peer.conf does not answer", "peer", line, "error", err)
				}
				continue
			}
			known[line] = id
			h.cfg.Log.Info("joined a node of peer.conf", "peer", line, "id", id.String())
		}
		h.dht.RefreshRoutingTable()
		select {
		case <-ctx.Done():
			return
		case <-time.After(peersPeriod):
		}
	}
}

// join connects to host:port without knowing the peer id in advance.
func (h *Host) join(ctx context.Context, line string) (peer.ID, error) {
	ctx, cancel := context.WithTimeout(ctx, joinLimit)
	defer cancel()
	addrs, err := lineAddrs(ctx, line)
	if err != nil {
		return "", err
	}
	h.gate.name(addrs)
	id, err := h.learn(ctx, slices.DeleteFunc(slices.Clone(addrs), func(a ma.Multiaddr) bool { return a[1].Protocol().Code != ma.P_TCP }))
	if err != nil || id == h.host.ID() {
		return id, err
	}
	if err := h.host.Connect(ctx, peer.AddrInfo{ID: id, Addrs: addrs}); err != nil {
		return "", fmt.Errorf("connect: %w", err)
	}
	h.host.Peerstore().AddAddrs(id, addrs, peerstore.PermanentAddrTTL)
	h.host.ConnManager().Protect(id, tagConfigured)
	return id, nil
}

// lineAddrs returns the QUIC and TCP multiaddrs of host:port, at every address
// of its name.
func lineAddrs(ctx context.Context, line string) ([]ma.Multiaddr, error) {
	name, port, err := splitLine(line)
	if err != nil {
		return nil, err
	}
	ips, err := new(net.Resolver).LookupNetIP(ctx, "ip", name)
	if err != nil {
		return nil, fmt.Errorf("%w: %q: %w", ErrPeer, line, err)
	}
	var addrs []ma.Multiaddr
	for _, ip := range ips {
		for _, text := range Multiaddrs(netip.AddrPortFrom(ip, port)) {
			a, err := ma.NewMultiaddr(text)
			if err != nil {
				return nil, fmt.Errorf("%w: %q: %w", ErrPeer, line, err)
			}
			addrs = append(addrs, a)
		}
	}
	return addrs, nil
}

func splitLine(line string) (name string, port uint16, err error) {
	name, text, err := net.SplitHostPort(line)
	if err != nil {
		return "", 0, fmt.Errorf("%w: %q: %w", ErrPeer, line, err)
	}
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil || number == 0 || name == "" {
		return "", 0, fmt.Errorf("%w: %q: want host:port", ErrPeer, line)
	}
	return name, uint16(number), nil
}

// relayPeers returns the connected nodes that act as relays.
func (h *Host) relayPeers() []peer.AddrInfo {
	var found []peer.AddrInfo
	for _, id := range h.host.Network().Peers() {
		speaks, err := h.host.Peerstore().SupportsProtocols(id, proto.ProtoIDv2Hop)
		if err != nil || len(speaks) == 0 || h.host.Network().Connectedness(id) != network.Connected {
			continue
		}
		found = append(found, h.host.Peerstore().PeerInfo(id))
	}
	return found
}

// relays is what the library calls to find relays for reservations.
func (h *Host) relays(_ context.Context, most int) <-chan peer.AddrInfo {
	found := h.relayPeers()
	found = slices.Clip(found[:min(most, len(found))])
	out := make(chan peer.AddrInfo, len(found))
	for _, info := range found {
		out <- info
	}
	close(out)
	return out
}
