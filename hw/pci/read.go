package pci

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// Flags of a resource, from the kernel's include/linux/ioport.h.
const (
	flagIO       = 0x100
	flagMem      = 0x200
	flagPrefetch = 0x2000
	flagWide     = 0x100000
	// standardBARs of the lines of a resource file are the function's own; an
	// expansion ROM, virtual functions' regions and a bridge's windows follow.
	standardBARs = 6
	maxLanes     = 32
)

// Offsets in the first 64 bytes of the configuration space, which everybody may read:
// the rest is for root, and some functions misbehave when it is read.
const (
	head         = 64
	headerType   = 0x0e
	firstBAR     = 0x10
	secondaryBus = 0x19
)

// function reads one function. An optional attribute that is malformed counts
// as absent: one odd attribute must not hide a card.
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
	if pf, err := ParseAddress(d.link("physfn")); err == nil {
		f.PF = &pf
	}
	config := d.bytes("config", head)
	// The ids in sysfs are what the kernel found once; these are read from the
	// function. Those of a virtual function are ones there.
	f.Silent = f.PF == nil && bytes.HasPrefix(config, []byte{0xff, 0xff, 0xff, 0xff})
	if len(config) > headerType && !f.Gone() {
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
	f.Link = Link{ParseSpeed(d.text("current_link_speed")), d.lanes("current_link_width"), ParseSpeed(d.text("max_link_speed")), d.lanes("max_link_width")}
	if f.BARs = bars(d.text("resource")); f.Header == 0 {
		f.BARs = withDropped(f.BARs, config)
	}
	return f, nil
}

// count parses a small number, 0 if there is none.
func (d folder) count(name string) int {
	n, err := strconv.ParseUint(d.text(name), 10, 16)
	if err != nil {
		return 0
	}
	return int(n)
}

// lanes reads a link's width, 0 if it is larger than possible: a register that does
// not respond reads as ones.
func (d folder) lanes(name string) int {
	if n := d.count(name); n <= maxLanes {
		return n
	}
	return 0
}

// secondary returns the bus below a bridge.
func (d folder) secondary(f Function) (uint8, bool) {
	config := d.bytes("config", head)
	if f.Header != 1 || len(config) <= secondaryBus || config[secondaryBus] == 0 {
		return 0, false
	}
	return config[secondaryBus], true
}

// ParseSpeed parses "16.0 GT/s PCIe" as 16000 MT/s; it returns 0 for anything else.
func ParseSpeed(text string) int {
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

// Regions returns the regions of an endpoint from its resource file and the first
// 64 bytes of its configuration space, which may be missing. Without those, a
// region that the kernel found no room for is not seen.
func Regions(resource string, config []byte) []BAR {
	return withDropped(bars(resource), config)
}

// bars parses a resource file: a line of start, end and flags for each region.
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

// withDropped adds memory regions that only an endpoint's registers show. If the
// kernel finds no room for one, it clears the region's line in resource, including
// its size. A function that reads as ones everywhere does not respond.
func withDropped(list []BAR, config []byte) []BAR {
	for i := 0; i < standardBARs && firstBAR+4*i+4 <= len(config); i++ {
		register := binary.LittleEndian.Uint32(config[firstBAR+4*i:])
		if register == 1<<32-1 || register&1 != 0 { // ports
			continue
		}
		wide := register&6 == 4
		if register != 0 && !slices.ContainsFunc(list, func(b BAR) bool { return b.Index == i }) {
			list = append(list, BAR{Index: i, Wide: wide, Prefetchable: register&8 != 0})
		}
		if wide {
			i++ // the next one is its upper half
		}
	}
	slices.SortFunc(list, func(a, b BAR) int { return a.Index - b.Index })
	return list
}

// RoundUp returns the least power of two that is at least n, 0 for 0, and the
// largest 64-bit one for anything above it.
func RoundUp(n uint64) uint64 {
	if n == 0 {
		return 0
	}
	return 1 << min(bits.Len64(n-1), 63)
}
