package host

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
)

func testGround(gpus ...int) ground {
	return ground{
		capacity: Capacity{Amount: Amount{CPUs: 8, MemoryMiB: 8000, DiskGiB: 100}, GPUs: gpus},
		freeGiB:  1000, cidr: netip.MustParsePrefix("10.9.0.0/29"),
	}
}

func wish(slots ...uint32) Order {
	return Order{
		Rental: trust.Rental{ID: 1, Slots: slots}, GPUs: All, CPUs: All,
		Ports: []journal.Port{{Name: journal.PortSSH, Protocol: "tcp", Host: 5200, Guest: 22}},
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	held := func(rent uint64, r journal.Reservation) []journal.Task {
		return []journal.Task{{ID: "other", Rental: journal.Rental{ID: rent}, Reserved: r}}
	}
	for name, c := range map[string]struct {
		ground ground
		order  func(o *Order)
		slots  []uint32
		others []journal.Task
		want   string
		kind   error
	}{
		"whole machine":      {testGround(1, 1), nil, []uint32{0, 1}, nil, "8 CPUs, 8000 MiB, slots [0 1]", nil},
		"half of it":         {testGround(1, 1), nil, []uint32{1}, nil, "4 CPUs, 4000 MiB, slots [1]", nil},
		"a share of one CPU": {testGround(1, 1, 1, 1, 1, 1, 1, 1), nil, []uint32{3}, nil, "1 CPUs, 1000 MiB, slots [3]", nil},
		"without GPUs":       {testGround(0), nil, []uint32{0}, nil, "8 CPUs, 8000 MiB, slots []", nil},
		"half the memory":    {testGround(1, 1), func(o *Order) { o.MemoryMillionths = 500_000 }, []uint32{0}, nil, "4 CPUs, 2000 MiB, slots [0]", nil},
		"odd share":          {testGround(1, 1, 1), func(o *Order) { o.CPUs = All }, []uint32{0, 1}, nil, "4 CPUs, 5333 MiB, slots [0 1]", nil},
		"second VM": {testGround(1, 1), func(o *Order) { o.Ports[0].Host = 5201 }, []uint32{0, 1}, held(1, journal.Reservation{
			CPUs: 2, MemoryMiB: 1000, Slots: []uint32{0}, Ports: []journal.Port{{Protocol: "tcp", Host: 5200}},
		}), "6 CPUs, 7000 MiB, slots [1]", nil},
		"nothing left": {testGround(1, 1), func(o *Order) { o.Ports[0].Host = 5201 }, []uint32{0}, held(1, journal.Reservation{
			CPUs: 4, MemoryMiB: 4000,
		}), "", ErrShare},
		"odd CPUs":          {testGround(1, 1), func(o *Order) { o.CPUs = 3 }, []uint32{0}, nil, "", ErrInvalid},
		"one CPU of four":   {testGround(1, 1), func(o *Order) { o.CPUs = 1 }, []uint32{0}, nil, "", ErrInvalid},
		"too many CPUs":     {testGround(1, 1), func(o *Order) { o.CPUs = 6 }, []uint32{0}, nil, "", ErrShare},
		"too much memory":   {testGround(1, 1), func(o *Order) { o.MemoryMiB = 4001 }, []uint32{0}, nil, "", ErrShare},
		"too little memory": {testGround(1, 1), func(o *Order) { o.MemoryMiB = 64 }, []uint32{0}, nil, "", ErrInvalid},
		"too many GPUs":     {testGround(1, 1), func(o *Order) { o.GPUs = 2 }, []uint32{0}, nil, "", ErrShare},
		"part of a slot":    {testGround(2, 2), func(o *Order) { o.GPUs = 1 }, []uint32{0}, nil, "", ErrShare},
		"port of another":   {testGround(1, 1), nil, []uint32{0}, held(2, journal.Reservation{Ports: []journal.Port{{Protocol: "tcp", Host: 5200}}}), "", ErrPortTaken},
		"slot not cleared":  {testGround(1, 1), nil, []uint32{0}, held(2, journal.Reservation{Slots: []uint32{0}}), "", ErrClearing},
		"CPUs not cleared":  {testGround(1, 1), nil, []uint32{0}, held(2, journal.Reservation{CPUs: 6}), "", ErrClearing},
		"disk of the share": {testGround(1, 1), nil, []uint32{0}, held(1, journal.Reservation{DiskGiB: 45}), "", ErrShare},
		"full disk":         {ground{capacity: testGround(1).capacity, freeGiB: 5, cidr: testGround().cidr}, nil, []uint32{0}, nil, "", ErrDisk},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := wish(c.slots...)
			if c.order != nil {
				c.order(&o)
			}
			task := journal.Task{ID: "new", Rental: journal.Rental{ID: 1}, Disks: journal.Disks{System: journal.Disk{GiB: 10}}}
			err := c.ground.plan(o, c.others, &task)
			if !errors.Is(err, c.kind) {
				t.Fatalf("got %v, want %v", err, c.kind)
			}
			if r := new(Refusal); err != nil && (!errors.As(err, &r) || r.Field == "" || r.Value == "" || r.Limit == "" || r.Remedy == "") {
				t.Errorf("the refusal lacks something: %v", err)
			}
			got := fmt.Sprintf("%d CPUs, %d MiB, slots %v", task.Reserved.CPUs, task.Reserved.MemoryMiB, task.Reserved.Slots)
			if err == nil && got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// TestPortsComeLast: the computer is asked about no port for an order that is refused
// anyway, nor about a port that another VM has.
func TestPortsComeLast(t *testing.T) {
	t.Parallel()
	others := []journal.Task{{ID: "other", Rental: journal.Rental{ID: 2}, Reserved: journal.Reservation{
		Ports: []journal.Port{{Protocol: "tcp", Host: 5200}, {Protocol: "udp", Host: 5201}},
	}}}
	for name, c := range map[string]struct {
		memoryMiB uint64
		last      uint16
		kind      error
		asked     []uint16
	}{
		"refused for its memory": {4001, 5203, ErrShare, nil},
		"none is left":           {1000, 5200, ErrPortTaken, nil},
		"one is left":            {1000, 5201, nil, []uint16{5201}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked []uint16
			g := testGround(1, 1)
			g.portFree = func(_ string, port uint16) bool { asked = append(asked, port); return true }
			o := wish(0)
			o.Ports, o.PortFirst, o.PortLast, o.MemoryMiB = []journal.Port{{Name: journal.PortSSH, Protocol: "tcp", Guest: 22}}, 5200, c.last, c.memoryMiB
			task := journal.Task{ID: "new", Rental: journal.Rental{ID: 1}, Disks: journal.Disks{System: journal.Disk{GiB: 10}}}
			if err := g.plan(o, others, &task); !errors.Is(err, c.kind) || !slices.Equal(asked, c.asked) {
				t.Errorf("got %v, asked about %v, want %v and %v", err, asked, c.kind, c.asked)
			}
			if c.kind == nil && (len(task.Reserved.Ports) != 1 || task.Reserved.Ports[0].Host != 5201 || o.Ports[0].Host != 0) {
				t.Errorf("reserved %v of an order for %v", task.Reserved.Ports, o.Ports)
			}
		})
	}
}

// TestPlansNeverOverlap: whatever is asked for, VMs together never hold more than the
// machine, nor a rental's VMs more than its share, nor two VMs the same thing.
func TestPlansNeverOverlap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.IntRange(1, 6).Draw(t, "slots")
		g := ground{
			capacity: Capacity{Amount: Amount{
				CPUs:      rapid.IntRange(0, 40).Draw(t, "cpus"),
				MemoryMiB: rapid.Uint64Range(0, 10_000).Draw(t, "memory"), DiskGiB: 200,
			}},
			freeGiB: 1000, cidr: netip.MustParsePrefix("10.9.0.0/28"),
			pages: []hw.Pages{{SizeKiB: 1024, Total: 3000, Free: 3000}, {SizeKiB: 4096, Total: 500, Free: 500}},
		}
		g.layout = Divide(single(g.capacity.CPUs+1), 1)
		for range all {
			g.capacity.GPUs = append(g.capacity.GPUs, rapid.IntRange(0, 2).Draw(t, "gpus"))
		}
		split := rapid.IntRange(0, all).Draw(t, "split")
		rentals := []trust.Rental{{ID: 1}, {ID: 2}}
		for s := range all {
			r := &rentals[0]
			if s >= split {
				r = &rentals[1]
			}
			r.Slots = append(r.Slots, uint32(s))
		}
		var tasks []journal.Task
		for i := range rapid.IntRange(1, 8).Draw(t, "orders") {
			r := rapid.SampledFrom(rentals).Draw(t, "rental")
			o := Order{
				Rental: r, GPUs: rapid.IntRange(All, 4).Draw(t, "want GPUs"), CPUs: rapid.SampledFrom([]int{All, 1, 2, 3, 4, 8}).Draw(t, "want CPUs"),
				MemoryMillionths: rapid.Uint64Range(0, 1_000_000).Draw(t, "rate"),
				Ports:            []journal.Port{{Name: journal.PortSSH, Protocol: "tcp", Host: uint16(rapid.IntRange(5200, 5204).Draw(t, "port")), Guest: 22}},
			}
			task := journal.Task{ID: fmt.Sprint(i), Rental: journal.Rental{ID: r.ID}, Disks: journal.Disks{System: journal.Disk{GiB: 10}}}
			if g.plan(o, tasks, &task) == nil {
				tasks = append(tasks, task)
			}
		}
		fits(t, g, rentals, tasks)
	})
}

func fits(t *rapid.T, g ground, rentals []trust.Rental, tasks []journal.Task) {
	sum := used(tasks)
	if sum.CPUs > g.capacity.CPUs || sum.MemoryMiB > g.capacity.MemoryMiB {
		t.Fatalf("%+v of %+v", sum, g.capacity)
	}
	seen := map[string]bool{}
	pages := map[uint64]uint64{}
	for _, t := range tasks {
		pages[t.Reserved.PageKiB] += t.Reserved.MemoryMiB
	}
	for _, p := range g.pages {
		if pages[p.SizeKiB]<<10 > p.Total*p.SizeKiB {
			t.Fatalf("%d MiB of pages of %d KiB, of which there are %d", pages[p.SizeKiB], p.SizeKiB, p.Total)
		}
	}
	for _, task := range tasks {
		things := []string{task.Network.Addr.String(), fmt.Sprint("port", task.Network.Ports[0].Host)}
		for _, s := range task.Reserved.Slots {
			things = append(things, fmt.Sprint("slot", s))
		}
		if len(task.Reserved.CPUSet) != task.Wanted.CPUs {
			t.Fatalf("%d CPUs are pinned to %v", task.Wanted.CPUs, task.Reserved.CPUSet)
		}
		for _, cpu := range task.Reserved.CPUSet {
			things = append(things, fmt.Sprint("cpu", cpu))
		}
		for _, thing := range things {
			if seen[thing] {
				t.Fatalf("%s twice", thing)
			}
			seen[thing] = true
		}
	}
	for _, r := range rentals {
		var own []journal.Task
		for _, task := range tasks {
			if task.Rental.ID == r.ID {
				own = append(own, task)
			}
		}
		share, sum := g.capacity.Share(len(r.Slots)), used(own)
		if sum.CPUs > share.CPUs || sum.MemoryMiB > share.MemoryMiB || sum.DiskGiB > share.DiskGiB {
			t.Fatalf("rental %d holds %+v of %+v", r.ID, sum, share)
		}
	}
}
