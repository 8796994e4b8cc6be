package node

import (
	"context"
	"log/slog"
	"net/netip"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/chainid"
	"github.com/dbc-network/dbc/node/clientnode/market"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/node/p2p"
)

// onChain finds a machine's addresses in its facts.
type onChain struct{ *chain.Client }

// Addresses are what the machine's bond says.
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

// published is where others reach the node's peer-to-peer port.
func published(c conf.Config) netip.AddrPort {
	if c.NetListen.Addr().IsUnspecified() && c.PublicIP.IsValid() {
		return netip.AddrPortFrom(c.PublicIP, c.NetListen.Port())
	}
	return c.NetListen
}

// openPeers begins to listen for client nodes.
func (p *parts) openPeers(ctx context.Context) (err error) {
	if err := claim(ctx, p.cfg); err != nil {
		return err
	}
	p.peers, err = p2p.New(p2p.Config{
		Key: p.key, ChainID: p.cfg.ChainID, Listen: p.cfg.NetListen, Public: p.cfg.PublicIP, Peers: p.cfg.Peers,
		Server: true, Relay: p.cfg.Relay, RelayDataMiB: p.cfg.RelayDataMiB,
		PublicOnly: !chainid.Test(p.cfg.ChainID), Machines: market.NewRegister(nil, p.chain), Log: p.log,
	})
	if err != nil {
		return err
	}
	p.onClose(p.peers.Close)
	return nil
}
