package market

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"

	"go.uber.org/goleak"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/x/machine"
)

var gpuTypes = []string{"", "RTX 4090", "H100 80GB", "A100", "L40S"}

// testFeatures are one that this version knows, and two whose digits start the
// same.
var testFeatures = []machine.Feature{machine.FEATURE_UEFI, 30, 300}

// listing returns listing number i. The same number returns the same listing.
func listing(i int) machine.Listing {
	r := rand.New(rand.NewPCG(1, uint64(i)))
	n := 1 + r.IntN(8)
	facts := machine.Facts{
		CpuModel: []string{"EPYC", "Xeon"}[i%2], CpuCores: uint32(4 * (1 + r.IntN(32))), CpuMhz: uint32(2000 + r.IntN(2000)),
		MemoryMib: uint64(1+r.IntN(512)) << 10, SystemDiskGib: uint64(100 + r.IntN(900)), DataDiskGib: uint64(r.IntN(9000)),
		UploadMbps: uint32(r.IntN(1000)), DownloadMbps: uint32(r.IntN(1000)),
		Country: []string{"DE", "SG", "US", "KR"}[r.IntN(4)], City: []string{"A", "B", "C"}[r.IntN(3)],
	}
	facts.KeepDiskPolicy, facts.Delivery = machine.KeepDiskPolicy(1+r.IntN(2)), []machine.Delivery{machine.DELIVERY_VM, 300}[r.IntN(2)]
	for _, feature := range testFeatures {
		if r.IntN(2) == 0 {
			facts.Features = append(facts.Features, feature)
		}
	}
	gpuType := gpuTypes[r.IntN(len(gpuTypes))]
	for slot := range n {
		if gpuType == "" {
			facts.Slots = []machine.Slot{{Kind: machine.SLOT_KIND_NONE}}
			break
		}
		if slot == 1 && i%7 == 0 { // some machines have two types
			gpuType = gpuTypes[1+r.IntN(len(gpuTypes)-1)]
		}
		facts.Slots = append(facts.Slots, machine.Slot{Kind: machine.SLOT_KIND_GPU, GpuType: gpuType, GpuCount: 1, VramMib: uint64(1+r.IntN(80)) << 10})
	}
	l := machine.Listing{Machine: machine.Machine{
		Id: fmt.Sprintf("%064x", uint64(i)*0x9E3779B97F4A7C15), Owner: fmt.Sprintf("dbc1owner%d", r.IntN(20)),
		Operator: fmt.Sprintf("dbc1operator%d", r.IntN(20)), Facts: facts, PricePerDay: uint64(1+r.IntN(50)) * 1_000_000,
		Stake: uint64(r.IntN(1000)), State: machine.MachineState(1 + r.IntN(4)), ListingVersion: 1,
	}}
	for slot := range len(facts.Slots) {
		if r.IntN(2) == 0 {
			l.FreeSlots = append(l.FreeSlots, uint32(slot))
		}
	}
	l.Machine.ExitNoticeSeconds = []uint64{0, 3_600, 86_400, 604_800}[r.IntN(4)]
	return l
}

// ledger is an in-memory chain of listings with its own page size.
type ledger struct {
	head     chain.Head
	listings []machine.Listing
	events   map[int64][]string
	page     int
	// failPage is the page at which it fails, counted from 1; 0 means never.
	failPage int
	pages    int
	wakes    chan struct{}
}

var errBroken = fmt.Errorf("broken: %w", chain.ErrUnreachable)

func newLedger(n int) *ledger {
	l := &ledger{
		head: chain.Head{ChainID: "dbc-devnet-1", Height: 10}, events: map[int64][]string{}, page: 100, wakes: make(chan struct{}),
	}
	for i := range n {
		l.listings = append(l.listings, listing(i))
	}
	return l
}

func (l *ledger) Head(context.Context) (chain.Head, error) { return l.head, nil }

func (l *ledger) Watch(context.Context) (<-chan struct{}, error) { return l.wakes, nil }

func (l *ledger) MachinesAt(_ context.Context, height int64, req machine.QueryMachinesRequest) (*machine.QueryMachinesResponse, int64, error) {
	if req.Pagination.Limit == 1 {
		return &machine.QueryMachinesResponse{}, l.head.Height, nil
	}
	if l.pages++; l.pages == l.failPage {
		return nil, 0, errBroken
	}
	if height == 0 {
		height = l.head.Height
	}
	from := 0
	if len(req.Pagination.Key) > 0 {
		if _, err := fmt.Sscan(string(req.Pagination.Key), &from); err != nil {
			return nil, 0, err
		}
	}
	to := min(from+l.page, len(l.listings))
	res := &machine.QueryMachinesResponse{Listings: l.listings[from:to], Pagination: &query.PageResponse{}}
	if to < len(l.listings) {
		res.Pagination.NextKey = fmt.Append(nil, to)
	}
	return res, height, nil
}

func (l *ledger) MachineAt(_ context.Context, _ int64, id string) (machine.Listing, error) {
	for _, have := range l.listings {
		if have.Machine.Id == id {
			return have, nil
		}
	}
	return machine.Listing{}, chain.ErrNotFound
}

func (l *ledger) Touched(_ context.Context, height int64) ([]string, error) {
	ids, known := l.events[height]
	if !known {
		return nil, chain.ErrNotFound
	}
	return ids, nil
}

// block makes a block that changes some machines.
func (l *ledger) block(change func(m *machine.Listing), numbers ...int) {
	l.head.Height++
	l.events[l.head.Height] = []string{}
	for _, i := range numbers {
		change(&l.listings[i])
		l.events[l.head.Height] = append(l.events[l.head.Height], l.listings[i].Machine.Id)
	}
}

func openAt(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func filled(t testing.TB, l *ledger) *Store {
	t.Helper()
	s := openAt(t, t.TempDir())
	if err := s.catchUp(context.Background(), l); err != nil {
		t.Fatal(err)
	}
	return s
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// The SDK's keyring starts a timer when it is imported.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/desertbit/timer.timerRoutine"))
}
