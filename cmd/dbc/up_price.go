package main

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/rental"
)

// hoursPerDay converts the price of an hour.
const hoursPerDay = 24

// parsePrice parses DBC for a GPU and an hour or a day, such as 2.5/h or 60/day, and
// returns udbc for a GPU and day. The unit is never assumed: a limit that is wrong by
// 24 times is none.
func parsePrice(text string) (uint64, error) {
	amount, unit, _ := strings.Cut(rental.HalfWidth(text), "/")
	times := map[string]uint64{"h": hoursPerDay, "hour": hoursPerDay, "d": 1, "day": 1}[strings.TrimSpace(unit)]
	if times == 0 {
		return 0, usagef("--max-price %q: DBC for a GPU and hour or day wanted, with the unit, such as 2.5/h or 60/day", text)
	}
	udbc, err := client.ParseDBC(strings.TrimSpace(amount))
	if err != nil {
		return 0, usagef("--max-price %q: %w", text, err)
	}
	if udbc == 0 {
		return 0, usagef("--max-price %q: more than 0 wanted", text)
	}
	return saturated(udbc, times), nil
}

func saturated(a, b uint64) uint64 {
	if high, low := bits.Mul64(a, b); high == 0 {
		return low
	}
	return math.MaxUint64
}

// gpusPerSlot is what a machine's price is shared by; a machine without GPUs has one
// slot, and its price is the machine's.
func (r machineRow) gpusPerSlot() uint64 {
	if r.Slots == 0 {
		return 1
	}
	return max(1, r.GPUCount/uint64(r.Slots))
}

// upFilter is what dbc up looks for. perGPU is udbc for a GPU and day.
type upFilter struct {
	machineFilter

	perGPU uint64
}

// condition is a part of the filter, with whether a machine meets it.
type condition struct {
	name string
	fits func(machineRow) bool
}

// conditions returns those that the filter has, in the order in which they are shown.
func (f upFilter) conditions() (list []condition) {
	add := func(wanted bool, name string, fits func(machineRow) bool) {
		if wanted {
			list = append(list, condition{name, fits})
		}
	}
	add(!f.all, "being online", func(r machineRow) bool { return r.State == "online" })
	add(f.slots == 0 && !f.all, "having a free slot", func(r machineRow) bool { return len(r.Free) > 0 })
	add(f.slots > 0, fmt.Sprintf("--slots %d, that many free", f.slots), func(r machineRow) bool { return len(r.Free) >= int(f.slots) })
	add(len(f.gpus) > 0, "--gpu "+strings.Join(f.gpus, " or "), func(r machineRow) bool {
		return slices.ContainsFunc(r.GPUs, func(g gpuRow) bool { return slices.Contains(f.gpus, g.Type) })
	})
	add(f.country != "", "--country "+f.country, func(r machineRow) bool { return r.Country == f.country })
	add(f.maxPrice > 0, "--max-price", func(r machineRow) bool { return r.PricePerDay <= f.maxPrice })
	add(f.perGPU > 0, "--max-price", func(r machineRow) bool { return r.PricePerDay <= saturated(f.perGPU, r.gpusPerSlot()) })
	add(f.maxNotice > 0, "--max-notice "+rental.FormatDuration(f.maxNotice), func(r machineRow) bool { return r.leaves(f.maxNotice) })
	add(f.vramGiB > 0, fmt.Sprintf("--min-vram %d", f.vramGiB), func(r machineRow) bool { return r.VRAMMiB >= f.vramGiB<<10 })
	add(f.cpus > 0, fmt.Sprintf("--min-cpus %d", f.cpus), func(r machineRow) bool { return r.CPUs >= f.cpus })
	add(f.memoryGiB > 0, fmt.Sprintf("--min-memory %d", f.memoryGiB), func(r machineRow) bool { return r.MemoryMiB >= f.memoryGiB<<10 })
	return list
}

// fitting returns the machines that meet all conditions, in their order.
func (f upFilter) fitting(rows []machineRow) (fit []machineRow) {
	for _, r := range rows {
		if !slices.ContainsFunc(f.conditions(), func(c condition) bool { return !c.fits(r) }) {
			fit = append(fit, r)
		}
	}
	return fit
}

// noneFits says which condition excludes the most machines, and which alone stands in
// the way of some.
func (f upFilter) noneFits(rows []machineRow) error {
	if len(rows) == 0 {
		return fmt.Errorf("no machine is listed on this chain: %w", errNoMachine)
	}
	type excluded struct {
		name       string
		all, alone int
	}
	var list []excluded
	for _, c := range f.conditions() {
		e := excluded{name: c.name}
		for _, r := range rows {
			if !c.fits(r) {
				e.all++
				if len(f.without(c.name).fittingBy(r)) == 0 {
					e.alone++
				}
			}
		}
		if e.all > 0 {
			list = append(list, e)
		}
	}
	slices.SortStableFunc(list, func(a, b excluded) int { return b.all - a.all })
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = fmt.Sprintf("%s excludes %d", e.name, e.all)
		if e.alone > 0 {
			parts[i] += fmt.Sprintf(" (%d would fit without it)", e.alone)
		}
	}
	return fmt.Errorf("%w: of %d, %s; there are %s", errNoMachine, len(rows), strings.Join(parts, ", "), offered(rows))
}

// without returns the conditions but for one.
func (f upFilter) without(name string) conditions {
	return slices.DeleteFunc(f.conditions(), func(c condition) bool { return c.name == name })
}

type conditions []condition

// fittingBy returns the conditions that a machine does not meet.
func (l conditions) fittingBy(r machineRow) (unmet []string) {
	for _, c := range l {
		if !c.fits(r) {
			unmet = append(unmet, c.name)
		}
	}
	return unmet
}

// offered names the types of GPUs and the lowest price for one and a day.
func offered(rows []machineRow) string {
	var types []string
	lowest := uint64(math.MaxUint64)
	for _, r := range rows {
		lowest = min(lowest, r.PricePerDay/r.gpusPerSlot())
		for _, g := range r.GPUs {
			if word := client.Printable(g.Type); !slices.Contains(types, word) {
				types = append(types, word)
			}
		}
	}
	if len(types) == 0 {
		types = []string{"no GPUs"}
	}
	return strings.Join(types, ", ") + ", from " + client.FormatDBC(lowest) + " for a GPU and day"
}
