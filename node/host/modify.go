package host

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/journal"
)

// Change is what a renter wants otherwise of a VM; what is zero stays.
type Change struct {
	CPUs      int
	MemoryMiB uint64
	// SSHPort is the host's port that leads to the guest's 22; Ports replace the
	// others, NoPorts removes them.
	SSHPort uint16
	Ports   []journal.Port
	NoPorts bool
}

// Modify changes a VM within the limits of Create. Ports are moved at once; CPUs
// and memory count from its next start, and until then the larger of old and
// new is reserved. It obeys only the rental that made the task.
func (h *Host) Modify(ctx context.Context, wallet string, rentals []uint64, id string, c Change) error {
	t, err := h.own(wallet, rentals, id)
	if err != nil {
		return err
	}
	listed, err := h.deps.Rentals.Facts(ctx)
	if err != nil {
		return fmt.Errorf("read the machine's listing: %w", err)
	}
	ground := ground{capacity: CapacityOf(listed, h.cfg.Here), cidr: h.cfg.GuestCIDR, layout: h.cfg.Layout, pages: h.pages(ctx)}
	rental, open := h.deps.Rentals.Word().Open[t.RentID]
	if !open {
		return refuse(ErrState, "task_id", id, "a VM of an open rental", "its rental is over")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, err := h.permit(t, lifecycle.Modify); err != nil {
		return err
	}
	var before journal.Task
	_, err = h.deps.Journal.Replan(id, func(others []journal.Task, t *journal.Task) error {
		if _, err := h.permit(*t, lifecycle.Modify); err != nil {
			return err
		}
		before = t.Clone()
		o := c.order(*t)
		o.Rental = rental
		if err := o.check(); err != nil {
			return err
		}
		if err := h.checkNewPorts(o, t.Ports); err != nil {
			return err
		}
		return ground.replan(o, others, t)
	})
	if refusal := (*Refusal)(nil); errors.As(err, &refusal) {
		return refusal
	}
	if err != nil {
		return fmt.Errorf("write down the change: %w", err)
	}
	if slices.Equal(before.Ports, c.order(before).Ports) {
		return nil
	}
	if err := h.bind(ctx); err != nil {
		return errors.Join(err, h.set(id, func(t *journal.Task) {
			t.CPUs, t.MemoryMiB, t.Ports, t.Reserved, t.Pending = before.CPUs, before.MemoryMiB, before.Ports, before.Reserved, before.Pending
		}))
	}
	return nil
}

// order is the whole VM as it is wished.
func (c Change) order(t journal.Task) Order {
	o := Order{CPUs: t.CPUs, MemoryMiB: t.MemoryMiB, Ports: slices.Clone(t.Ports)}
	if c.CPUs != 0 {
		o.CPUs = c.CPUs
	}
	if c.MemoryMiB != 0 {
		o.MemoryMiB = c.MemoryMiB
	}
	if len(c.Ports) > 0 || c.NoPorts {
		o.Ports = append(o.Ports[:1:1], c.Ports...)
	}
	if c.SSHPort != 0 {
		o.Ports[0].Host = c.SSHPort
	}
	return o
}

// checkNewPorts: those that the VM has already are its own.
func (h *Host) checkNewPorts(o Order, own []journal.Port) error {
	for i, p := range o.Ports {
		mine := slices.ContainsFunc(own, func(q journal.Port) bool { return q.Protocol == p.Protocol && q.Host == p.Host })
		if !mine && !h.deps.Computer.PortFree(p.Protocol, p.Host) {
			return refuse(ErrPortTaken, portField(i), p.Host, "a port that nothing on the host uses", "choose another port")
		}
	}
	return nil
}

// replan is plan for a VM that is there: its disks, slots and address stay.
func (g ground) replan(o Order, others []journal.Task, t *journal.Task) error {
	var own []journal.Task
	for _, other := range others {
		if other.RentID == t.RentID {
			own = append(own, other)
		}
	}
	held, cpus, memory := t.Reserved, t.CPUs, t.MemoryMiB
	share := g.capacity.Share(len(o.Rental.Slots))
	left := share.left(used(own))
	if err := errors.Join(planCPUs(o, share, left, t), planMemory(o, share, left, t)); err != nil {
		return err
	}
	if err := g.planHost(others, t); err != nil {
		return err
	}
	g.replace(others, held, t)
	if t.Status == lifecycle.Closed || t.Status == lifecycle.StartError {
		trim(t)
	} else {
		// The guest that runs now has what it was started with.
		t.Reserved.CPUs, t.Reserved.MemoryMiB = max(held.CPUs, t.CPUs), max(held.MemoryMiB, t.MemoryMiB)
		t.Pending = t.Pending || t.CPUs != cpus || t.MemoryMiB != memory
	}
	return planPorts(o, others, t)
}

// begun: the VM was started as it is written down.
func begun(t *journal.Task) {
	t.Pending = false
	t.Reserved.CPUs, t.Reserved.MemoryMiB = t.CPUs, t.MemoryMiB
	trim(t)
}

// trim gives back the CPUs that the VM has no more.
func trim(t *journal.Task) {
	if len(t.Reserved.CPUSet) > t.CPUs {
		t.Reserved.CPUSet = t.Reserved.CPUSet[:t.CPUs]
	}
}
