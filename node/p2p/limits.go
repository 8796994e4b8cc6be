package p2p

import (
	"fmt"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/network"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
)

const (
	// One client node brings many renters, so it may have many exchanges open.
	peerStreamsIn  = 256
	peerStreamsOut = 1024
	// peerMemory is what one peer's streams may buffer, in bytes.
	peerMemory = 64 << 20
	// addressConns are the connections from one address: client nodes share
	// the address of their NAT.
	addressConns = 64
)

// resources are the library's limits, which grow with the computer, with ours
// for each peer.
func resources() (network.ResourceManager, error) {
	limits := rcmgr.DefaultLimits
	peer := rcmgr.BaseLimit{
		Streams: peerStreamsIn + peerStreamsOut, StreamsInbound: peerStreamsIn, StreamsOutbound: peerStreamsOut,
		Conns: 16, ConnsInbound: 8, ConnsOutbound: 8, FD: 8, Memory: peerMemory,
	}
	limits.PeerBaseLimit, limits.PeerLimitIncrease = peer, rcmgr.BaseLimitIncrease{}
	limits.ProtocolPeerBaseLimit = peer
	limits.ProtocolPeerLimitIncrease = rcmgr.BaseLimitIncrease{}
	libp2p.SetDefaultServiceLimits(&limits)
	manager, err := rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(limits.AutoScale()),
		rcmgr.WithLimitPerSubnet(
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 32, ConnCount: addressConns}},
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 56, ConnCount: addressConns}},
		))
	if err != nil {
		return nil, fmt.Errorf("set limits for peers: %w", err)
	}
	return manager, nil
}
