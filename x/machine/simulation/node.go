// Package simulation lets the SDK's simulator run random lives of machines:
// random genesis states and parameters, and every message of the module.
package simulation

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Nodes is how many compute nodes there are in a simulation; few, so that
// messages meet on the same machine.
const Nodes = 24

// MaxSlots of a simulated machine.
const MaxSlots = 4

// Node is a compute node, which signs for its machine.
type Node struct {
	key ed25519.PrivateKey
	// ID is the machine's id.
	ID string
}

var (
	nodes    = makeNodes()
	nodeByID = func() map[string]Node {
		byID := make(map[string]Node, len(nodes))
		for _, n := range nodes {
			byID[n.ID] = n
		}
		return byID
	}()
)

// makeNodes gives the same nodes to all simulations: their identity is not part of what is
// random.
func makeNodes() []Node {
	all := make([]Node, Nodes)
	for i := range all {
		seed := sha256.Sum256(fmt.Appendf(nil, "simulated node %d", i))
		key := ed25519.NewKeyFromSeed(seed[:])
		all[i] = Node{key, hex.EncodeToString(key.Public().(ed25519.PublicKey))}
	}
	return all
}

// IDs returns the machines of all nodes.
func IDs() []string {
	ids := make([]string, len(nodes))
	for i, n := range nodes {
		ids[i] = n.ID
	}
	return ids
}

func (n Node) sign(text []byte) []byte { return ed25519.Sign(n.key, text) }
