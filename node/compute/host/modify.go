package host

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
)

// Change is what a renter wants to change of a VM; zero fields stay as they are.
type Change struct {
	CPUs      int
	MemoryMiB uint64
	// SSHPort is the host's port of the one named journal.PortSSH, AutoSSH one that the
	// node chooses instead; Ports replace the others, NoPorts removes them. A port whose
	// Host is 0 keeps the host's port that leads there already, or gets one of the node's
	// choice, from PortFirst to PortLast.
	// SSHSources are all that may connect to SSH's port from now on; an empty list that
	// is not nil is everybody.
	SSHPort             uint16
	AutoSSH             bool
	SSHSources          []netip.Prefix
	Ports               []journal.Port
	NoPorts             bool
	PortFirst, PortLast uint16
}

// Modify changes a VM within the limits of Create. Ports are moved at once; CPUs
// and memory change at its next start, and until then the larger of old and new
// is reserved. Only the rental that made the task may ask.
func (h *Host) Modify(ctx context.Context, who trust.Caller, id string, c Change) error {
	t, err := h.own(who, id)
	if err != nil {
		return err
	}
	listed, err := h.deps.Rentals.Facts(ctx)
	if err != nil {
		return fmt.Errorf("read the machine's listing: %w", err)
	}
	ground := ground{capacity: CapacityOf(listed, h.cfg.Here), cidr: h.cfg.GuestCIDR, layout: h.cfg.Layout, pages: h.pages(ctx), portFree: h.deps.Computer.PortFree}
	rental, open := h.deps.Rentals.Word().Open[t.Rental.ID]
	if !open {
		return refuse(ErrState, "task_id", id, "a VM of an open rental", "its rental is over")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, err := h.permit(t, lifecycle.Modify); err != nil {
		return err
	}
	var before journal.Task
	after, err := h.deps.Journal.Replan(id, func(others []journal.Task, t *journal.Task) error {
		if _, err := h.permit(*t, lifecycle.Modify); err != nil {
			return err
		}
		before = t.Clone()
		o := c.order(*t)
		o.Rental = rental
		if err := o.check(); err != nil {
			return err
		}
		if err := ground.replan(o, others, t); err != nil {
			return err
		}
		return h.checkNewPorts(o, before.Network.Ports)
	})
	if refusal := (*Refusal)(nil); errors.As(err, &refusal) {
		return refusal
	}
	if err != nil {
		return fmt.Errorf("write down the change: %w", err)
	}
	if slices.EqualFunc(before.Network.Ports, after.Network.Ports, journal.Port.Equal) {
		return nil
	}
	if err := h.bind(ctx); err != nil {
		return errors.Join(err, h.set(id, func(t *journal.Task) {
			t.Wanted, t.Network.Ports, t.Reserved = before.Wanted, before.Network.Ports, before.Reserved
		}))
	}
	return nil
}

// order returns the whole VM as the renter wants it.
func (c Change) order(t journal.Task) Order {
	o := Order{
		CPUs: t.Wanted.CPUs, MemoryMiB: t.Wanted.MemoryMiB, Ports: slices.Clone(t.Network.Ports),
		PortFirst: c.PortFirst, PortLast: c.PortLast,
	}
	if c.CPUs != 0 {
		o.CPUs = c.CPUs
	}
	if c.MemoryMiB != 0 {
		o.MemoryMiB = c.MemoryMiB
	}
	if len(c.Ports) > 0 || c.NoPorts {
		o.Ports = slices.DeleteFunc(o.Ports, func(p journal.Port) bool { return p.Name != journal.PortSSH })
		o.Ports = append(o.Ports, c.Ports...)
	}
	if ssh := journal.FindPort(o.Ports, journal.PortSSH); ssh >= 0 && c.SSHSources != nil {
		o.Ports[ssh].Sources = c.SSHSources
	}
	for i, p := range o.Ports {
		switch {
		case p.Name == journal.PortSSH && (c.SSHPort != 0 || c.AutoSSH):
			o.Ports[i].Host = c.SSHPort
		case p.Name != journal.PortSSH && p.Host == 0:
			o.Ports[i].Host = leadsTo(t.Network.Ports, p)
		}
	}
	return o
}

// leadsTo returns the host's port beside SSH's that leads to a guest's port, or 0.
func leadsTo(ports []journal.Port, guest journal.Port) uint16 {
	for _, p := range ports {
		if p.Name != journal.PortSSH && p.Protocol == guest.Protocol && p.Guest == guest.Guest {
			return p.Host
		}
	}
	return 0
}

// checkNewPorts checks ports except those that the VM already has, and those that the node
// chose.
func (h *Host) checkNewPorts(o Order, own []journal.Port) error {
	for _, p := range o.Ports {
		mine := slices.ContainsFunc(own, p.SameDoor)
		if p.Host != 0 && !mine && !h.deps.Computer.PortFree(p.Protocol, p.Host) {
			return refuse(ErrPortTaken, portField(p), p.Host, "a port that nothing on the host uses", "choose another port")
		}
	}
	return nil
}

// replan is plan for an existing VM: its disks, slots and address stay.
func (g ground) replan(o Order, others []journal.Task, t *journal.Task) error {
	var own []journal.Task
	for _, other := range others {
		if other.Rental.ID == t.Rental.ID {
			own = append(own, other)
		}
	}
	held, cpus, memory := t.Reserved, t.Wanted.CPUs, t.Wanted.MemoryMiB
	share := g.capacity.Share(len(o.Rental.Slots))
	left := share.left(used(own))
	if err := errors.Join(planCPUs(o, share, left, t), planMemory(o, share, left, t)); err != nil {
		return err
	}
	if err := g.planHost(others, t); err != nil {
		return err
	}
	g.replace(others, held, t)
	if t.Progress.State == lifecycle.Closed || t.Progress.State == lifecycle.StartError {
		trim(t)
	} else {
		// The running guest keeps what it was started with.
		t.Reserved.CPUs, t.Reserved.MemoryMiB = max(held.CPUs, t.Wanted.CPUs), max(held.MemoryMiB, t.Wanted.MemoryMiB)
		t.Wanted.Pending = t.Wanted.Pending || t.Wanted.CPUs != cpus || t.Wanted.MemoryMiB != memory
	}
	return g.planPorts(o, others, t)
}

// begun records that the VM was started as the journal describes it.
func begun(t *journal.Task) {
	t.Wanted.Pending = false
	t.Reserved.CPUs, t.Reserved.MemoryMiB = t.Wanted.CPUs, t.Wanted.MemoryMiB
	trim(t)
}

// trim gives back the CPUs that the VM no longer has.
func trim(t *journal.Task) {
	if len(t.Reserved.CPUSet) > t.Wanted.CPUs {
		t.Reserved.CPUSet = t.Reserved.CPUSet[:t.Wanted.CPUs]
	}
}
