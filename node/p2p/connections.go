package p2p

import (
	"github.com/libp2p/go-libp2p/core/network"
)

// Connections is the number of connections of one kind.
type Connections struct {
	// Direction is in or out, Path direct or relayed.
	Direction, Path string
	Count           int
}

// Connections returns how many connections there are of each kind.
func (h *Host) Connections() []Connections {
	all := []Connections{{"in", "direct", 0}, {"in", "relayed", 0}, {"out", "direct", 0}, {"out", "relayed", 0}}
	for _, c := range h.host.Network().Conns() {
		at := 0
		if c.Stat().Direction == network.DirOutbound {
			at = 2
		}
		if c.Stat().Limited {
			at++
		}
		all[at].Count++
	}
	return all
}

// Closed returns how many connections and exchanges of strangers were closed to make
// room for others.
func (h *Host) Closed() uint64 { return h.crowd.closed.Load() }
