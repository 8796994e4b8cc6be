package main

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/x/machine"
)

const (
	maxMachines = 500
	// chainPage and chainPages bound what is read from the chain if no index
	// answers: the first 2,000 machines by its own filters.
	chainPage, chainPages = 100, 20
)

// machineFilter is what dbc machines looks for; zero values do not filter.
type machineFilter struct {
	gpus               []string
	country            string
	slots, cpus, limit uint32
	maxPrice           uint64
	vramGiB, memoryGiB uint64
	// maxNotice in seconds; a machine that can't be left never fits.
	maxNotice uint64
	sort      string
	all       bool
}

// sortable are the values of --sort: the index's name, and the row's value.
var sortable = []struct {
	word, column string
	of           func(machineRow) uint64
}{
	{"price", "price_per_day", func(r machineRow) uint64 { return r.PricePerDay }},
	{"gpus", "gpu_count", func(r machineRow) uint64 { return r.GPUCount }},
	{"vram", "vram_mib", func(r machineRow) uint64 { return r.VRAMMiB }},
	{"cpus", "cpu_cores", func(r machineRow) uint64 { return uint64(r.CPUs) }},
	{"memory", "memory_mib", func(r machineRow) uint64 { return r.MemoryMiB }},
	{"free", "free_slots", func(r machineRow) uint64 { return uint64(len(r.Free)) }},
	{"notice", "exit_notice_seconds", machineRow.notice},
}

func sortWords() string {
	words := make([]string, len(sortable))
	for i, s := range sortable {
		words[i] = s.word
	}
	return strings.Join(words, ", ")
}

// order returns the index of --sort in sortable, and its direction.
func (f machineFilter) order() (at int, descending bool) {
	word, descending := strings.CutPrefix(f.sort, "-")
	for i, s := range sortable {
		if s.word == word {
			return i, descending
		}
	}
	return -1, descending
}

func (f machineFilter) check() error {
	if at, _ := f.order(); at < 0 {
		return usagef("--sort %q: one of %s, with a minus for the greatest first", f.sort, sortWords())
	}
	if f.limit == 0 || f.limit > maxMachines {
		return usagef("--limit %d: 1-%d", f.limit, maxMachines)
	}
	return nil
}

// findMachines asks the client node, or the chain if none runs or if a default
// one does not answer.
func findMachines(s *settings, cmd *cobra.Command, f machineFilter) ([]machineRow, error) {
	// A default client node may belong to another chain than the one named.
	elsewhere := s.grpc != "" || s.rpc != "" || s.chainID != ""
	if err := s.resolve(); err != nil {
		return nil, err
	}
	switch {
	case s.node == direct:
	case s.node != "":
		sayNodeProblem(cmd.Context(), s, s.node)
		return searchIndex(cmd.Context(), s.node, f)
	case !elsewhere && listens(cmd.Context(), s.nodeDefault):
		if rows, err := searchIndex(cmd.Context(), s.nodeDefault, f); err == nil {
			sayNodeProblem(cmd.Context(), s, s.nodeDefault)
			return rows, nil
		}
	}
	c, err := s.dial(cmd.Context())
	if err != nil {
		return nil, err
	}
	return searchChain(cmd.Context(), c, f)
}

func searchIndex(ctx context.Context, node string, f machineFilter) ([]machineRow, error) {
	page, err := client.Search(ctx, nil, node, f.query())
	if err != nil {
		return nil, err
	}
	rows := make([]machineRow, len(page.Machines))
	for i, m := range page.Machines {
		rows[i] = indexRow(m)
	}
	return rows, nil
}

// query returns the filter in the index's terms.
func (f machineFilter) query() api.Search {
	at, descending := f.order()
	q := api.Search{Filters: map[string]json.RawMessage{}, Order: sortable[at].column, Limit: f.limit}
	if descending {
		q.Order = "-" + q.Order
	}
	bound := func(name string, value uint64) {
		if value > 0 {
			q.Filters[name], _ = json.Marshal(value) // a number can always be encoded
		}
	}
	if len(f.gpus) > 0 {
		q.Filters["gpu_type"], _ = json.Marshal(f.gpus) // and so do strings
	}
	if f.country != "" {
		q.Filters["country"], _ = json.Marshal(f.country)
	}
	slots := uint64(f.slots)
	if !f.all {
		q.Filters["state"], slots = json.RawMessage(`"online"`), max(slots, 1)
	}
	bound("free_slots_min", slots)
	bound("price_per_day_max", f.maxPrice)
	bound("exit_notice_seconds_max", f.maxNotice)
	bound("vram_mib_min", f.vramGiB<<10)
	bound("cpu_cores_min", uint64(f.cpus))
	bound("memory_mib_min", f.memoryGiB<<10)
	return q
}

func indexRow(m api.Machine) machineRow {
	r := machineRow{
		GPUs: []gpuRow{}, ID: m.ID, State: m.State, Slots: len(m.Slots), Free: m.FreeSlots, CPUs: m.CPUCores, MemoryMiB: m.MemoryMiB,
		Country: m.Country, PricePerDay: m.PricePerDay, Notice: m.ExitNoticeSeconds, Listing: m.ListingVersion,
	}
	for _, slot := range m.Slots {
		r.addSlot(gpuRow{slot.Kind, slot.GPUType, slot.GPUCount, slot.VRAMMiB})
	}
	return r
}

// notice is the exit notice in seconds, as the index orders by it: what can't be left
// comes after all that can.
func (r machineRow) notice() uint64 {
	if r.Notice == 0 {
		return math.MaxUint64
	}
	return r.Notice
}

// leaves reports whether a confirmed rental can be left within a notice in seconds.
func (r machineRow) leaves(within uint64) bool { return r.Notice > 0 && r.Notice <= within }

// addSlot counts VRAM as the index does: that of the smallest GPU.
func (r *machineRow) addSlot(slot gpuRow) {
	r.GPUs = addGPUs(r.GPUs, slot)
	if r.GPUCount == 0 || slot.VRAMMiB < r.VRAMMiB {
		r.VRAMMiB = slot.VRAMMiB
	}
	r.GPUCount += uint64(slot.Count)
}

// searchChain has the chain filter what it can, and filters the rest itself.
func searchChain(ctx context.Context, c *chain.Client, f machineFilter) ([]machineRow, error) {
	req := machine.QueryMachinesRequest{State: machine.MACHINE_STATE_ONLINE, Country: f.country, FreeSlotsMin: max(f.slots, 1)}
	if f.all {
		req.State, req.FreeSlotsMin = machine.MACHINE_STATE_UNSPECIFIED, f.slots
	}
	if len(f.gpus) == 1 {
		req.GpuType = f.gpus[0]
	}
	rows := []machineRow{}
	page := &query.PageRequest{Limit: chainPage}
	for range chainPages {
		req.Pagination = page
		res, err := c.Machines(ctx, req)
		if err != nil {
			return nil, err
		}
		for _, l := range res.Listings {
			if r := chainRow(l); f.fits(l.Machine, r) {
				rows = append(rows, r)
			}
		}
		if res.Pagination == nil || len(res.Pagination.NextKey) == 0 {
			break
		}
		page = &query.PageRequest{Key: res.Pagination.NextKey, Limit: chainPage}
	}
	at, descending := f.order()
	slices.SortFunc(rows, func(a, b machineRow) int {
		way := cmp.Or(cmp.Compare(sortable[at].of(a), sortable[at].of(b)), cmp.Compare(a.ID, b.ID))
		if descending {
			return -way
		}
		return way
	})
	return rows[:min(len(rows), int(f.limit))], nil
}

// fits applies those of the chain's filters that several GPU types and --all leave open.
func (f machineFilter) fits(m machine.Machine, r machineRow) bool {
	hasGPU := len(f.gpus) == 0 || slices.ContainsFunc(m.Facts.Slots, func(s machine.Slot) bool { return slices.Contains(f.gpus, s.GpuType) })
	return hasGPU && m.State != machine.MACHINE_STATE_RETIRED &&
		(f.maxPrice == 0 || r.PricePerDay <= f.maxPrice) && (f.maxNotice == 0 || r.leaves(f.maxNotice)) &&
		r.VRAMMiB >= f.vramGiB<<10 && r.CPUs >= f.cpus && r.MemoryMiB >= f.memoryGiB<<10
}

func chainRow(l machine.Listing) machineRow {
	m := l.Machine
	r := machineRow{
		GPUs: []gpuRow{}, ID: m.Id, State: stateWord(m.State.String(), "MACHINE_STATE_"), Slots: len(m.Facts.Slots), Free: l.FreeSlots,
		CPUs: m.Facts.CpuCores, MemoryMiB: m.Facts.MemoryMib, Country: m.Facts.Country, PricePerDay: m.PricePerDay, Notice: m.ExitNoticeSeconds, Listing: m.ListingVersion,
	}
	for _, slot := range m.Facts.Slots {
		r.addSlot(gpuRow{slot.Kind.Word(), slot.GpuType, slot.GpuCount, slot.VramMib})
	}
	return r
}
