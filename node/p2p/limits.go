package p2p

import (
	"fmt"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
)

const (
	// One client node brings many renters, so it may have many exchanges open;
	// a peer that was never authorised has fewer.
	peerStreamsIn     = 256
	strangerStreamsIn = 16
	peerStreamsOut    = 1024
	// peerMemory is what one peer's streams may buffer, in bytes.
	peerMemory     = 64 << 20
	strangerMemory = 4 << 20
	// allMemory is what all peers' streams together may buffer, in bytes, on any
	// computer: the library's own bound grows with it to gigabytes.
	allMemory = 256 << 20
	// addressConns are the connections from one address: client nodes share
	// the address of their NAT.
	addressConns = 64
	// Connections in all, and those whose handshake is not done: more than the
	// strangers that are kept, so that these limits keep nobody out.
	allConns   = 2048
	earlyConns = 512
)

// peerLimits are the library's limits, but that callers who were authorised have
// more than strangers.
type peerLimits struct {
	rcmgr.Limiter
	known  func(peer.ID) bool
	caller rcmgr.Limit
}

// GetPeerLimits is asked when a peer connects.
func (l *peerLimits) GetPeerLimits(id peer.ID) rcmgr.Limit {
	if l.known != nil && l.known(id) {
		return l.caller
	}
	return l.Limiter.GetPeerLimits(id)
}

// resources are the library's limits, which grow with the computer, with ours
// for each peer. Only a server of exchanges has strangers: the peers that a
// client node asks are not.
func resources(server bool) (network.ResourceManager, *peerLimits, error) {
	limits := rcmgr.DefaultLimits
	caller := rcmgr.BaseLimit{
		Streams: peerStreamsIn + peerStreamsOut, StreamsInbound: peerStreamsIn, StreamsOutbound: peerStreamsOut,
		Conns: 16, ConnsInbound: 8, ConnsOutbound: 8, FD: 8, Memory: peerMemory,
	}
	limits.ProtocolPeerBaseLimit, limits.ProtocolPeerLimitIncrease = caller, rcmgr.BaseLimitIncrease{}
	stranger := caller
	if server {
		stranger.Streams, stranger.StreamsInbound, stranger.Memory = strangerStreamsIn+peerStreamsOut, strangerStreamsIn, strangerMemory
	}
	limits.PeerBaseLimit, limits.PeerLimitIncrease = stranger, rcmgr.BaseLimitIncrease{}
	for _, l := range []*rcmgr.BaseLimit{&limits.SystemBaseLimit, &limits.TransientBaseLimit} {
		most := allConns
		if l == &limits.TransientBaseLimit {
			most = earlyConns
		}
		l.Conns, l.ConnsInbound, l.FD = max(l.Conns, 2*most), max(l.ConnsInbound, most), max(l.FD, most)
	}
	limits.SystemBaseLimit.Memory, limits.SystemLimitIncrease.Memory = allMemory, 0
	libp2p.SetDefaultServiceLimits(&limits)
	own := &peerLimits{Limiter: rcmgr.NewFixedLimiter(limits.AutoScale()), caller: caller}
	manager, err := rcmgr.NewResourceManager(own,
		rcmgr.WithLimitPerSubnet(
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 32, ConnCount: addressConns}},
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 56, ConnCount: addressConns}},
		))
	if err != nil {
		return nil, nil, fmt.Errorf("set limits for peers: %w", err)
	}
	return manager, own, nil
}
