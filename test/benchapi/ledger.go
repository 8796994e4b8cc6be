package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/clientnode/market"
	"github.com/dbc-network/dbc/x/machine"
)

// ledger is a chain with the given number of machines. Each is generated when
// it is requested, so that only the index holds them.
type ledger int

var _ market.Chain = ledger(0)

func (ledger) Head(context.Context) (chain.Head, error) {
	return chain.Head{ChainID: chainID, Height: 1}, nil
}

func (ledger) Watch(ctx context.Context) (<-chan struct{}, error) {
	blocks := make(chan struct{}) // none
	context.AfterFunc(ctx, func() { close(blocks) })
	return blocks, nil
}

func (l ledger) MachinesAt(_ context.Context, _ int64, req machine.QueryMachinesRequest) (*machine.QueryMachinesResponse, int64, error) {
	from := 0
	if len(req.Pagination.Key) > 0 {
		var err error
		if from, err = strconv.Atoi(string(req.Pagination.Key)); err != nil {
			return nil, 0, err
		}
	}
	to := min(from+int(req.Pagination.Limit), int(l))
	res := &machine.QueryMachinesResponse{Pagination: &query.PageResponse{}}
	for i := from; i < to; i++ {
		res.Listings = append(res.Listings, listing(i))
	}
	if to < int(l) {
		res.Pagination.NextKey = strconv.AppendInt(nil, int64(to), 10)
	}
	return res, 1, nil
}

func (ledger) MachineAt(context.Context, int64, string) (machine.Listing, error) {
	return machine.Listing{}, chain.ErrNotFound
}

func (ledger) Touched(context.Context, int64) ([]string, error) { return nil, nil }

var (
	gpuTypes  = []string{"RTX 4090", "RTX 5090", "H100 80GB", "H200", "A100 80GB", "L40S", "B200", "RTX 3090"}
	countries = []string{"DE", "SG", "US", "KR", "JP", "CA", "FR", "BR", "IN", "FI"}
)

// listing returns listing number i. The same number returns the same listing.
func listing(i int) machine.Listing {
	r := rand.New(rand.NewPCG(1, uint64(i))) //nolint:gosec // made-up machines
	l := machine.Listing{Machine: machine.Machine{
		Id: fmt.Sprintf("%064x", uint64(i)*0x9E3779B97F4A7C15), Owner: fmt.Sprintf("dbc1owner%032d", r.IntN(20_000)), //nolint:gosec // i is a count
		Operator: fmt.Sprintf("dbc1operator%029d", r.IntN(20_000)), State: machine.MACHINE_STATE_ONLINE,
		PricePerDay: uint64(1+r.IntN(100_000)) * 10_000, Stake: 1_000_000_000, ListingVersion: 1,
		Facts: machine.Facts{
			CpuModel: "EPYC 9654", CpuCores: uint32(8 * (1 + r.IntN(24))), CpuMhz: uint32(2000 + r.IntN(2000)),
			MemoryMib: uint64(32+r.IntN(1000)) << 10, SystemDiskGib: uint64(100 + r.IntN(1900)), DataDiskGib: uint64(r.IntN(20_000)),
			UploadMbps: uint32(r.IntN(10_000)), DownloadMbps: uint32(r.IntN(10_000)),
			Country: countries[r.IntN(len(countries))], City: "City", PublicIp: "203.0.113.7", PortFirst: 5200, PortLast: 5999,
			KeepDiskPolicy: machine.KEEP_DISK_POLICY_FIRM, Delivery: machine.DELIVERY_VM,
		},
	}}
	if r.IntN(10) == 0 {
		l.Machine.State = machine.MACHINE_STATE_OFFLINE
	}
	gpuType := gpuTypes[r.IntN(len(gpuTypes))]
	for slot := range 1 << r.IntN(4) {
		l.Machine.Facts.Slots = append(l.Machine.Facts.Slots, machine.Slot{
			Kind: machine.SLOT_KIND_GPU, GpuType: gpuType, GpuIds: []string{fmt.Sprintf("GPU-%d-%d", i, slot)}, GpuCount: 1, VramMib: 81920,
		})
		if r.IntN(2) == 0 {
			l.FreeSlots = append(l.FreeSlots, uint32(slot)) //nolint:gosec // at most 8
		}
	}
	return l
}
