package host

import (
	"math/bits"
	"slices"

	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/x/machine"
)

// Amount is CPUs, memory and disk.
type Amount struct {
	CPUs      int
	MemoryMiB uint64
	DiskGiB   uint64
}

// Capacity is what a machine has for renters.
type Capacity struct {
	Amount
	// GPUs of each slot.
	GPUs []int
}

// CapacityOf is the chain's listing, but never more than the computer has now:
// a part that was taken out can't be rented, whatever the listing says.
func CapacityOf(listed, here machine.Facts) Capacity {
	c := Capacity{Amount: Amount{
		CPUs:      int(min(listed.CpuCores, here.CpuCores)),
		MemoryMiB: min(listed.MemoryMib, here.MemoryMib),
		DiskGiB:   listed.DataDiskGib,
	}}
	for _, slot := range listed.Slots {
		c.GPUs = append(c.GPUs, int(slot.GpuCount))
	}
	return c
}

// Share is floor(total × slots ÷ all slots) of each amount.
func (c Capacity) Share(slots int) Amount {
	all := len(c.GPUs)
	if all == 0 || slots <= 0 || slots > all {
		return Amount{}
	}
	return Amount{
		CPUs:      int(part(uint64(max(c.CPUs, 0)), slots, all)),
		MemoryMiB: part(c.MemoryMiB, slots, all),
		DiskGiB:   part(c.DiskGiB, slots, all),
	}
}

// part is floor(total*n/all) in 128 bits; n <= all, so it fits.
func part(total uint64, n, all int) uint64 {
	hi, lo := bits.Mul64(total, uint64(n))
	q, _ := bits.Div64(hi, lo, uint64(all))
	return q
}

// used is what tasks hold.
func used(tasks []journal.Task) Amount {
	var sum Amount
	for _, t := range tasks {
		sum.CPUs += t.Reserved.CPUs
		sum.MemoryMiB += t.Reserved.MemoryMiB
		sum.DiskGiB += t.Reserved.DiskGiB
	}
	return sum
}

// left is a minus b, not below zero.
func (a Amount) left(b Amount) Amount {
	less := func(x, y uint64) uint64 { return x - min(x, y) }
	return Amount{
		CPUs:      max(0, a.CPUs-b.CPUs),
		MemoryMiB: less(a.MemoryMiB, b.MemoryMiB),
		DiskGiB:   less(a.DiskGiB, b.DiskGiB),
	}
}

// pickSlots takes the lowest free slots that have exactly gpus GPUs together;
// ok is false where no such choice is found from the lowest on.
func pickSlots(free []uint32, perSlot []int, gpus int) (slots []uint32, ok bool) {
	for _, s := range free {
		if int(s) >= len(perSlot) {
			continue
		}
		if n := perSlot[s]; n > 0 && n <= gpus {
			slots = append(slots, s)
			gpus -= n
		}
	}
	return slots, gpus == 0
}

// freeSlots are the slots of a rental that no task holds, ascending.
func freeSlots(slots []uint32, tasks []journal.Task) []uint32 {
	free := slices.Clone(slots)
	for _, t := range tasks {
		free = slices.DeleteFunc(free, func(s uint32) bool { return slices.Contains(t.Reserved.Slots, s) })
	}
	slices.Sort(free)
	return free
}
