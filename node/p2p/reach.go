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

// What finding a machine may take, together below the ten seconds after which a
// caller has an answer.
const (
	reachLimit = 9 * time.Second
	chainLimit = 2 * time.Second
	firstLimit = 4 * time.Second
	tableLimit = 2 * time.Second
)

// Dial opens a stream to a machine, as a connection whose Close ends it. It may
// go through a relay; one for a guest only where the relay carries that much.
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

// relayCarries tells whether a relay said, when it connected, that it carries
// more than control calls need.
func (h *Host) relayCarries(id peer.ID) bool {
	for _, c := range h.host.Network().ConnsToPeer(id) {
		if most, ok := c.Stat().Extra[circuit.StatLimitData].(uint64); ok && (most == 0 || most > relayControl) {
			return true
		}
	}
	return false
}

// Way is how a machine is connected: "direct", "relay" or "" for not at all.
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

// reach connects to a machine: by what the chain and the peers say, then by the
// hash table.
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

// throughRelays are the ways to a peer through the relays that are connected.
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

// connect tries addrs and what is known of the peer; relays begin a moment
// after direct addresses.
func (h *Host) connect(ctx context.Context, limit time.Duration, id peer.ID, addrs []ma.Multiaddr, failed *UnreachableError) bool {
	begun := time.Now()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	h.host.Peerstore().AddAddrs(id, addrs, peerstore.TempAddrTTL)
	if len(h.host.Peerstore().Addrs(id)) == 0 {
		return false
	}
	err := h.host.Connect(ctx, peer.AddrInfo{ID: id})
	if err == nil {
		return true
	}
	failed.Timeout = ctx.Err() != nil
	failed.Tried = append(failed.Tried, h.dialed(id, err, time.Since(begun), failed.Timeout)...)
	return false
}

// dialed says what became of each address; the library names those that
// refused, but not those that were silent until the limit.
func (h *Host) dialed(id peer.ID, err error, took time.Duration, late bool) []string {
	var tried []string
	refused := map[string]bool{}
	if dial := new(swarm.DialError); errors.As(err, &dial) {
		for _, way := range dial.DialErrors {
			refused[way.Address.String()] = true
			tried = append(tried, fmt.Sprintf("%s: %v", way.Address, way.Cause))
		}
	}
	if !late {
		if len(tried) == 0 {
			tried = append(tried, err.Error())
		}
		return tried
	}
	for _, a := range h.host.Peerstore().Addrs(id) {
		if !refused[a.String()] {
			tried = append(tried, fmt.Sprintf("%s: no connection within %v", a, took.Round(time.Second)))
		}
	}
	return tried
}
