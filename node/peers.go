package node

import (
	"context"
	"log/slog"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/chainid"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/node/p2p"
)

// onChain finds a machine's addresses in its facts.
type onChain struct{ *chain.Client }

// Finder returns a finder of machines' addresses in their bonds.
func Finder(c *chain.Client) p2p.Finder { return onChain{c} }

// Addresses returns those of the machine's bond.
func (c onChain) Addresses(ctx context.Context, machineID string) ([]string, error) {
	listed, err := c.Machine(ctx, machineID)
	return listed.Machine.Facts.Multiaddrs, err
}

// Dialer reaches machines without a client node: it listens nowhere, and what
// the chain and peers know leads it.
func Dialer(chainID string, peers []string, c *chain.Client, log *slog.Logger) (*p2p.Host, error) {
	k, err := key.New()
	if err != nil {
		return nil, err
	}
	return p2p.New(p2p.Config{
		Key: k, ChainID: chainID, Peers: peers, PublicOnly: !chainid.Test(chainID), Finder: onChain{c}, Log: log,
	})
}
