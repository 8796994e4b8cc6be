package gpu_test

import (
	"testing"

	"github.com/dbc-network/dbc/hw/gpu"
)

// The first rows were measured with OVMF and a processor of 40 bits: two regions
// of 64 GiB fit into its own window, four need a larger one.
func TestWindow(t *testing.T) {
	t.Parallel()
	const gib = 1024
	for _, c := range []struct {
		physical, iommu int
		slots           []uint64
		memory, window  uint64
		ok              bool
	}{
		{40, 0, []uint64{64 * gib, 64 * gib}, 4 * gib, 0, true},
		{40, 0, []uint64{64 * gib, 64 * gib, 64 * gib, 64 * gib}, 4 * gib, 256 * gib, true},
		{40, 0, []uint64{64 * gib, 64 * gib, 64 * gib}, 4 * gib, 256 * gib, true},
		{40, 0, []uint64{512 * gib}, 512 * gib, 512 * gib, true},
		{40, 0, []uint64{512 * gib}, 512*gib + 1, 512 * gib, false},
		{40, 0, []uint64{1024 * gib}, 0, 1024 * gib, false},
		{46, 39, []uint64{64 * gib}, 64 * gib, 0, true},
		{46, 39, []uint64{64 * gib, 64 * gib}, 64 * gib, 128 * gib, true},
		{39, 0, []uint64{64 * gib}, 500 * gib, 64 * gib, false},
		{52, 57, []uint64{128 * gib, 128 * gib, 128 * gib, 128 * gib, 128 * gib, 128 * gib, 128 * gib, 128 * gib}, 2048 * gib, 0, true},
		{52, 57, []uint64{16384 * gib}, 2048 * gib, 16384 * gib, true},
		{52, 57, []uint64{1}, 1 << 63, 1, false},
		{0, 0, []uint64{64}, 4 * gib, 0, false},
		{0, 0, nil, 4 * gib, 0, true},
	} {
		var slots []gpu.Slot
		for _, need := range c.slots {
			slots = append(slots, gpu.Slot{NeedsWindowMiB: need})
		}
		window, ok := gpu.Host{PhysicalBits: c.physical, IOMMUBits: c.iommu}.Window(slots, c.memory)
		if window != c.window || ok != c.ok {
			t.Errorf("%+v: %d, %t", c, window, ok)
		}
	}
}
