package compute

import (
	"context"
	"net/netip"

	"github.com/dbc-network/dbc/chainid"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/p2p"
	"github.com/dbc-network/dbc/node/register"
)

// published is where others reach the node's peer-to-peer port.
func published(c conf.Compute) netip.AddrPort {
	if c.NetListen.Addr().IsUnspecified() && c.PublicIP.IsValid() {
		return netip.AddrPortFrom(c.PublicIP, c.NetListen.Port())
	}
	return c.NetListen
}

// openPeers begins to listen for client nodes.
func (p *parts) openPeers(ctx context.Context) (err error) {
	if err := node.Claim(ctx, p.cfg.Node); err != nil {
		return err
	}
	p.peers, err = p2p.New(p2p.Config{
		Key: p.key, ChainID: p.cfg.ChainID, Listen: p.cfg.NetListen, Public: p.cfg.PublicIP, Peers: p.cfg.Peers,
		Server: true, Relay: p.cfg.Relay, RelayDataMiB: p.cfg.RelayDataMiB,
		PublicOnly: !chainid.Test(p.cfg.ChainID), Machines: register.New(nil, p.chain), Log: p.log,
	})
	if err != nil {
		return err
	}
	p.onClose(p.peers.Close)
	return nil
}
