package host

import (
	"math/bits"
	"slices"

	"github.com/dbc-network/dbc/node/compute/journal"
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

// CapacityOf returns what the chain lists, but never more than the computer has
// now: a part that was removed can't be rented, whatever the listing says.
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

// used returns what tasks hold.
func used(tasks []journal.Task) Amount {
	var sum Amount
	for _, t := range tasks {
		sum.CPUs += t.Reserved.CPUs
		sum.MemoryMiB += t.Reserved.MemoryMiB
		sum.DiskGiB += t.Reserved.DiskGiB
	}
	return sum
}

// left returns a minus b, but not less than zero.
func (a Amount) left(b Amount) Amount {
	less := func(x, y uint64) uint64 { return x - min(x, y) }
	return Amount{
		CPUs:      max(0, a.CPUs-b.CPUs),
		MemoryMiB: less(a.MemoryMiB, b.MemoryMiB),
		DiskGiB:   less(a.DiskGiB, b.DiskGiB),
	}
}

// pickSlots picks free slots that together have exactly gpus GPUs: of all such
// choices the one with the lowest slots. ok is false where there is none.
func pickSlots(free []uint32, perSlot []int, gpus int) (slots []uint32, ok bool) {
	free = slices.DeleteFunc(slices.Clone(free), func(s uint32) bool { return int(s) >= len(perSlot) || perSlot[s] <= 0 })
	if gpus < 0 {
		return nil, false
	}
	// reach[i][n]: some of the slots from the i-th on have n GPUs.
	reach := make([][]bool, len(free)+1)
	reach[len(free)] = make([]bool, gpus+1)
	reach[len(free)][0] = true
	for i := len(free) - 1; i >= 0; i-- {
		reach[i] = slices.Clone(reach[i+1])
		for n := perSlot[free[i]]; n <= gpus; n++ {
			reach[i][n] = reach[i][n] || reach[i+1][n-perSlot[free[i]]]
		}
	}
	if !reach[0][gpus] {
		return nil, false
	}
	for i, s := range free {
		if n := perSlot[s]; n <= gpus && reach[i+1][gpus-n] {
			slots = append(slots, s)
			gpus -= n
		}
	}
	return slots, true
}

// freeSlots returns the slots of a rental that no task holds, ascending.
func freeSlots(slots []uint32, tasks []journal.Task) []uint32 {
	free := slices.Clone(slots)
	for _, t := range tasks {
		free = slices.DeleteFunc(free, func(s uint32) bool { return slices.Contains(t.Reserved.Slots, s) })
	}
	slices.Sort(free)
	return free
}
