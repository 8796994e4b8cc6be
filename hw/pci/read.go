package pci

import (
	"errors"
	"math/bits"
	"strconv"
	"strings"
)

// Flags of a resource, by the kernel's include/linux/ioport.h.
const (
	flagIO       = 0x100
	flagMem      = 0x200
	flagPrefetch = 0x2000
	flagWide     = 0x100000
	// standardBARs of the lines of a resource file are the function's own; an
	// expansion ROM, virtual functions' and a bridge's windows follow.
	standardBARs = 6
)

// Offsets in the configuration space's first 64 bytes, which everybody may read.
const (
	headerType   = 0x0e
	secondaryBus = 0x19
)

// function reads one function. What is optional and does not say what it should
// counts as absent: one odd attribute must not hide a card.
func (d folder) function(name string) (Function, error) {
	at, err := ParseAddress(name)
	if err != nil {
		return Function{}, err
	}
	f := Function{Address: at, Group: NoGroup, NUMA: NoNode, Header: unknownHeader}
	class, err := d.number("class", 24)
	if err != nil {
		return Function{}, err
	}
	f.Class = Class(class)
	var errs []error
	half := func(name string) uint16 {
		n, err := d.number(name, 16)
		errs = append(errs, err)
		return uint16(n)
	}
	f.ID = ID{half("vendor"), half("device")}
	if err := errors.Join(errs...); err != nil {
		return Function{}, err
	}
	f.Subsystem = ID{half("subsystem_vendor"), half("subsystem_device")}
	if n, err := d.number("revision", 8); err == nil {
		f.Revision = uint8(n)
	}
	if config := d.bytes("config"); len(config) > headerType && !f.Gone() {
		f.Header = config[headerType] & 0x7f
	}
	if n, err := strconv.Atoi(d.link("iommu_group")); err == nil && n >= 0 {
		f.Group = n
	}
	f.Driver = d.link("driver")
	if override := d.text("driver_override"); override != "(null)" {
		f.Override = override
	}
	if n, err := strconv.Atoi(d.text("numa_node")); err == nil && n >= 0 {
		f.NUMA = n
	}
	f.Resets = strings.Fields(d.text("reset_method"))
	f.BootVGA = d.text("boot_vga") == "1"
	f.MaxVFs, f.VFs = d.count("sriov_totalvfs"), d.count("sriov_numvfs")
	if pf, err := ParseAddress(d.link("physfn")); err == nil {
		f.PF = &pf
	}
	f.Link = Link{speed(d.text("current_link_speed")), d.count("current_link_width"), speed(d.text("max_link_speed")), d.count("max_link_width")}
	f.BARs = bars(d.text("resource"))
	return f, nil
}

// count reads a small number, 0 where there is none.
func (d folder) count(name string) int {
	n, err := strconv.ParseUint(d.text(name), 10, 16)
	if err != nil {
		return 0
	}
	return int(n)
}

// secondary returns the bus below a bridge.
func (d folder) secondary(f Function) (uint8, bool) {
	config := d.bytes("config")
	if f.Header != 1 || len(config) <= secondaryBus || config[secondaryBus] == 0 {
		return 0, false
	}
	return config[secondaryBus], true
}

// speed reads "16.0 GT/s PCIe" as 16000 MT/s, 0 for what is none.
func speed(text string) int {
	value, _, _ := strings.Cut(text, " ")
	whole, tenth, _ := strings.Cut(value, ".")
	n, err := strconv.ParseUint(whole, 10, 16)
	if err != nil {
		return 0
	}
	m, err := strconv.ParseUint(tenth, 10, 8)
	if err != nil || len(tenth) != 1 {
		m = 0
	}
	return int(n*1000 + m*100)
}

// bars reads a resource file: a line of start, end and flags for each region.
func bars(text string) []BAR {
	var list []BAR
	index := -1
	for line := range strings.Lines(text) {
		if index++; index == standardBARs {
			break
		}
		parts := strings.Fields(line)
		if len(parts) != 3 {
			continue
		}
		var n [3]uint64
		var err error
		for i, part := range parts {
			if n[i], err = strconv.ParseUint(part, 0, 64); err != nil {
				break
			}
		}
		start, end, flags := n[0], n[1], n[2]
		if err != nil || flags&(flagIO|flagMem) == 0 || end < start || end-start == 1<<64-1 {
			continue
		}
		list = append(list, BAR{
			Index: index, Bytes: end - start + 1, IO: flags&flagIO != 0, Prefetchable: flags&flagPrefetch != 0,
			Wide: flags&flagWide != 0, Assigned: start != 0, Start: start,
		})
	}
	return list
}

// RoundUp returns the least power of two that is at least n, 0 for 0, and the
// largest one of 64 bits for what is above it.
func RoundUp(n uint64) uint64 {
	if n == 0 {
		return 0
	}
	return 1 << min(bits.Len64(n-1), 63)
}
