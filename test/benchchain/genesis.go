package main

import (
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

const (
	stake     = 3_000 * dbc // of two slots
	price     = 24 * dbc
	long      = 30 * 24 * time.Hour
	owners    = 1_000
	rare      = "IS" // the country of one machine in a thousand
	rarePlace = 999
)

var (
	gpuTypes  = []string{"RTX 3090", "RTX 4090", "RTX 5090", "A100", "H100", "H200", "L40S", "A6000", "MI300X", "B200"}
	countries = []string{"DE", "FR", "US", "KR", "SG", "JP", "CA", "SE", "PL", "AU"}
)

// endOf is when the rentals of a stage end; none end at stage 0.
func endOf(stage int) time.Time { return begin.Add(time.Duration(stage+1) * 10 * time.Hour) }

func ownerOf(i int) string { return sdk.AccAddress(fmt.Appendf(nil, "owner%015d", i%owners)).String() }

// bonds are online machines of two GPUs, and the sum of their stakes.
func (w *world) bonds(n int) (*machine.GenesisState, uint64, error) {
	gs := machine.DefaultGenesis()
	for i := range n {
		seed := make([]byte, ed25519.SeedSize)
		binary.BigEndian.PutUint64(seed, uint64(i))
		m := machine.Machine{
			Id:    hex.EncodeToString(ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)),
			Owner: ownerOf(i), Operator: ownerOf(i), Payout: ownerOf(i), BondSeq: 1, ListingVersion: 1, PricePerDay: price,
			Stake: stake, StakeRequired: stake, State: machine.MACHINE_STATE_ONLINE,
			Facts: machine.Facts{
				CpuModel: "AMD EPYC 7543", CpuCores: 24, CpuMhz: 2800, MemoryMib: 1 << 17, SystemDiskGib: 480, DataDiskGib: 1900,
				UploadMbps: 1000, DownloadMbps: 1000, Country: countries[(i/len(gpuTypes))%len(countries)], PublicIp: "192.0.2.1", PortFirst: 5200, PortLast: 32767,
				Multiaddrs: []string{"/ip4/192.0.2.1/udp/5011/quic-v1", "/ip4/192.0.2.1/tcp/5011"},
			},
		}
		if i%1_000 == rarePlace {
			m.Facts.Country = rare
		}
		for slot := range 2 {
			m.Facts.Slots = append(m.Facts.Slots, machine.Slot{
				GpuType: gpuTypes[i%len(gpuTypes)], GpuIds: []string{fmt.Sprintf("GPU-%08d-%d", i, slot)}, GpuCount: 1, VramMib: 24564,
				PciAddress: fmt.Sprintf("0000:%02x:00.0", slot+1),
			})
		}
		gs.Machines = append(gs.Machines, m)
	}
	for _, m := range gs.Machines {
		w.machines = append(w.machines, m.Id)
	}
	return gs, uint64(n) * stake, gs.Validate()
}

// rentals are one confirmed rental of a slot of each machine, those of each
// stage of due ones first, and the rent in escrow.
func (w *world) rentals(machines []machine.Machine) (*rental.GenesisState, uint64) {
	gs := rental.DefaultGenesis()
	var escrow uint64
	var ends []time.Time
	for stage, n := range w.due {
		ends = append(ends, slices.Repeat([]time.Time{endOf(stage + 1)}, n)...)
	}
	for i, m := range machines {
		length := long
		if i < len(ends) {
			length = ends[i].Sub(begin)
		}
		rent := uint64(length/time.Hour) * dbc
		r := rental.Rental{
			Id: uint64(i + 1), Renter: addressOf(w.renters[i%len(w.renters)]).String(), MachineId: m.Id, Slots: []uint32{0},
			State: rental.RENTAL_STATE_ACTIVE, Start: begin, End: begin.Add(length), Deadline: begin.Add(30 * time.Minute),
			Segments: []rental.Segment{{Start: begin, End: begin.Add(length), Rent: rent}}, Paid: rent, Fee: 10 * dbc,
			PenaltyTerms: rental.PenaltyTerms{StakeShare: stake / 2, MinPenalty: 10 * dbc, RatioBps: 1_000},
			Transitions: []rental.Transition{
				{Time: begin, To: rental.RENTAL_STATE_TRIAL, Reason: rental.REASON_RENTED, Height: 1},
				{Time: begin, From: rental.RENTAL_STATE_TRIAL, To: rental.RENTAL_STATE_ACTIVE, Reason: rental.REASON_CONFIRMED, Height: 1},
			},
		}
		escrow += rent
		gs.Rentals = append(gs.Rentals, r)
	}
	gs.NextRentId = uint64(len(machines) + 1)
	return gs, escrow
}
