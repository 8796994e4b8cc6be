package simulation

import (
	"fmt"
	"math/rand"
	"time"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/machine"
)

// randomFacts describe a node's machine. One in thirty claims a GPU of another node.
func randomFacts(r *rand.Rand, n Node) machine.Facts {
	f := machine.Facts{
		CpuModel: "EPYC 9354", CpuCores: uint32(4 + r.Intn(60)), MemoryMib: uint64(1+r.Intn(512)) << 10,
		Country: []string{"", "DE", "FR", "SG"}[r.Intn(4)], PortFirst: 5200, PortLast: 32767,
		KeepDiskPolicy: machine.KeepDiskPolicy(1 + r.Intn(2)), Delivery: machine.Delivery(1 + r.Intn(3)),
	}
	for _, feature := range []machine.Feature{machine.FEATURE_UEFI, 7, 40_000} { // two of them belong to a later version
		if r.Intn(2) == 0 {
			f.Features = append(f.Features, feature)
		}
	}
	randomAddresses(r, &f)
	if r.Intn(8) == 0 {
		f.Slots = []machine.Slot{{Kind: machine.SLOT_KIND_NONE}}
		return f
	}
	gpuType := []string{"RTX 4090", "H100"}[r.Intn(2)]
	for i := range 1 + r.Intn(MaxSlots) {
		holder := n
		if r.Intn(30) == 0 {
			holder = nodes[r.Intn(Nodes)]
		}
		f.Slots = append(f.Slots, machine.Slot{
			Kind: machine.SLOT_KIND_GPU, GpuType: gpuType, GpuIds: []string{fmt.Sprintf("GPU-%s-%d", holder.ID[:12], i)},
			GpuCount: 1, VramMib: 24564,
		})
	}
	return f
}

// randomAddresses change what may change while rentals are open.
func randomAddresses(r *rand.Rand, f *machine.Facts) {
	f.PublicIp = fmt.Sprintf("192.0.2.%d", r.Intn(256))
	f.Multiaddrs = []string{fmt.Sprintf("/ip4/%s/udp/%d/quic-v1", f.PublicIp, 5000+r.Intn(100))}
}

// randomPrice is mostly one that renters can pay; sometimes short rents round
// to nothing at it, or nobody has that much.
func randomPrice(r *rand.Rand) uint64 {
	switch r.Intn(40) {
	case 0, 1, 2:
		return 1 + uint64(r.Intn(30))
	case 3:
		return 1 + uint64(r.Int63n(machine.MaxPrice))
	default:
		return 1 + uint64(r.Int63n(20_000_000))
	}
}

// randomNotice is none, a bound, or any between; rarely one that is refused.
func randomNotice(r *rand.Rand) uint64 {
	least, most := uint64(rental.MinExitNotice/time.Second), uint64(rental.MaxExitNotice/time.Second)
	switch r.Intn(8) {
	case 0, 1:
		return 0
	case 2:
		return least
	case 3:
		return most
	default:
		return least + uint64(r.Int63n(100_000))
	}
}
