package node

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	sdkversion "github.com/cosmos/cosmos-sdk/version"

	"github.com/dbc-network/dbc/hw"
	nodeapi "github.com/dbc-network/dbc/node/compute/api"
	"github.com/dbc-network/dbc/node/compute/host"
)

// drain is what requests have to end after the node was told to.
const drain = 5 * time.Second

// serve runs the loops and the API until ctx is done or one of them fails, and
// returns when all have ended.
func (p *parts) serve(ctx context.Context) error {
	listener, err := listen(ctx, p.cfg)
	if err != nil {
		return err
	}
	answers := p.api()
	server := answers.HTTP()
	streams, err := p.peers.NewServer(server, server.Handler, p.log)
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
		func() error { return serveHTTP(server, listener, p.cfg, p.log) },
		streams.Serve,
		func() error { p.pulse.Run(ctx); return nil },
		func() error { p.tellFaults(ctx); <-ctx.Done(); return nil },
	}
	if p.cfg.MetricsListen.IsValid() {
		parts = append(parts, func() error { return p.serveMetrics(ctx) })
	}
	ended := make(chan error, len(parts))
	for _, part := range parts {
		go func() { ended <- part() }()
	}
	p.log.Info("the node runs", "machine_id", p.key.MachineID(), "chain_id", p.binding.ChainID,
		"api", apiURL(p.cfg))

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
	err = errors.Join(shutdown(ctx, server), shutdown(ctx, streams))
	for ; left > 0; left-- {
		first = errors.Join(first, <-ended)
	}
	p.log.Info("the node has ended; its VMs run on")
	return errors.Join(first, err)
}

func (p *parts) api() *nodeapi.Server {
	return nodeapi.New(nodeapi.Config{
		Key: p.key, ChainID: p.binding.ChainID, Version: version(), Listen: p.cfg.HTTPListen,
		Hosts: p.cfg.HTTPHosts, Origins: p.cfg.HTTPCORSOrigins, PublicIP: p.cfg.PublicIP,
		PortFirst: p.cfg.PortFirst, PortLast: p.cfg.PortLast,
		Capacity: host.CapacityOf(p.facts, p.facts), GPUType: p.facts.Slots[0].GpuType,
	}, nodeapi.Deps{
		Host: p.host, Usage: p.host, Rentals: p.trust, Images: p.images, Replay: p.journal,
		Renters: p.chain, Sessions: p.journal, Grants: p.journal,
		Inventory: func(ctx context.Context) (hw.Inventory, error) { return inventory(ctx, p.cfg) },
		Cards: func(ctx context.Context) ([]byte, error) {
			offer, err := ReadOffer(ctx, p.cfg, p.key.MachineID())
			return offer.Inventory, err
		},
		Log:      p.log,
		Observer: p.metrics, Welcome: p.peers.Welcome, Problem: p.pulse.Problem,
	})
}

// version is what make build wrote into the program, or go install's.
func version() string {
	if sdkversion.Version != "" {
		return sdkversion.Version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}
