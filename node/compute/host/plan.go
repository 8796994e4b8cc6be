package host

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/node/compute/journal"
)

// ground is what a plan is based on: the machine and what is free of it.
type ground struct {
	capacity Capacity
	// bad are slots whose cards no VM can be given.
	bad map[uint32]Slot
	// freeGiB is what the disk can still promise.
	freeGiB uint64
	// writtenGiB is what the task's disks already take, where they were kept.
	writtenGiB uint64
	cidr       netip.Prefix
	layout     Layout
	pages      []hw.Pages
	// portFree reports whether no program of the host uses a port; it costs system calls.
	portFree func(protocol string, port uint16) bool
}

// plan fills in what a new task reserves, within what is left of its rental's share. It
// runs inside the journal's transaction, so what it reads does not change.
func (g ground) plan(o Order, others []journal.Task, t *journal.Task) error {
	var own []journal.Task
	for _, other := range others {
		if other.Rental.ID == t.Rental.ID {
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
		func() error { return g.planAddr(others, t) },
		func() error { return g.planPorts(o, others, t) },
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
	usable := slices.DeleteFunc(slices.Clone(free), func(s uint32) bool { _, bad := g.bad[s]; return bad })
	slots, ok := pickSlots(usable, g.capacity.GPUs, want)
	if !ok && len(usable) < len(free) {
		return refuse(ErrCard, "gpu_count", want, broken(g.bad, free), "ask for fewer GPUs, or cancel the rental: the host has to look at the card")
	}
	if !ok {
		return refuse(ErrShare, "gpu_count", want, fmt.Sprintf("%d GPUs in whole free slots", gpus),
			"ask for the GPUs of whole slots, or delete another VM of this rental")
	}
	if len(freeSlots(slots, others)) != len(slots) {
		return refuse(ErrClearing, "gpu_count", want, "slots that are free", "try again in a minute")
	}
	t.Wanted.GPUs, t.Reserved.Slots = want, slots
	return nil
}

// planCPUs takes an even number, as threads of a core belong together; one only
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
	t.Wanted.CPUs, t.Reserved.CPUs = want, want
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
	t.Wanted.MemoryMiB, t.Reserved.MemoryMiB = want, want
	return nil
}

func (g ground) planDisk(left Amount, t *journal.Task) error {
	want := t.Disks.GiB()
	what := fmt.Sprintf("%d GiB, %d of them for the system", want, t.Disks.System.GiB)
	if want > left.DiskGiB {
		return refuse(ErrShare, "disk_size", what, fmt.Sprintf("%d GiB", left.DiskGiB), "ask for less, or delete another VM of this rental")
	}
	if g.missingGiB(*t) > 0 {
		return refuse(ErrDisk, "disk_size", what, fmt.Sprintf("%d GiB", g.freeGiB+g.writtenGiB), "ask for less")
	}
	t.Reserved.DiskGiB = want
	return nil
}

// planHost refuses what the previous rental still holds, for the minute in
// which that is shut down.
func (g ground) planHost(others []journal.Task, t *journal.Task) error {
	left := g.capacity.left(used(others))
	if t.Wanted.CPUs > left.CPUs {
		return refuse(ErrClearing, "cpu_cores", t.Wanted.CPUs, fmt.Sprintf("%d now", left.CPUs), "try again in a minute")
	}
	if t.Wanted.MemoryMiB > left.MemoryMiB {
		return refuse(ErrClearing, "mem_size", fmt.Sprintf("%d MiB", t.Wanted.MemoryMiB), fmt.Sprintf("%d MiB now", left.MemoryMiB), "try again in a minute")
	}
	return nil
}

// planPorts takes the ports of an order. It comes after all that an order may be refused
// for, since looking for a free port may try each of the range.
func (g ground) planPorts(o Order, others []journal.Task, t *journal.Task) error {
	taken := map[door]bool{}
	for _, other := range others {
		for _, p := range other.Reserved.Ports {
			taken[doorOf(p)] = true
		}
	}
	ports := slices.Clone(o.Ports)
	for _, p := range ports {
		if p.Host == 0 {
			continue
		}
		if taken[doorOf(p)] {
			return refuse(ErrPortTaken, portField(p), p.Host, "a free port of this machine", "choose another port")
		}
		taken[doorOf(p)] = true
	}
	for _, p := range t.Network.Ports { // what a VM has stays, or is not free before the change is done
		taken[doorOf(p)] = true
	}
	for i, p := range ports {
		if p.Host != 0 {
			continue
		}
		if ports[i].Host = g.choosePort(o, p.Protocol, taken); ports[i].Host == 0 {
			return refuse(ErrPortTaken, portField(p), "auto", fmt.Sprintf("%d-%d, of which none is free", o.PortFirst, o.PortLast), "publish fewer ports")
		}
		taken[doorOf(ports[i])] = true
	}
	t.Network.Ports, t.Reserved.Ports = ports, slices.Clone(ports)
	return nil
}

// choosePort returns a port of the node's range that is free, the first from a random one
// on, or 0. The journal's ports are left out before the computer is asked.
func (g ground) choosePort(o Order, protocol string, taken map[door]bool) uint16 {
	count := int(o.PortLast) - int(o.PortFirst) + 1
	for n, start := 0, rand.IntN(max(count, 1)); n < count; n++ {
		port := o.PortFirst + uint16((start+n)%count)
		if !taken[door{protocol, port}] && g.portFree(protocol, port) {
			return port
		}
	}
	return 0
}

// door is a port of the host, which one VM at most has.
type door struct {
	protocol string
	port     uint16
}

func doorOf(p journal.Port) door { return door{p.Protocol, p.Host} }

// portField returns the name of a port's field in requests.
func portField(p journal.Port) string {
	if p.Name == journal.PortSSH {
		return "ssh_port"
	}
	return "custom_port"
}

// planAddr takes the address that the VM had, or the lowest free one: the network's
// first host is the gateway, its last address is broadcast.
func (g ground) planAddr(others []journal.Task, t *journal.Task) error {
	taken := map[netip.Addr]bool{}
	for _, other := range others {
		taken[other.Reserved.Addr] = true
	}
	first := g.cidr.Addr().Next().Next()
	usable := func(a netip.Addr) bool {
		return g.cidr.Contains(a) && g.cidr.Contains(a.Next()) && !a.Less(first) && !taken[a]
	}
	if a := t.Network.Addr; usable(a) {
		t.Reserved.Addr = a
		return nil
	}
	for a := first; g.cidr.Contains(a); a = a.Next() {
		if usable(a) {
			t.Network.Addr, t.Reserved.Addr = a, a
			return nil
		}
	}
	return refuse(ErrShare, "guest_cidr", g.cidr, "its addresses", "delete another VM")
}
