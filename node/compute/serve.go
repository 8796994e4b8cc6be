package compute

import (
	"context"
	"errors"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/compute/api"
	"github.com/dbc-network/dbc/node/compute/host"
)

// serve runs the loops and the API until ctx is done or one of them fails, and
// returns when all have ended.
func (p *parts) serve(ctx context.Context) error {
	listener, err := node.Listen(ctx, p.cfg.Node)
	if err != nil {
		return err
	}
	answers := p.server()
	server := answers.HTTP()
	server.Handler = p.metrics.Wrap(server.Handler)
	p.metrics.Peers(p.peers)
	streams, err := p.peers.NewServer(server, api.ForPeers(server.Handler), p.log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	parts := []func() error{
		func() error { return p.host.Run(ctx) },
		func() error { return p.answers.Run(ctx) },
		func() error { return p.quarantine.Run(ctx) },
		func() error { return p.health.Run(ctx) },
		func() error { return node.Serve(server, listener, p.cfg.Node, p.log) },
		streams.Serve,
		func() error { p.pulse.Run(ctx); return nil },
		func() error { p.tellFaults(ctx); <-ctx.Done(); return nil },
	}
	if p.cfg.MetricsListen.IsValid() {
		parts = append(parts, func() error { return p.serveMetrics(ctx) }, func() error { return p.books.Run(ctx) })
	}
	ended := make(chan error, len(parts))
	for _, part := range parts {
		go func() { ended <- part() }()
	}
	p.log.Info("the node runs", "machine_id", p.key.MachineID(), "chain_id", p.binding.ChainID,
		"api", node.APIURL(p.cfg.Node))

	var first error
	left := len(parts)
	select {
	case <-ctx.Done():
	case first = <-ended:
		left--
	}
	cancel()
	// Requests end first, for they use what the loop uses.
	answers.Close()
	err = errors.Join(node.Shutdown(ctx, server), node.Shutdown(ctx, streams))
	for ; left > 0; left-- {
		first = errors.Join(first, <-ended)
	}
	p.log.Info("the node has ended; its VMs run on")
	return errors.Join(first, err)
}

func (p *parts) server() *api.Server {
	return api.New(api.Config{
		Key: p.key, ChainID: p.binding.ChainID, Version: node.Version(), Listen: p.cfg.HTTPListen,
		Hosts: p.cfg.HTTPHosts, Origins: p.cfg.HTTPCORSOrigins, PublicIP: p.cfg.PublicIP,
		PortFirst: p.cfg.PortFirst, PortLast: p.cfg.PortLast,
		Capacity: host.CapacityOf(p.facts, p.facts), GPUType: p.facts.Slots[0].GpuType,
	}, api.Deps{
		Host: p.host, Usage: p.host, Rentals: p.trust, Images: p.images, Replay: p.journal,
		Renters: p.chain, Sessions: p.journal, Grants: p.journal,
		Inventory: func(ctx context.Context) (hw.Inventory, error) { return inventory(ctx, p.cfg) },
		Cards: func(ctx context.Context) ([]byte, error) {
			offer, err := ReadOffer(ctx, p.cfg, p.key.MachineID())
			return offer.Inventory, err
		},
		Log:      p.log,
		Observer: p.metrics, Welcome: p.peers.Welcome, Problem: p.pulse.Problem, Health: p.vitals().Reasons,
	})
}
