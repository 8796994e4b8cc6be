package crowd

import (
	"math/rand/v2"
	"time"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// Market is a realistic crowd: different kinds of hosts, GPUs, prices and
// states, some of it rented.
type Market struct {
	Machines []machine.Machine
	Rentals  []rental.Rental
	// Rented are the rented slots, by the machine's number.
	Rented [][]uint32
}

// kind of GPU with its memory in MiB and the minimum price of its slot in DBC.
type kind struct {
	name  string
	vram  uint64
	least uint64
}

var kinds = []kind{
	{"RTX 3090", 24_576, 60},
	{"RTX 4090", 24_564, 110},
	{"RTX 5090", 32_607, 190},
	{"A6000", 49_140, 150},
	{"L40S", 46_068, 210},
	{"A100", 81_920, 320},
	{"H100", 81_559, 560},
	{"H200", 143_771, 780},
	{"MI300X", 196_608, 700},
	{"B200", 183_359, 1_100},
}

var cities = map[string]string{"DE": "Frankfurt", "SG": "Singapore", "KR": "Seoul", "JP": "Tokyo", Rare: "Reykjavik"}

// NewMarket returns n machines, whose first rentals began at begin.
func NewMarket(n int, renter string, begin time.Time) Market {
	var c Market
	for i := range n {
		r := rand.New(rand.NewPCG(1, uint64(i))) //nolint:gosec // made-up machines
		m := listed(r, i, begin)
		var taken []uint32
		if m.State == machine.MACHINE_STATE_ONLINE && r.IntN(4) == 0 {
			for slot := range 1 + r.IntN(len(m.Facts.Slots)) {
				taken = append(taken, uint32(slot)) //nolint:gosec // few slots
			}
			c.Rentals = append(c.Rentals, Rent(uint64(len(c.Rentals)+1), renter, m, taken, begin, begin.Add(30*24*time.Hour)))
		}
		c.Machines, c.Rented = append(c.Machines, m), append(c.Rented, taken)
	}
	return c
}

func listed(r *rand.Rand, i int, begin time.Time) machine.Machine {
	k := kinds[r.IntN(len(kinds))]
	m := machine.Machine{
		Id: id(i), Owner: Owner(i), Operator: Owner(i / 2), Payout: Owner(i), BondSeq: 1, ListingVersion: 1,
		PricePerDay: k.least*dbc + uint64(r.IntN(900))*100_000, State: machine.MACHINE_STATE_ONLINE, //nolint:gosec // not below 0
		Facts: machine.Facts{
			CpuModel: "AMD EPYC 9654", CpuCores: uint32(8 * (1 + r.IntN(24))), CpuMhz: 2400, MemoryMib: uint64(32*(1+r.IntN(32))) << 10, //nolint:gosec // small
			SystemDiskGib: 480, DataDiskGib: uint64(100 * (1 + r.IntN(160))), //nolint:gosec // small
			UploadMbps: uint32(100 * (1 + r.IntN(50))), DownloadMbps: uint32(100 * (1 + r.IntN(100))), //nolint:gosec // small
			Country: country(i), City: cities[country(i)], PublicIp: "192.0.2.1", PortFirst: 5200, PortLast: 32767,
			KeepDiskPolicy: machine.KEEP_DISK_POLICY_FIRM, Delivery: machine.DELIVERY_VM,
		},
	}
	slots := 1 << r.IntN(4)
	if r.IntN(50) == 0 { // no GPU at all
		m.Facts.Slots, m.PricePerDay = []machine.Slot{{Kind: machine.SLOT_KIND_NONE}}, uint64(10+r.IntN(20))*dbc //nolint:gosec // not below 0
	} else {
		for slot := range slots {
			m.Facts.Slots = append(m.Facts.Slots, gpu(i, slot, k.name, k.vram))
		}
	}
	m.Stake = uint64(1_000+1_000*len(m.Facts.Slots)) * dbc //nolint:gosec // few slots
	m.StakeRequired = m.Stake
	switch n := r.IntN(100); {
	case n < 8:
		m.State, m.OfflineSince = machine.MACHINE_STATE_OFFLINE, &begin
	case n < 12:
		m.State = machine.MACHINE_STATE_BONDED
	case n < 15:
		m.State, m.RetiredAt = machine.MACHINE_STATE_RETIRED, &begin
	}
	return m
}
