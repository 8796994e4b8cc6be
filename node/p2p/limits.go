package p2p

import (
	"fmt"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
)

const (
	// One client node serves many renters, so it may have many open exchanges;
	// a peer that was never authorized may have fewer.
	peerStreamsIn     = 256
	strangerStreamsIn = 16
	peerStreamsOut    = 1024
	// peerMemory is how many bytes one peer's streams may buffer.
	peerMemory     = 64 << 20
	strangerMemory = 4 << 20
	// allMemory is how many bytes all peers' streams together may buffer, on
	// any computer: the library's own limit grows to gigabytes on large ones.
	allMemory = 256 << 20
	// addressConns bounds the connections from one address. Client nodes behind
	// a NAT share an address.
	addressConns = 64
	// All connections, and those that have not completed the handshake. Both
	// are more than maxStrangers, so that these limits lock out nobody.
	allConns   = 2048
	earlyConns = 512
)

// peerLimits are the library's limits, with more for authorized callers than
// for strangers.
type peerLimits struct {
	rcmgr.Limiter
	known  func(peer.ID) bool
	caller rcmgr.Limit
}

// GetPeerLimits is called when a peer connects.
func (l *peerLimits) GetPeerLimits(id peer.ID) rcmgr.Limit {
	if l.known != nil && l.known(id) {
		return l.caller
	}
	return l.Limiter.GetPeerLimits(id)
}

// resources returns the library's limits, which grow with the computer, with
// our own per peer. Only a server of exchanges has strangers: the peers that a
// client node calls are not.
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
