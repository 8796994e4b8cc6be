package p2p

import (
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	manet "github.com/multiformats/go-multiaddr/net"
)

const (
	// maxStrangers bounds the inbound connections of peers that were never
	// authorized. Beyond it, an idle one of the network with the most
	// connections is closed.
	maxStrangers = 96
	// maxExchanges bounds the open exchanges of all strangers together, because
	// each may buffer half a MiB before anybody reads it. Beyond it, one of the
	// peer with the most is closed.
	maxExchanges = 64
	// maxKnown bounds the number of remembered callers.
	maxKnown = 4096
	// tagCaller protects callers from the library's own trimming. tagConfigured
	// is for the peers in peer.conf, and tagReservation is the library's tag
	// for a relay.
	tagCaller      = "caller"
	tagConfigured  = "peer.conf"
	tagReservation = "relay-reservation"
)

// crowd distinguishes callers that were authorized before from strangers, and
// limits the strangers: they can lock out neither a caller nor each other.
type crowd struct {
	limits *peerLimits

	mu    sync.Mutex
	host  host.Host
	known map[peer.ID]time.Time
	// exchanges are the strangers' open ones, oldest first.
	exchanges []*exchange
	// closing waits for connections that are being closed.
	closing sync.WaitGroup
	ended   bool
	// closed counts the connections and exchanges that made room.
	closed atomic.Uint64
}

func newCrowd(limits *peerLimits) *crowd {
	c := &crowd{limits: limits, known: map[peer.ID]time.Time{}}
	limits.known = c.isKnown
	return c
}

// watch starts to monitor the connections of h.
func (c *crowd) watch(h host.Host) {
	c.mu.Lock()
	c.host = h
	c.mu.Unlock()
	h.Network().Notify(&network.NotifyBundle{ConnectedF: func(_ network.Network, n network.Conn) { c.connected(n) }})
}

// close waits for what watch started.
func (c *crowd) close() {
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	c.closing.Wait()
}

// Welcome marks a peer as authorized. remote is its id as in an exchange's
// RemoteAddr. Its connections are kept, and it may have more open exchanges
// than a stranger.
func (h *Host) Welcome(remote string) {
	if id, err := peer.Decode(remote); err == nil {
		h.crowd.welcome(id)
	}
}

func (c *crowd) welcome(id peer.ID) {
	c.mu.Lock()
	_, old := c.known[id]
	c.known[id] = time.Now()
	if len(c.known) > maxKnown {
		c.forget()
	}
	h := c.host
	c.mu.Unlock()
	if old || h == nil {
		return
	}
	h.ConnManager().Protect(id, tagCaller)
	_ = h.Network().ResourceManager().ViewPeer(id, func(s network.PeerScope) error {
		if scope, ok := s.(rcmgr.ResourceScopeLimiter); ok {
			scope.SetLimit(c.limits.caller)
		}
		return nil
	})
}

// forget drops the caller that was away the longest. It must be called with mu
// held.
func (c *crowd) forget() {
	var last peer.ID
	for id, seen := range c.known {
		if last == "" || seen.Before(c.known[last]) {
			last = id
		}
	}
	delete(c.known, last)
	if c.host != nil {
		c.host.ConnManager().Unprotect(last, tagCaller)
	}
}

func (c *crowd) isKnown(id peer.ID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, known := c.known[id]
	return known
}

// kept reports whether a peer is not a stranger: a caller, a peer in peer.conf,
// or one with a reservation at this relay.
func (c *crowd) kept(h host.Host, id peer.ID) bool {
	if c.isKnown(id) || h.ConnManager().IsProtected(id, tagConfigured) {
		return true
	}
	info := h.ConnManager().GetTagInfo(id)
	return info != nil && info.Tags[tagReservation] > 0
}

// connected makes room if there are too many strangers.
func (c *crowd) connected(n network.Conn) {
	c.mu.Lock()
	h, ended := c.host, c.ended
	c.mu.Unlock()
	if h == nil || ended || n.Stat().Direction != network.DirInbound {
		return
	}
	var strangers []network.Conn
	for _, other := range h.Network().Conns() {
		if other.Stat().Direction == network.DirInbound && !c.kept(h, other.RemotePeer()) {
			strangers = append(strangers, other)
		}
	}
	for len(strangers) > maxStrangers {
		i := leave(strangers, n)
		victim := strangers[i]
		strangers = slices.Delete(strangers, i, i+1)
		c.closed.Add(1)
		c.closing.Go(func() { _ = victim.Close() })
	}
}

// leave returns the index of the connection to close: of the network with the
// most connections, one without an exchange before one with, then the oldest.
// The new one is closed only if there is no other.
func leave(strangers []network.Conn, came network.Conn) int {
	counts := map[netip.Prefix]int{}
	for _, n := range strangers {
		counts[networkOf(n)]++
	}
	worst := -1
	for i, n := range strangers {
		if n == came && len(strangers) > 1 {
			continue
		}
		if worst < 0 || rather(n, strangers[worst], counts) {
			worst = i
		}
	}
	return worst
}

func rather(a, b network.Conn, counts map[netip.Prefix]int) bool {
	if x, y := counts[networkOf(a)], counts[networkOf(b)]; x != y {
		return x > y
	}
	if x, y := busy(a), busy(b); x != y {
		return y
	}
	return a.Stat().Opened.Before(b.Stat().Opened)
}

func busy(n network.Conn) bool {
	return slices.ContainsFunc(n.GetStreams(), func(s network.Stream) bool {
		return s.Protocol() == ProtocolHTTP || s.Protocol() == ProtocolTCP
	})
}

// networkOf returns the /24 of an IPv4 address or the /48 of an IPv6 address: a
// range of which one person easily has many addresses. Loopback addresses count
// individually.
func networkOf(n network.Conn) netip.Prefix {
	ip, err := manet.ToIP(n.RemoteMultiaddr())
	if err != nil {
		return netip.Prefix{} // through a relay
	}
	addr, _ := netip.AddrFromSlice(ip)
	addr = addr.Unmap()
	bits := 48
	switch {
	case addr.IsLoopback():
		bits = addr.BitLen()
	case addr.Is4():
		bits = 24
	}
	prefix, _ := addr.Prefix(bits)
	return prefix
}
