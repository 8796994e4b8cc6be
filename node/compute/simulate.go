package compute

import (
	"context"
	"io"
	"time"

	"github.com/dbc-network/dbc/chainid"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests/names"
)

// Simulation is what a devnet without privileges puts in the place of libvirt, disks, cards
// and the guests' network. Only a program that calls Simulate has one: no key of core.conf,
// argument or environment variable does, and dbc-helper does not link this package.
type Simulation struct {
	// Privileged opens it.
	Privileged func(ctx context.Context, cfg conf.Guests, b names.Binding) (Privileged, error)
	// Computer is the computer that its guests run on.
	Computer host.Computer
	// ReadyWithin bounds a guest's way to its SSH banner.
	ReadyWithin time.Duration
	// Log receives the node's log.
	Log io.Writer
}

// Simulate is Run with a simulation, on a devnet only: another chain's renters would pay
// for virtual machines that do not exist. It leaves this process's umask and garbage
// collector as they are.
func Simulate(ctx context.Context, cfg conf.Compute, sim Simulation) error {
	if !chainid.Devnet(cfg.ChainID) {
		return cfg.Refusal("chain_id", cfg.ChainID, "a devnet: dbc-devnet- and a number", node.ErrSimulated)
	}
	return run(ctx, cfg, sim.Log, &sim)
}
