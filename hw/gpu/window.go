package gpu

import "github.com/dbc-network/dbc/hw/pci"

const mib = 1 << 20

// windowMiB returns how much of a guest's 64-bit memory window some functions
// take, in MiB. Each device is passed to the guest behind a port of its own,
// whose window holds its regions and starts at a multiple of the largest one: so
// it takes the sum rounded up to a power of two.
func windowMiB(functions []pci.Function) uint64 {
	var total uint64
	for i, f := range functions {
		if i > 0 && functions[i-1].Address.SameDevice(f.Address) {
			continue // counted with the device's first function
		}
		var sum uint64
		for _, other := range functions[i:] {
			if !other.Address.SameDevice(f.Address) {
				break
			}
			for _, bar := range other.BARs {
				if inWindow(bar) {
					sum += (bar.Bytes + mib - 1) / mib
				}
			}
		}
		total += pci.RoundUp(sum)
	}
	return total
}

// inWindow reports whether a region is placed above 4 GiB: behind a bridge only
// prefetchable 64-bit ones are.
func inWindow(bar pci.BAR) bool {
	return !bar.IO && (bar.Wide && bar.Prefetchable || bar.Bytes >= 4<<30)
}

// firmwareBits is how far a guest's firmware can address with four-level page
// tables.
const firmwareBits = 46

// Window returns the size in MiB of the 64-bit window that a VM with that memory
// needs for its slots' regions: 0 where they fit into the firmware's own, an
// eighth of the address space. ok is false if memory and window do not fit into
// what processor and IOMMU can address, or if the host does not say how much
// that is.
func (h Host) Window(slots []Slot, memoryMiB uint64) (mib uint64, ok bool) {
	bits := h.PhysicalBits
	if h.IOMMUBits > 0 && (bits == 0 || h.IOMMUBits < bits) {
		bits = h.IOMMUBits
	}
	var need uint64
	for _, s := range slots {
		need += s.NeedsWindowMiB
	}
	if bits <= 23 || need == 0 {
		return 0, need == 0
	}
	room := uint64(1) << min(bits, firmwareBits) >> 20
	own := room >> 3
	if need <= own && memoryMiB+own <= room {
		return 0, true
	}
	mib = pci.RoundUp(need)
	return mib, mib < room && memoryMiB <= room-mib
}
