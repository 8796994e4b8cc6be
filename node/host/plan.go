package host

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/node/journal"
)

// ground is what a plan is made on: the machine and what is free of it.
type ground struct {
	capacity Capacity
	// freeGiB is what the disk can still promise.
	freeGiB uint64
	// writtenGiB is what the task's disks take already, where they were kept.
	writtenGiB uint64
	cidr       netip.Prefix
	layout     Layout
	pages      []hw.Pages
}

// plan fills in what a new task reserves, within what is left of its rental's
// share. It runs inside the journal's transaction, so what it saw is so.
func (g ground) plan(o Order, others []journal.Task, t *journal.Task) error {
	var own []journal.Task
	for _, other := range others {
		if other.RentID == t.RentID {
			own = append(own, other)
		}
	}
	share := g.capacity.Share(len(o.Rental.Slots))
	left := share.left(used(own))
	for _, reserve := range []func() error{
		func() error { return g.planGPUs(o, own, others, t) },
		func() error { return planCPUs(o, share, left, t) },
		func() error { return planMemory(o, share, left, t) },
		func() error { return g.planDisk(left, t) },
		func() error { return g.planHost(others, t) },
		func() error { return planPorts(o, others, t) },
		func() error { return g.planAddr(others, t) },
		func() error { g.planPlace(others, t); return nil },
	} {
		if err := reserve(); err != nil {
			return err
		}
	}
	return nil
}

func (g ground) planGPUs(o Order, own, others []journal.Task, t *journal.Task) error {
	free := freeSlots(o.Rental.Slots, own)
	if o.GPUs == 0 {
		return nil
	}
	gpus := 0
	for _, s := range free {
		if int(s) < len(g.capacity.GPUs) {
			gpus += g.capacity.GPUs[s]
		}
	}
	want := o.GPUs
	if want == All {
		want = gpus
	}
	slots, ok := pickSlots(free, g.capacity.GPUs, want)
	if !ok {
		return refuse(ErrShare, "gpu_count", want, fmt.Sprintf("%d GPUs in whole free slots", gpus),
			"ask for the GPUs of whole slots, or delete another VM of this rental")
	}
	if len(freeSlots(slots, others)) != len(slots) {
		return refuse(ErrClearing, "gpu_count", want, "slots that are free", "try again in a minute")
	}
	t.GPUs, t.Reserved.Slots = want, slots
	return nil
}

// planCPUs: an even number, as threads of a core belong together; one only
// where the share is one.
func planCPUs(o Order, share, left Amount, t *journal.Task) error {
	if left.CPUs == 0 {
		return refuse(ErrShare, "cpu_cores", "none left", fmt.Sprintf("the rental's share of %d, all of it in its other VMs", share.CPUs),
			"delete or shrink another VM of this rental")
	}
	single := share.CPUs == 1
	want := o.CPUs
	if want == All {
		want = left.CPUs
		if !single {
			want -= want % 2
		}
	}
	limit := fmt.Sprintf("an even number, at most %d of the share's %d", left.CPUs, share.CPUs)
	if single {
		limit = "1"
	}
	if want < 1 || (want%2 != 0 && !single) {
		return refuse(ErrInvalid, "cpu_cores", want, limit, "ask for an even number, or delete another VM of this rental")
	}
	if want > left.CPUs {
		return refuse(ErrShare, "cpu_cores", want, limit, "ask for less, or delete another VM of this rental")
	}
	t.CPUs, t.Reserved.CPUs = want, want
	return nil
}

func planMemory(o Order, share, left Amount, t *journal.Task) error {
	field, want := "mem_size", o.MemoryMiB
	switch {
	case want != 0:
	case o.MemoryMillionths != 0:
		field, want = "mem_rate", part(share.MemoryMiB, int(min(o.MemoryMillionths, 1_000_000)), 1_000_000)
	default:
		want = left.MemoryMiB
	}
	limit := fmt.Sprintf("%d-%d MiB, of the share's %d", minMemoryMiB, left.MemoryMiB, share.MemoryMiB)
	if want < minMemoryMiB {
		return refuse(ErrInvalid, field, fmt.Sprintf("%d MiB", want), limit, "ask for more, or delete another VM of this rental")
	}
	if want > left.MemoryMiB {
		return refuse(ErrShare, field, fmt.Sprintf("%d MiB", want), limit, "ask for less, or delete another VM of this rental")
	}
	t.MemoryMiB, t.Reserved.MemoryMiB = want, want
	return nil
}

func (g ground) planDisk(left Amount, t *journal.Task) error {
	want := t.DiskGiB()
	what := fmt.Sprintf("%d GiB, %d of them for the system", want, t.SystemGiB)
	if want > left.DiskGiB {
		return refuse(ErrShare, "disk_size", what, fmt.Sprintf("%d GiB", left.DiskGiB), "ask for less, or delete another VM of this rental")
	}
	if g.missingGiB(*t) > 0 {
		return refuse(ErrDisk, "disk_size", what, fmt.Sprintf("%d GiB", g.freeGiB+g.writtenGiB), "ask for less")
	}
	t.Reserved.DiskGiB = want
	return nil
}

// planHost: in the minute in which the rental before is shut down, what it held
// is not free yet.
func (g ground) planHost(others []journal.Task, t *journal.Task) error {
	left := g.capacity.left(used(others))
	if t.CPUs > left.CPUs {
		return refuse(ErrClearing, "cpu_cores", t.CPUs, fmt.Sprintf("%d now", left.CPUs), "try again in a minute")
	}
	if t.MemoryMiB > left.MemoryMiB {
		return refuse(ErrClearing, "mem_size", fmt.Sprintf("%d MiB", t.MemoryMiB), fmt.Sprintf("%d MiB now", left.MemoryMiB), "try again in a minute")
	}
	return nil
}

func planPorts(o Order, others []journal.Task, t *journal.Task) error {
	type door struct {
		protocol string
		port     uint16
	}
	taken := map[door]bool{}
	for _, other := range others {
		for _, p := range other.Reserved.Ports {
			taken[door{p.Protocol, p.Host}] = true
		}
	}
	for i, p := range o.Ports {
		if taken[door{p.Protocol, p.Host}] {
			return refuse(ErrPortTaken, portField(i), p.Host, "a free port of this machine", "choose another port")
		}
		taken[door{p.Protocol, p.Host}] = true
	}
	t.Ports = slices.Clone(o.Ports)
	t.Reserved.Ports = slices.Clone(o.Ports)
	return nil
}

// portField: the first port is SSH's.
func portField(i int) string {
	if i == 0 {
		return "ssh_port"
	}
	return "custom_port"
}

// planAddr takes the lowest free address: the network's first host is the
// gateway, its last address is broadcast.
func (g ground) planAddr(others []journal.Task, t *journal.Task) error {
	taken := map[netip.Addr]bool{}
	for _, other := range others {
		taken[other.Reserved.Addr] = true
	}
	for a := g.cidr.Addr().Next().Next(); g.cidr.Contains(a) && g.cidr.Contains(a.Next()); a = a.Next() {
		if !taken[a] {
			t.Addr, t.Reserved.Addr = a, a
			return nil
		}
	}
	return refuse(ErrShare, "guest_cidr", g.cidr, "its addresses", "delete another VM")
}
