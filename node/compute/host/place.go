package host

import (
	"context"
	"slices"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/vm"
)

// planPlace chooses the CPUs that a new VM is pinned to, and huge pages for its
// memory, where the computer has them; a VM runs without them too.
func (g ground) planPlace(others []journal.Task, t *journal.Task) {
	t.Reserved.CPUSet = g.layout.pick(taken(others), nil, t.Wanted.CPUs)
	t.Reserved.PageKiB = pickPages(g.pages, others, g.layout.node(t.Reserved.CPUSet), t.Wanted.MemoryMiB)
}

// replace is planPlace for an existing VM that was changed: it keeps its CPUs
// and gets those that it lacks near them. What a running guest has too much is
// freed once it has been started anew.
func (g ground) replace(others []journal.Task, held journal.Reservation, t *journal.Task) {
	if n := t.Wanted.CPUs - len(held.CPUSet); n > 0 && len(held.CPUSet) > 0 {
		more := g.layout.pick(append(taken(others), held.CPUSet...), g.layout.node(held.CPUSet), n)
		t.Reserved.CPUSet = append(slices.Clone(held.CPUSet), more...)
	}
	if held.PageKiB != 0 && t.Wanted.MemoryMiB != held.MemoryMiB {
		t.Reserved.PageKiB = 0
		if hasPages(g.pages, others, held.PageKiB, t.Wanted.MemoryMiB) {
			t.Reserved.PageKiB = held.PageKiB
		}
	}
}

func taken(others []journal.Task) (list []int) {
	for _, t := range others {
		list = append(list, t.Reserved.CPUSet...)
	}
	return list
}

// placement returns where the VM runs from its next start on. CPUs that the
// computer has lost since the plan, for example by a reboot with other settings,
// are left out, and so are huge pages that somebody else uses now: with them the
// guest would not start.
func (h *Host) placement(ctx context.Context, t journal.Task) vm.Placement {
	var p vm.Placement
	if set := t.Reserved.CPUSet; len(set) >= t.Wanted.CPUs && t.Wanted.CPUs > 0 && h.cfg.Layout.holds(set[:t.Wanted.CPUs]) {
		p.CPUs = slices.Clone(set[:t.Wanted.CPUs])
		p.Emulator, p.Node = slices.Clone(h.cfg.Layout.Host), h.cfg.Layout.node(p.CPUs)
	}
	if t.Reserved.PageKiB != 0 && hasFree(h.pages(ctx), nil, t.Reserved.PageKiB, t.Wanted.MemoryMiB) {
		p.PageKiB = t.Reserved.PageKiB
	}
	if len(p.CPUs) > 0 || p.PageKiB > 0 {
		h.deps.Log.Info("a VM is placed", "task_id", t.ID, "cpus", p.CPUs, "emulator", p.Emulator, "page_kib", p.PageKiB)
	}
	return p
}

// pages returns the computer's huge pages; none where they can't be read.
func (h *Host) pages(ctx context.Context) []hw.Pages {
	pages, err := h.deps.Computer.HugePages(ctx)
	if err != nil {
		h.deps.Log.Warn("huge pages can't be read, memory is normal", "error", err)
	}
	return pages
}
