package p2p

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/net/gostream"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	circuit "github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	ma "github.com/multiformats/go-multiaddr"
)

// Limits of the steps to find a machine, together below the ten seconds within
// which a caller gets an answer.
const (
	reachLimit = 9 * time.Second
	chainLimit = 2 * time.Second
	firstLimit = 4 * time.Second
	tableLimit = 2 * time.Second
)

// Dial opens a stream to a machine, as a connection whose Close ends it. It may
// go through a relay; a connection to a guest only if the relay carries that
// much.
func (h *Host) Dial(ctx context.Context, machineID string, speak protocol.ID) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, reachLimit)
	defer cancel()
	id, err := PeerID(machineID)
	if err != nil {
		return nil, err
	}
	limited := network.WithAllowLimitedConn(ctx, string(speak))
	if err := h.reach(limited, machineID, id); err != nil {
		return nil, err
	}
	way, relayed := network.WithNoDial(limited, "reached"), h.Way(machineID) == "relay"
	if speak == ProtocolTCP && relayed && !h.relayCarries(id) {
		way = ctx // waits until a hole is punched
	}
	conn, err := gostream.Dial(way, h.host, id, speak)
	if err != nil {
		failed := &UnreachableError{
			MachineID: machineID, Tried: []string{fmt.Sprintf("a stream %s on the connection: %v", speak, err)},
			Timeout: ctx.Err() != nil,
		}
		if way == ctx {
			failed.Tried = append(failed.Tried, "a relay: its operator lets it carry control calls only")
		}
		return nil, failed
	}
	return conn, nil
}

// relayCarries reports whether a relay announced, when it connected, that it
// carries more than control calls need.
func (h *Host) relayCarries(id peer.ID) bool {
	for _, c := range h.host.Network().ConnsToPeer(id) {
		if most, ok := c.Stat().Extra[circuit.StatLimitData].(uint64); ok && (most == 0 || most > relayControl) {
			return true
		}
	}
	return false
}

// Way returns how a machine is connected: "direct", "relay", or "" if it is
// not.
func (h *Host) Way(machineID string) string {
	id, err := PeerID(machineID)
	if err != nil {
		return ""
	}
	way := ""
	for _, c := range h.host.Network().ConnsToPeer(id) {
		if !c.Stat().Limited {
			return "direct"
		}
		way = "relay"
	}
	return way
}

// reach connects to a machine: by what the chain and the peers know, then by
// the hash table.
func (h *Host) reach(ctx context.Context, machineID string, id peer.ID) error {
	if h.connected(id) {
		return nil
	}
	failed := &UnreachableError{MachineID: machineID}
	addrs := h.fromChain(ctx, machineID, id, failed)
	through := h.throughRelays(id)
	if len(through) == 0 {
		failed.Tried = append(failed.Tried, fmt.Sprintf("relays: none is among the %d nodes that are connected", h.Peers()))
	}
	addrs = append(addrs, through...)
	if known := len(h.host.Peerstore().Addrs(id)); known > 0 && len(addrs) == 0 {
		failed.Tried = append(failed.Tried, fmt.Sprintf("%d addresses of before", known))
	}
	if h.connect(ctx, firstLimit, id, addrs, failed) {
		return nil
	}
	if more := h.fromTable(ctx, id, failed); len(more) > 0 && h.connect(ctx, reachLimit, id, more, failed) {
		return nil
	}
	failed.Timeout = failed.Timeout || ctx.Err() != nil
	return failed
}

// throughRelays returns the addresses of a peer through the connected relays.
func (h *Host) throughRelays(id peer.ID) []ma.Multiaddr {
	var addrs []ma.Multiaddr
	for _, r := range h.relayPeers() {
		if through, err := ma.NewMultiaddr("/p2p/" + r.ID.String() + "/p2p-circuit"); err == nil && r.ID != id {
			addrs = append(addrs, through)
		}
	}
	return addrs
}

func (h *Host) connected(id peer.ID) bool {
	state := h.host.Network().Connectedness(id)
	return state == network.Connected || state == network.Limited
}

func (h *Host) fromChain(ctx context.Context, machineID string, id peer.ID, failed *UnreachableError) []ma.Multiaddr {
	if h.cfg.Finder == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, chainLimit)
	defer cancel()
	texts, err := h.cfg.Finder.Addresses(ctx, machineID)
	addrs := h.parseAddrs(id, texts)
	switch {
	case err != nil:
		failed.Tried = append(failed.Tried, fmt.Sprintf("the chain: %v", err))
	case len(addrs) == 0:
		failed.Tried = append(failed.Tried, "the chain: names no address that can be dialed")
	}
	return addrs
}

func (h *Host) fromTable(ctx context.Context, id peer.ID, failed *UnreachableError) []ma.Multiaddr {
	ctx, cancel := context.WithTimeout(ctx, tableLimit)
	defer cancel()
	info, err := h.dht.FindPeer(ctx, id)
	if err != nil {
		failed.Tried = append(failed.Tried, fmt.Sprintf("the hash table over %d peers: %v", h.Peers(), err))
		return nil
	}
	return slices.DeleteFunc(info.Addrs, func(a ma.Multiaddr) bool { return !h.gate.mayTry(a) })
}

// connect tries addrs and what is known about the peer. Relays are tried a
// moment after direct addresses.
func (h *Host) connect(ctx context.Context, limit time.Duration, id peer.ID, addrs []ma.Multiaddr, failed *UnreachableError) bool {
	begun := time.Now()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	h.host.Peerstore().AddAddrs(id, addrs, peerstore.TempAddrTTL)
	if len(h.host.Peerstore().Addrs(id)) == 0 {
		return false
	}
	// The library refuses an address for up to five minutes after it was tried in
	// vain. A caller asks because the machine may be back.
	if s, ok := h.host.Network().(*swarm.Swarm); ok {
		s.Backoff().Clear(id)
	}
	err := h.host.Connect(ctx, peer.AddrInfo{ID: id})
	if err == nil {
		return true
	}
	failed.Timeout = ctx.Err() != nil
	h.dialed(id, err, time.Since(begun), failed)
	return false
}

// dialed adds the result for each address. The library names those that
// refused, but not those that did not respond within the limit.
func (h *Host) dialed(id peer.ID, err error, took time.Duration, failed *UnreachableError) {
	said := len(failed.Tried)
	refused := map[string]bool{}
	if dial := new(swarm.DialError); errors.As(err, &dial) {
		for _, way := range dial.DialErrors {
			refused[way.Address.String()] = true
			cause := way.Cause.Error()
			if other, met := actual(way.Cause); met {
				cause = "another node answers there, " + other.String()
				if !slices.Contains(failed.Others, other.String()) {
					failed.Others = append(failed.Others, other.String())
				}
			}
			failed.Tried = append(failed.Tried, fmt.Sprintf("%s: %s", way.Address, cause))
		}
	}
	if !failed.Timeout {
		if len(failed.Tried) == said {
			failed.Tried = append(failed.Tried, err.Error())
		}
		return
	}
	for _, a := range h.host.Peerstore().Addrs(id) {
		if !refused[a.String()] {
			failed.Tried = append(failed.Tried, fmt.Sprintf("%s: no connection within %v", a, took.Round(time.Second)))
		}
	}
}
