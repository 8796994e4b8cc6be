package market

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/httpapi"
	"github.com/dbc-network/dbc/x/machine"
)

// Search finds machines. It returns an *api.Refusal for an invalid filter,
// order or cursor, and ErrIncomplete for an incomplete index.
func (s *Store) Search(ctx context.Context, q api.Search) (api.SearchResult, error) {
	o, err := parseOrder(q.Order)
	if err != nil {
		return api.SearchResult{}, err
	}
	if q.Limit == 0 {
		q.Limit = defaultLimit
	}
	if q.Limit > maxLimit {
		return api.SearchResult{}, httpapi.BadValue("limit", fmt.Sprint(q.Limit), fmt.Sprintf("1 to %d", maxLimit))
	}
	c, err := parseFilters(q.Filters)
	if err != nil {
		return api.SearchResult{}, err
	}
	paged := clause{text: c.all.text, args: slices.Clone(c.all.args)}
	if q.Cursor != "" {
		last, err := parseCursor(q.Cursor, o)
		if err != nil {
			return api.SearchResult{}, err
		}
		text, args := o.after(last)
		paged.and(text, args...)
	}
	// Use one snapshot, so that the counts match the page.
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return api.SearchResult{}, fmt.Errorf("search machines: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	page, err := s.search(ctx, tx, o, paged, c, q.Limit)
	if err != nil {
		return api.SearchResult{}, fmt.Errorf("search machines: %w", err)
	}
	return page, nil
}

func (s *Store) search(ctx context.Context, tx *sql.Tx, o order, paged clause, c condition, limit uint32) (api.SearchResult, error) {
	revision := s.now()
	page := api.SearchResult{Machines: []api.Machine{}}
	var complete bool
	err := tx.QueryRowContext(ctx, "SELECT height, complete FROM meta").Scan(&page.Height, &complete)
	if errors.Is(err, sql.ErrNoRows) || (err == nil && !complete) {
		return api.SearchResult{}, ErrIncomplete
	}
	if err != nil {
		return api.SearchResult{}, err
	}
	found, err := s.count(ctx, tx, revision, c)
	if err != nil {
		return api.SearchResult{}, err
	}
	page.Total, page.ByGPUType = found.total, found.types
	return page, readPage(ctx, tx, &page, o, o.page(found.walk(limit), paged), paged.args, limit)
}

// page selects the ids of a page and their positions in its order.
func (o order) page(walk bool, where clause) string {
	return "SELECT id, " + column(o.name) + " AS place FROM " + o.from(walk) + where.where() + o.by() + " LIMIT ?"
}

func readPage(ctx context.Context, tx *sql.Tx, p *api.SearchResult, o order, of string, args []any, limit uint32) error {
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
			last.Word = "" // the bytes of the id, which the cursor already has
		}
		var l machine.Listing
		if err := l.Unmarshal(blob); err != nil {
			return fmt.Errorf("decode machine %s: %w", last.ID, err)
		}
		p.Machines = append(p.Machines, newMachine(l))
	}
	return rows.Err()
}

func newMachine(l machine.Listing) api.Machine {
	m, f := l.Machine, l.Machine.Facts
	gpus, _ := sums(f.Slots)
	v := api.Machine{
		ID: m.Id, Owner: m.Owner, Operator: m.Operator, State: m.State.Word(), GPUCount: gpus,
		Slots: make([]api.Slot, len(f.Slots)), FreeSlots: append([]uint32{}, l.FreeSlots...),
		CPUModel: f.CpuModel, CPUCores: f.CpuCores, CPUMHz: f.CpuMhz, MemoryMiB: f.MemoryMib,
		SystemDiskGiB: f.SystemDiskGib, DataDiskGiB: f.DataDiskGib, UploadMbps: f.UploadMbps, DownloadMbps: f.DownloadMbps,
		Country: f.Country, City: f.City, LongitudeE4: f.LongitudeE4, LatitudeE4: f.LatitudeE4,
		Operators: append([]string{}, f.Operators...), PublicIP: f.PublicIp, PortFirst: f.PortFirst, PortLast: f.PortLast,
		KeepDiskPolicy: f.KeepDiskPolicy.Word(), Features: make([]string, len(f.Features)), Delivery: f.Delivery.Word(),
		PricePerDay: m.PricePerDay, GPUPricePerDay: gpuPrice(m), MachinePricePerDay: machinePrice(m),
		ExitNoticeSeconds: m.ExitNoticeSeconds, Stake: m.Stake, StakeRequired: m.StakeRequired, ListingVersion: m.ListingVersion,
		DrainFrom: m.DrainFrom, OfflineSince: m.OfflineSince,
	}
	for i, slot := range f.Slots {
		v.Slots[i] = api.Slot{Kind: slot.Kind.Word(), GPUType: slot.GpuType, GPUCount: slot.GpuCount, VRAMMiB: slot.VramMib}
	}
	for i, feature := range f.Features {
		v.Features[i] = feature.Word()
	}
	return v
}

// counts are cached until something changes, because they read every matching
// machine.
type counts struct {
	total int64
	types []api.GPUTypeCount
	// machines is the approximate number of matches. fewest is the number of
	// single lookups that cost as much as the cheapest way other than walking
	// the order: the filter with the fewest matches, or all machines in
	// sequence.
	machines, fewest int64
}

// row machines read in sequence cost as much as one lookup.
const row = 4

// walk reports whether a page is read in its order until it is full. With few
// matches that could pass over all machines; then the filters' matches are
// sorted instead.
func (c counts) walk(limit uint32) bool {
	passed := (int64(limit) + 1) * c.machines / max(c.total, 1)
	return passed < c.fewest
}

// maxCounts is the number of filters whose counts are cached.
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

// countTypes also counts the machines, some of which have several types.
func countTypes(ctx context.Context, tx *sql.Tx, where clause) (total int64, types []api.GPUTypeCount, err error) {
	const idle = "sum(state = 'online' AND free_slots > 0)"
	sums := map[string]api.GPUTypeCount{}
	plain := "SELECT gpu_type, " + idle + ", count(*) FROM machines" + where.where() + " GROUP BY gpu_type"
	if err := addTypes(ctx, tx, sums, plain, where.args); err != nil {
		return 0, nil, err
	}
	for _, c := range sums {
		total += c.Total
	}
	if _, found := sums[mixed]; found {
		// Machines of several types count once for each.
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
	types = make([]api.GPUTypeCount, 0, len(sums))
	for _, c := range sums {
		types = append(types, c)
	}
	sort.Slice(types, func(i, j int) bool { return types[i].GPUType < types[j].GPUType })
	return total, types, nil
}

func addTypes(ctx context.Context, tx *sql.Tx, sums map[string]api.GPUTypeCount, text string, args []any) error {
	rows, err := tx.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var c api.GPUTypeCount
		if err := rows.Scan(&c.GPUType, &c.Idle, &c.Total); err != nil {
			return err
		}
		c.Idle, c.Total = c.Idle+sums[c.GPUType].Idle, c.Total+sums[c.GPUType].Total
		sums[c.GPUType] = c
	}
	return rows.Err()
}
