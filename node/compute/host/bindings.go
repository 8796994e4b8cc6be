package host

import (
	"context"
	"errors"
	"fmt"

	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/vm"
)

// bindNetwork is both do and undo of the network step: the journal says which
// tasks are bound, and the kernel is made to match.
func bindNetwork(h *Host, ctx context.Context, _ journal.Task) error { return h.bind(ctx) }

// applyNetwork repairs the kernel's rules in each pass, since somebody may have
// flushed them. A fault is logged once.
func (h *Host) applyNetwork(ctx context.Context) {
	err := h.bind(ctx)
	fault := ""
	switch {
	case err == nil || ctx.Err() != nil:
	case errors.Is(err, vm.ErrUnavailable):
		fault = vm.ErrUnavailable.Error() // its text differs each time
	default:
		fault = err.Error()
	}
	h.net.Lock()
	defer h.net.Unlock()
	if fault != "" && fault != h.netFault {
		h.deps.Log.Error("the guests' network is not as it should be", "error", err)
	}
	h.netFault = fault
}

func (h *Host) bind(ctx context.Context) error {
	// Held while reading and applying, so that an older list is never applied last.
	h.net.Lock()
	defer h.net.Unlock()
	tasks, err := h.deps.Journal.Tasks()
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	list := []guests.Connection{}
	for _, t := range tasks {
		if state := entry(&t, stepNetwork).State; state != journal.StepBegun && state != journal.StepDone {
			continue
		}
		c := guests.Connection{Folder: folder(t), CPUs: t.Wanted.CPUs}
		for _, p := range t.Network.Ports {
			c.Ports = append(c.Ports, network.Port{Name: p.Name, Protocol: p.Protocol, Host: p.Host, Guest: p.Guest, Sources: p.Sources})
		}
		list = append(list, c)
	}
	if err := h.deps.Net.Connect(ctx, list); err != nil {
		return fmt.Errorf("apply the connections: %w", err)
	}
	return nil
}
