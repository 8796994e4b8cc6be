package p2p

import (
	"context"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	ma "github.com/multiformats/go-multiaddr"
)

// relayAsk bounds the query whether a peer is a machine.
const relayAsk = 2 * time.Second

// machinesOnly decides whom a relay serves. A relayed connection is encrypted
// end to end, so the relay cannot see its protocols: it passes on connections
// to machines of its chain and to nobody else, within limits of data and time.
type machinesOnly struct{ register Register }

var _ relay.ACLFilter = machinesOnly{}

// AllowReserve permits reservations for machines.
func (m machinesOnly) AllowReserve(p peer.ID, _ ma.Multiaddr) bool { return m.bonded(p) }

// AllowConnect lets everybody reach a machine. Callers cannot be checked,
// because client nodes are not on the chain.
func (m machinesOnly) AllowConnect(_ peer.ID, _ ma.Multiaddr, to peer.ID) bool { return m.bonded(to) }

func (m machinesOnly) bonded(p peer.ID) bool {
	id, is := MachineID(p)
	if !is || m.register == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), relayAsk)
	defer cancel()
	return m.register.Bonded(ctx, id) == nil
}
