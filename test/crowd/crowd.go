// Package crowd generates machines and rentals by the thousand for a genesis.
// The same number always generates the same machine.
package crowd

import (
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

const (
	dbc    = uint64(1_000_000)
	fee    = 10 * dbc
	owners = 1_000
	rare   = 1_000
	window = 30 * time.Minute
)

const (
	// Stake of a plain machine in udbc.
	Stake = 3_000 * dbc
	// Price of a plain machine's slot per day in udbc.
	Price = 24 * dbc
	// Rare is the country of one in a thousand machines.
	Rare = "IS"
)

var (
	gpuTypes  = []string{"RTX 3090", "RTX 4090", "RTX 5090", "A100", "H100", "H200", "L40S", "A6000", "MI300X", "B200"}
	countries = []string{"DE", "FR", "US", "KR", "SG", "JP", "CA", "SE", "PL", "AU"}
)

// Owner returns the owner of machine number i, one of a thousand.
func Owner(i int) string { return sdk.AccAddress(fmt.Appendf(nil, "owner%015d", i%owners)).String() }

func id(i int) string {
	seed := make([]byte, ed25519.SeedSize)
	binary.BigEndian.PutUint64(seed, uint64(i)) //nolint:gosec // i is a count
	return hex.EncodeToString(ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey))
}

// Plain returns machine number i of a crowd in which all machines are online,
// with two GPUs each and the same price.
func Plain(i int) machine.Machine {
	m := machine.Machine{
		Id: id(i), Owner: Owner(i), Operator: Owner(i), Payout: Owner(i), BondSeq: 1, ListingVersion: 1, PricePerDay: Price,
		Stake: Stake, StakeRequired: Stake, State: machine.MACHINE_STATE_ONLINE,
		Facts: machine.Facts{
			CpuModel: "AMD EPYC 7543", CpuCores: 24, CpuMhz: 2800, MemoryMib: 1 << 17, SystemDiskGib: 480, DataDiskGib: 1900,
			UploadMbps: 1000, DownloadMbps: 1000, Country: country(i), PublicIp: "192.0.2.1", PortFirst: 5200, PortLast: 32767,
			KeepDiskPolicy: machine.KEEP_DISK_POLICY_FIRM, Delivery: machine.DELIVERY_VM,
			Multiaddrs: []string{"/ip4/192.0.2.1/udp/5011/quic-v1", "/ip4/192.0.2.1/tcp/5011"},
		},
	}
	for slot := range 2 {
		m.Facts.Slots = append(m.Facts.Slots, gpu(i, slot, gpuTypes[i%len(gpuTypes)], 24564))
	}
	return m
}

func country(i int) string {
	if i%rare == rare-1 {
		return Rare
	}
	return countries[(i/len(gpuTypes))%len(countries)]
}

func gpu(i, slot int, gpuType string, vram uint64) machine.Slot {
	return machine.Slot{
		Kind: machine.SLOT_KIND_GPU, GpuType: gpuType, GpuIds: []string{fmt.Sprintf("GPU-%08d-%d", i, slot)}, GpuCount: 1, VramMib: vram,
	}
}

// Rent returns a confirmed rental of slots of a machine for whole hours.
func Rent(id uint64, renter string, m machine.Machine, slots []uint32, begin, end time.Time) rental.Rental {
	part := uint64(len(slots))
	rent := m.PricePerDay * part * uint64(end.Sub(begin)/time.Hour) / 24 //nolint:gosec // an end is after its begin
	return rental.Rental{
		Id: id, Renter: renter, MachineId: m.Id, Slots: slots,
		State: rental.RENTAL_STATE_ACTIVE, Start: begin, End: end, Deadline: begin.Add(window),
		Segments: []rental.Segment{{Start: begin, End: end, Rent: rent}}, Paid: rent, Fee: fee,
		PenaltyTerms: rental.PenaltyTerms{StakeShare: m.Stake * part / uint64(len(m.Facts.Slots)), MinPenalty: 10 * dbc, RatioBps: 1_000},
		Transitions: []rental.Transition{
			{Time: begin, To: rental.RENTAL_STATE_TRIAL, Reason: rental.REASON_RENTED, Height: 1},
			{Time: begin, From: rental.RENTAL_STATE_TRIAL, To: rental.RENTAL_STATE_ACTIVE, Reason: rental.REASON_CONFIRMED, Height: 1},
		},
	}
}

// Sums returns what the bank must hold: the machines' stakes and the rentals'
// escrow.
func Sums(machines []machine.Machine, rentals []rental.Rental) (stakes, escrow uint64) {
	for _, m := range machines {
		stakes += m.Stake
	}
	for _, r := range rentals {
		rent, fee := r.Escrowed()
		escrow += rent + fee
	}
	return stakes, escrow
}
