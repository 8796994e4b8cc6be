package gpu

import "github.com/dbc-network/dbc/hw/pci"

const mib = 1 << 20

// windowMiB returns how much of a guest's 64-bit memory window some functions
// take, in MiB. Each device is given to the guest behind a port of its own, whose
// window holds its regions and begins at a multiple of the largest: so it takes
// the sum rounded up to a power of two.
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
// prefetchable ones of 64 bits are.
func inWindow(bar pci.BAR) bool {
	return !bar.IO && (bar.Wide && bar.Prefetchable || bar.Bytes >= 4<<30)
}
