package market

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/dbc-network/dbc/node/envelope"
	"github.com/dbc-network/dbc/x/machine"
)

// Page is the answer to a search.
type Page struct {
	Machines []Machine `json:"machines"`
	// Next is the cursor of the next page, "" on the last.
	Next string `json:"next"`
	// Total is the number of machines that fit, on all pages.
	Total int64 `json:"total"`
	// ByGPUType counts the machines that fit all filters but gpu_type.
	ByGPUType []GPUCount `json:"by_gpu_type"`
	// Height is the block that the index is at.
	Height int64 `json:"height"`
}

// GPUCount counts machines of a GPU type; "" is those without GPUs.
type GPUCount struct {
	GPUType string `json:"gpu_type"`
	// Idle are online with a free slot.
	Idle  int64 `json:"idle"`
	Total int64 `json:"total"`
}

// Machine is a listing as a search tells it. Money is a string of udbc.
type Machine struct {
	ID            string   `json:"machine_id"`
	Owner         string   `json:"owner"`
	Operator      string   `json:"operator"`
	State         string   `json:"state"`
	GPUCount      int64    `json:"gpu_count"`
	Slots         []Slot   `json:"slots"`
	FreeSlots     []uint32 `json:"free_slots"`
	CPUModel      string   `json:"cpu_model"`
	CPUCores      uint32   `json:"cpu_cores"`
	CPUMHz        uint32   `json:"cpu_mhz"`
	MemoryMiB     uint64   `json:"memory_mib"`
	SystemDiskGiB uint64   `json:"system_disk_gib"`
	DataDiskGiB   uint64   `json:"data_disk_gib"`
	UploadMbps    uint32   `json:"upload_mbps"`
	DownloadMbps  uint32   `json:"download_mbps"`
	Country       string   `json:"country"`
	City          string   `json:"city"`
	LongitudeE4   int32    `json:"longitude_e4"`
	LatitudeE4    int32    `json:"latitude_e4"`
	Operators     []string `json:"operators"`
	// KeepDiskPolicy is firm, or evict where kept disks may go before their time
	// when a new VM needs the room.
	KeepDiskPolicy string `json:"keep_disk_policy"`
	// Features that the machine has beyond what every machine has: uefi, or the
	// digits of one that this node does not know.
	Features []string `json:"features"`
	// Delivery is what a renter is given: vm, or the digits of one that this node
	// does not know.
	Delivery  string `json:"delivery"`
	PublicIP  string `json:"public_ip"`
	PortFirst uint32 `json:"port_first"`
	PortLast  uint32 `json:"port_last"`
	// PricePerDay is a slot's, or the machine's where it has no GPUs, in udbc as the two that follow from it.
	PricePerDay        uint64     `json:"price_per_day,string"`
	GPUPricePerDay     uint64     `json:"gpu_price_per_day,string"`
	MachinePricePerDay uint64     `json:"machine_price_per_day,string"`
	Stake              uint64     `json:"stake,string"`
	StakeRequired      uint64     `json:"stake_required,string"`
	ListingVersion     uint64     `json:"listing_version"`
	DrainFrom          *time.Time `json:"drain_from,omitempty"`
	OfflineSince       *time.Time `json:"offline_since,omitempty"`
}

// Slot is what can be rented alone.
type Slot struct {
	// Kind is gpu, test for made-up GPUs of a test network, or none.
	Kind     string `json:"kind"`
	GPUType  string `json:"gpu_type"`
	GPUCount uint32 `json:"gpu_count"`
	VRAMMiB  uint64 `json:"vram_mib"`
}

// Search finds machines. A wrong filter, order or cursor is an
// *envelope.Refusal; an index that is not complete is ErrIncomplete.
func (s *Store) Search(ctx context.Context, q Query) (Page, error) {
	o, err := parseOrder(q.Order)
	if err != nil {
		return Page{}, err
	}
	if q.Limit == 0 {
		q.Limit = defaultLimit
	}
	if q.Limit > maxLimit {
		return Page{}, envelope.BadValue("limit", fmt.Sprint(q.Limit), fmt.Sprintf("1 to %d", maxLimit))
	}
	c, err := parseFilters(q.Filters)
	if err != nil {
		return Page{}, err
	}
	paged := clause{text: c.all.text, args: slices.Clone(c.all.args)}
	if q.Cursor != "" {
		last, err := parseCursor(q.Cursor, o)
		if err != nil {
			return Page{}, err
		}
		text, args := o.after(last)
		paged.and(text, args...)
	}
	// One snapshot, so that the counts fit the page.
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return Page{}, fmt.Errorf("search machines: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	page, err := s.search(ctx, tx, o, paged, c, q.Limit)
	if err != nil {
		return Page{}, fmt.Errorf("search machines: %w", err)
	}
	return page, nil
}

func (s *Store) search(ctx context.Context, tx *sql.Tx, o order, paged clause, c condition, limit uint32) (Page, error) {
	revision := s.now()
	page := Page{Machines: []Machine{}}
	var complete bool
	err := tx.QueryRowContext(ctx, "SELECT height, complete FROM meta").Scan(&page.Height, &complete)
	if errors.Is(err, sql.ErrNoRows) || (err == nil && !complete) {
		return Page{}, ErrIncomplete
	}
	if err != nil {
		return Page{}, err
	}
	found, err := s.count(ctx, tx, revision, c)
	if err != nil {
		return Page{}, err
	}
	page.Total, page.ByGPUType = found.total, found.types
	return page, page.read(ctx, tx, o, o.page(found.walk(limit), paged), paged.args, limit)
}

// page selects the ids of a page, and the places of its order.
func (o order) page(walk bool, where clause) string {
	return "SELECT id, " + column(o.name) + " AS place FROM " + o.from(walk) + where.where() + o.by() + " LIMIT ?"
}

func (p *Page) read(ctx context.Context, tx *sql.Tx, o order, of string, args []any, limit uint32) error {
	rows, err := tx.QueryContext(ctx, //nolint:gosec // columns are of the whitelist, values are bound
		"SELECT id, place, l.listing FROM ("+of+") page JOIN listings l ON l.machine = page.id ORDER BY place"+o.way()+", id"+o.way(),
		append(args, int64(limit)+1)...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	last := cursor{Order: o.String()}
	for rows.Next() {
		if len(p.Machines) == int(limit) {
			p.Next = last.String()
			break
		}
		var id, blob []byte
		place := any(&last.Word)
		if o.numeric {
			place = &last.Number
		}
		if err := rows.Scan(&id, place, &blob); err != nil {
			return err
		}
		if last.ID = hex.EncodeToString(id); o.name == "machine_id" {
			last.Word = "" // the bytes of the id, which the cursor has
		}
		var l machine.Listing
		if err := l.Unmarshal(blob); err != nil {
			return fmt.Errorf("decode machine %s: %w", last.ID, err)
		}
		p.Machines = append(p.Machines, newMachine(l))
	}
	return rows.Err()
}

func newMachine(l machine.Listing) Machine {
	m, f := l.Machine, l.Machine.Facts
	gpus, _ := sums(f.Slots)
	v := Machine{
		ID: m.Id, Owner: m.Owner, Operator: m.Operator, State: m.State.Word(), GPUCount: gpus,
		Slots: make([]Slot, len(f.Slots)), FreeSlots: append([]uint32{}, l.FreeSlots...),
		CPUModel: f.CpuModel, CPUCores: f.CpuCores, CPUMHz: f.CpuMhz, MemoryMiB: f.MemoryMib,
		SystemDiskGiB: f.SystemDiskGib, DataDiskGiB: f.DataDiskGib, UploadMbps: f.UploadMbps, DownloadMbps: f.DownloadMbps,
		Country: f.Country, City: f.City, LongitudeE4: f.LongitudeE4, LatitudeE4: f.LatitudeE4,
		Operators: append([]string{}, f.Operators...), PublicIP: f.PublicIp, PortFirst: f.PortFirst, PortLast: f.PortLast,
		KeepDiskPolicy: f.KeepDiskPolicy.Word(), Features: make([]string, len(f.Features)), Delivery: f.Delivery.Word(),
		PricePerDay: m.PricePerDay, GPUPricePerDay: gpuPrice(m), MachinePricePerDay: machinePrice(m),
		Stake: m.Stake, StakeRequired: m.StakeRequired, ListingVersion: m.ListingVersion,
		DrainFrom: m.DrainFrom, OfflineSince: m.OfflineSince,
	}
	for i, slot := range f.Slots {
		v.Slots[i] = Slot{Kind: slot.Kind.Word(), GPUType: slot.GpuType, GPUCount: slot.GpuCount, VRAMMiB: slot.VramMib}
	}
	for i, feature := range f.Features {
		v.Features[i] = feature.Word()
	}
	return v
}

// counts are kept while nothing changes: they read every machine that fits.
type counts struct {
	total int64
	types []GPUCount
	// machines is about how many there are, fewest how many one by one cost what
	// the cheapest way costs that isn't the order's: of the filter that lets the
	// fewest through, or of all in a row.
	machines, fewest int64
}

// row machines read in a row cost what one costs that is looked up.
const row = 4

// walk tells whether a page is read in its order until it is full. Where few
// fit, that could pass all machines; what the filters find is sorted instead.
func (c counts) walk(limit uint32) bool {
	passed := (int64(limit) + 1) * c.machines / max(c.total, 1)
	return passed < c.fewest
}

// maxCounts filters have their counts kept.
const maxCounts = 64

func (s *Store) now() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.revision
}

func (s *Store) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revision++
	clear(s.counts)
}

func (s *Store) count(ctx context.Context, tx *sql.Tx, revision uint64, c condition) (counts, error) {
	key := fmt.Sprintf("%s %q", c.all.text, c.all.args)
	s.mu.Lock()
	kept, found := s.counts[key]
	found = found && s.revision == revision
	s.mu.Unlock()
	if found {
		return kept, nil
	}
	kept, err := count(ctx, tx, c)
	if err != nil {
		return counts{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.revision == revision {
		if len(s.counts) >= maxCounts {
			clear(s.counts)
		}
		s.counts[key] = kept
	}
	return kept, nil
}

func count(ctx context.Context, tx *sql.Tx, c condition) (kept counts, err error) {
	if kept.total, kept.types, err = countTypes(ctx, tx, c.typeless); err != nil {
		return counts{}, err
	}
	if c.all.text != c.typeless.text {
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM machines"+c.all.where(), c.all.args...).Scan(&kept.total); err != nil {
			return counts{}, err
		}
	}
	if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(n), 0) FROM machines").Scan(&kept.machines); err != nil {
		return counts{}, err
	}
	kept.fewest = kept.machines/row + 1
	for _, part := range c.parts {
		text := "SELECT count(*) FROM (SELECT 1 FROM machines" + part.where() + " LIMIT ?)"
		if err := tx.QueryRowContext(ctx, text, append(slices.Clone(part.args), kept.fewest)...).Scan(&kept.fewest); err != nil {
			return counts{}, err
		}
	}
	return kept, nil
}

// countTypes also counts the machines, of which some have several types.
func countTypes(ctx context.Context, tx *sql.Tx, where clause) (total int64, types []GPUCount, err error) {
	const idle = "sum(state = 'online' AND free_slots > 0)"
	sums := map[string]GPUCount{}
	plain := "SELECT gpu_type, " + idle + ", count(*) FROM machines" + where.where() + " GROUP BY gpu_type"
	if err := addTypes(ctx, tx, sums, plain, where.args); err != nil {
		return 0, nil, err
	}
	for _, c := range sums {
		total += c.Total
	}
	if _, found := sums[mixed]; found {
		// Machines of several types count once under each.
		delete(sums, mixed)
		several := where
		several.args = append([]any(nil), where.args...)
		several.and("machines.gpu_type = ?", mixed)
		text := "SELECT g.gpu_type, " + idle + ", count(*) FROM gpus g JOIN (SELECT id, state, free_slots FROM machines" + several.where() +
			") m ON m.id = g.machine GROUP BY g.gpu_type"
		if err := addTypes(ctx, tx, sums, text, several.args); err != nil {
			return 0, nil, err
		}
	}
	types = make([]GPUCount, 0, len(sums))
	for _, c := range sums {
		types = append(types, c)
	}
	sort.Slice(types, func(i, j int) bool { return types[i].GPUType < types[j].GPUType })
	return total, types, nil
}

func addTypes(ctx context.Context, tx *sql.Tx, sums map[string]GPUCount, text string, args []any) error {
	rows, err := tx.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var c GPUCount
		if err := rows.Scan(&c.GPUType, &c.Idle, &c.Total); err != nil {
			return err
		}
		c.Idle, c.Total = c.Idle+sums[c.GPUType].Idle, c.Total+sums[c.GPUType].Total
		sums[c.GPUType] = c
	}
	return rows.Err()
}
