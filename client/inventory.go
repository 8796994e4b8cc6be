package client

import (
	"context"

	"github.com/dbc-network/dbc/api"
)

// Inventory returns the machine's signed inventory of its cards. It is the host's
// word: package verify checks that it is the one that the chain lists.
func (n *Node) Inventory(ctx context.Context) (api.SignedInventory, error) {
	var signed api.SignedInventory
	err := n.call(ctx, api.PathInventory, struct{}{}, &signed)
	return signed, err
}

// Details returns what the machine is, and what the cards of its slots are in.
func (n *Node) Details(ctx context.Context) (api.Details, error) {
	var d api.Details
	err := n.call(ctx, api.PathMiningNodes, struct{}{}, &d)
	return d, err
}
