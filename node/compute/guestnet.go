package compute

import (
	"context"
	"errors"
	"fmt"

	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests/network"
)

// errInhabited means: a VM has an address of another guests' network.
var errInhabited = errors.New("its guest keeps its address; change guest_cidr once its VMs are deleted")

// checkGuestNetwork refuses a guest_cidr without the addresses of VMs that are
// here: their guests would be cut off.
func checkGuestNetwork(cfg conf.Compute, tasks []journal.Task) error {
	for _, t := range tasks {
		if a := t.Reserved.Addr; a.IsValid() && !cfg.GuestCIDR.Contains(a) {
			return cfg.Refusal("guest_cidr", cfg.GuestCIDR.String(), fmt.Sprintf("the network of %s, the address of virtual machine %s", a, t.ID), errInhabited)
		}
	}
	return nil
}

// openNetwork has bridge and rules made before the node says that it runs.
func (p *parts) openNetwork(ctx context.Context) error { return ensureNetwork(ctx, p.cfg, p.guests) }

func ensureNetwork(ctx context.Context, cfg conf.Compute, net host.Net) error {
	err := net.Ensure(ctx)
	if errors.Is(err, network.ErrOverlap) {
		return cfg.Refusal("guest_cidr", cfg.GuestCIDR.String(), "a network that overlaps none that this computer is connected to", err)
	}
	if err != nil {
		return fmt.Errorf("prepare the guests' network: %w", err)
	}
	return nil
}
