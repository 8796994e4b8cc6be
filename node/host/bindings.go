package host

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/node/network"
	"github.com/dbc-network/dbc/vm"
)

// bindNetwork is do and undo of the network step: the journal says which tasks
// are bound, and the kernel is made to match.
func bindNetwork(h *Host, ctx context.Context, _ journal.Task) error { return h.bind(ctx) }

// applyNetwork repairs the kernel's rules in each pass: somebody may have
// flushed them. A fault is told once.
func (h *Host) applyNetwork(ctx context.Context) {
	err := h.bind(ctx)
	fault := ""
	switch {
	case err == nil || ctx.Err() != nil:
	case errors.Is(err, vm.ErrUnavailable):
		fault = vm.ErrUnavailable.Error() // whose text is another each time
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
	// Held over reading and applying, so that an older list never comes last.
	h.net.Lock()
	defer h.net.Unlock()
	tasks, err := h.deps.Journal.Tasks()
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	bindings := []network.Binding{}
	for _, t := range tasks {
		if state := entry(&t, stepNetwork).State; state != journal.StepBegun && state != journal.StepDone {
			continue
		}
		mac, err := net.ParseMAC(t.MAC)
		if err != nil {
			return fmt.Errorf("read the card's address of task %s: %w", t.ID, err)
		}
		b := network.Binding{Tap: t.Tap, MAC: mac, Addr: t.Addr, CPUs: t.CPUs}
		for _, p := range t.Ports {
			b.Ports = append(b.Ports, network.Port{Protocol: p.Protocol, Host: p.Host, Guest: p.Guest})
		}
		bindings = append(bindings, b)
	}
	if err := h.deps.Net.Apply(ctx, bindings); err != nil {
		return fmt.Errorf("apply the bindings: %w", err)
	}
	return nil
}
