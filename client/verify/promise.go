package verify

import (
	"fmt"
	"math/bits"
	"strconv"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/inventory"
	"github.com/dbc-network/dbc/probe"
	"github.com/dbc-network/dbc/x/machine"
)

// promise puts together what the VM must have.
func promise(facts machine.Facts, slots []uint32, o Order, listed inventory.Inventory) (probe.Promise, error) {
	p, err := answered(o.Task)
	if err != nil {
		return p, err
	}
	p.CPUModel = facts.CpuModel
	for _, index := range slots {
		if uint64(index) >= uint64(len(facts.Slots)) {
			return p, fmt.Errorf("slot %d of a machine with %d: %w", index, len(facts.Slots), ErrForeign)
		}
		slot := facts.Slots[index]
		p.Share.GPUs += int(slot.GpuCount)
		p.IDs = append(p.IDs, slot.GpuIds...)
		p.GPUType, p.VRAMMiB, p.MadeUp = slot.GpuType, slot.VramMib, slot.Kind == machine.SLOT_KIND_TEST
		if int(index) < len(listed.Slots) {
			p.Slots = append(p.Slots, promisedSlot(listed.Slots[index]))
		}
	}
	if p.GPUs = p.Share.GPUs; o.GPUs != nil {
		if p.GPUs = *o.GPUs; p.GPUs < 0 || p.GPUs > p.Share.GPUs {
			return p, fmt.Errorf("%d GPUs of %d: %w", p.GPUs, p.Share.GPUs, ErrGPUs)
		}
	}
	p.Share.CPUs = even(int(part(uint64(facts.CpuCores), len(slots), len(facts.Slots))))
	p.Share.MemoryMiB = part(facts.MemoryMib, len(slots), len(facts.Slots))
	return p, nil
}

// answered reads what only the machine can say: the renter chose it within the
// rental's share. Its number of GPUs is not among that.
func answered(task api.Task) (p probe.Promise, err error) {
	if p.CPUs, err = count(task.CPUCores); err != nil {
		return p, fmt.Errorf("%w: cpu_cores: %w", ErrTask, err)
	}
	if _, err = count(task.GPUCount); err != nil {
		return p, fmt.Errorf("%w: gpu_count: %w", ErrTask, err)
	}
	if p.MemoryMiB, err = size(task.MemSize); err != nil {
		return p, fmt.Errorf("%w: mem_size: %w", ErrTask, err)
	}
	for _, d := range task.Disks {
		mib, err := size(d.Size)
		if err != nil {
			return p, fmt.Errorf("%w: size of %.16q: %w", ErrTask, d.Name, err)
		}
		p.Disks = append(p.Disks, probe.PromisedDisk{Name: d.Name, GiB: mib >> 10})
	}
	return p, nil
}

func promisedSlot(s inventory.Slot) probe.PromisedSlot {
	var slot probe.PromisedSlot
	for _, g := range s.GPUs {
		slot.GPUs = append(slot.GPUs, probe.PromisedGPU{IDs: g.PCIIDs, Subsystem: g.Subsystem, MaxWidth: g.MaxWidth, MaxSpeedMTs: g.MaxSpeedMTs})
	}
	for _, f := range s.Functions {
		slot.Functions = append(slot.Functions, f.PCIIDs)
	}
	return slot
}

// part is floor(total × n ÷ all), in 128 bits, for n up to all.
func part(total uint64, n, all int) uint64 {
	if all <= 0 || n > all {
		return 0
	}
	hi, lo := bits.Mul64(total, uint64(n))
	quotient, _ := bits.Div64(hi, lo, uint64(all))
	return quotient
}

// even rounds down to what a VM can have: one CPU or an even number.
func even(cpus int) int {
	if cpus == 1 {
		return 1
	}
	return cpus &^ 1
}

// count reads a number of the API's, which are texts.
func count(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("%.32q is no number up to 65535", text)
	}
	return int(n), nil
}

// size reads a size of the API's, such as 10G or 512M, in MiB.
func size(text string) (uint64, error) {
	if len(text) > 1 {
		n, err := strconv.ParseUint(text[:len(text)-1], 10, 40)
		switch unit := text[len(text)-1]; {
		case err == nil && unit == 'G':
			return n << 10, nil
		case err == nil && unit == 'M':
			return n, nil
		}
	}
	return 0, fmt.Errorf("%.32q is no size such as 10G", text)
}
