package market

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/x/machine"
)

func raw(t interface{ Fatal(...any) }, v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// value returns a column's number from the listing rather than the index, or 0
// for a text column.
func value(l machine.Listing, name string) int64 {
	f := &l.Machine.Facts
	gpus, vram := sums(f.Slots)
	switch name {
	case "gpu_count":
		return gpus
	case "slots":
		return int64(len(f.Slots))
	case "free_slots":
		return int64(len(l.FreeSlots))
	case "vram_mib":
		return int64(vram)
	case "cpu_cores":
		return int64(f.CpuCores)
	case "cpu_mhz":
		return int64(f.CpuMhz)
	case "memory_mib":
		return int64(f.MemoryMib)
	case "system_disk_gib":
		return int64(f.SystemDiskGib)
	case "data_disk_gib":
		return int64(f.DataDiskGib)
	case "upload_mbps":
		return int64(f.UploadMbps)
	case "download_mbps":
		return int64(f.DownloadMbps)
	case "price_per_day":
		return int64(l.Machine.PricePerDay)
	case "gpu_price_per_day":
		gpus := uint64(0)
		for _, slot := range f.Slots {
			gpus += uint64(slot.GpuCount)
		}
		all := l.Machine.PricePerDay * uint64(len(f.Slots))
		return int64((all + max(gpus, 1) - 1) / max(gpus, 1))
	case "machine_price_per_day":
		return int64(l.Machine.PricePerDay) * int64(len(f.Slots))
	case "exit_notice_seconds":
		if l.Machine.ExitNoticeSeconds == 0 {
			return math.MaxInt64
		}
		return int64(l.Machine.ExitNoticeSeconds)
	case "stake":
		return int64(l.Machine.Stake)
	}
	return 0
}

// atMost reports whether a bound above finds a listing: none finds what can't be left.
func atMost(l machine.Listing, name string, n int64) bool {
	return value(l, name) <= n && (name != "exit_notice_seconds" || l.Machine.ExitNoticeSeconds > 0)
}

// word returns a column's text, or "" for a numeric column.
func word(l machine.Listing, name string) string {
	switch m := &l.Machine; name {
	case "state":
		return m.State.Word()
	case "owner":
		return m.Owner
	case "operator":
		return m.Operator
	case "country":
		return m.Facts.Country
	case "city":
		return m.Facts.City
	case "machine_id":
		return m.Id
	case "cpu_model":
		return m.Facts.CpuModel
	case "gpu_type":
		return gpuColumn(m.Facts)
	}
	return ""
}

// TestSearchEqualsSorting verifies that any filters in any order return, page
// by page, what filtering and sorting a list returns.
func TestSearchEqualsSorting(t *testing.T) {
	t.Parallel()
	l := newLedger(400)
	s := filled(t, l)
	rapid.Check(t, func(t *rapid.T) {
		q := api.Search{Filters: map[string]json.RawMessage{}, Limit: uint32(rapid.IntRange(1, 90).Draw(t, "limit"))}
		want := slices.Clone(l.listings)
		keep := func(ok func(machine.Listing) bool) {
			want = slices.DeleteFunc(want, func(l machine.Listing) bool { return !ok(l) })
		}
		like := rapid.SampledFrom(l.listings).Draw(t, "like")
		for _, name := range words {
			if rapid.IntRange(0, 3).Draw(t, name) == 0 {
				list := []string{word(like, name), "none"}
				if name == "state" {
					list[1] = "online"
				}
				q.Filters[name] = raw(t, list)
				keep(func(l machine.Listing) bool { return slices.Contains(list, word(l, name)) })
			}
		}
		byTerms(t, q.Filters, keep)
		if q.Filters["state"] == nil {
			keep(func(l machine.Listing) bool { return l.Machine.State != machine.MACHINE_STATE_RETIRED })
		}
		for _, name := range numbers {
			switch n := value(like, name); rapid.IntRange(0, 8).Draw(t, name) {
			case 0:
				q.Filters[name+"_min"] = raw(t, n)
				keep(func(l machine.Listing) bool { return value(l, name) >= n })
			case 1:
				q.Filters[name+"_max"] = raw(t, fmt.Sprint(n))
				keep(func(l machine.Listing) bool { return atMost(l, name, n) })
			}
		}
		types := typeCounts(want)
		if rapid.Bool().Draw(t, "typed") {
			gpuType := rapid.SampledFrom(gpuTypes).Draw(t, "gpu_type")
			q.Filters["gpu_type"] = raw(t, []string{gpuType, "none"})
			keep(func(l machine.Listing) bool {
				has := l.Machine.Facts.GPUTypes()
				return slices.Contains(has, gpuType) || (gpuType == "" && len(has) == 0)
			})
		}
		name := rapid.SampledFrom(append(slices.Clone(numbers), orders...)).Draw(t, "order")
		descending := rapid.Bool().Draw(t, "descending")
		want = ranked(want, order{name: name, descending: descending})
		q.Order = order{name: name, descending: descending}.String()
		var got []string
		for {
			page, err := s.Search(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if page.Total != int64(len(want)) || !slices.Equal(page.ByGPUType, types) {
				t.Fatalf("total %d by type %v, want %d %v", page.Total, page.ByGPUType, len(want), types)
			}
			for _, m := range page.Machines {
				got = append(got, m.ID)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		if ids := idsOf(want); !slices.Equal(got, ids) {
			t.Fatalf("%s: got %d machines %v, want %d %v", q.Order, len(got), got, len(ids), ids)
		}
	})
}

// TestSearchByNotice: a bound finds what can be left within it, the shortest notice
// comes first, and what can't be left is found by no bound and comes last.
func TestSearchByNotice(t *testing.T) {
	t.Parallel()
	l := newLedger(6)
	for i, notice := range []uint64{86_400, 0, 3_600, 604_800, 0, 3_601} {
		l.listings[i].Machine.State, l.listings[i].Machine.ExitNoticeSeconds = machine.MACHINE_STATE_ONLINE, notice
	}
	s := filled(t, l)
	for most, want := range map[string][]uint64{
		"": {3_600, 3_601, 86_400, 604_800, 0, 0}, "3599": {}, "0": {}, "3600": {3_600}, "86400": {3_600, 3_601, 86_400},
		"9223372036854775807": {3_600, 3_601, 86_400, 604_800},
	} {
		q := api.Search{Filters: map[string]json.RawMessage{}, Order: "exit_notice_seconds"}
		if most != "" {
			q.Filters["exit_notice_seconds_max"] = raw(t, most)
		}
		page, err := s.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		got := []uint64{}
		for _, m := range page.Machines {
			got = append(got, m.ExitNoticeSeconds)
		}
		if !slices.Equal(got, want) {
			t.Errorf("at most %q: %v, want %v", most, got, want)
		}
	}
}

// byTerms adds filters by enums, text and numbers.
func byTerms(t *rapid.T, filters map[string]json.RawMessage, keep func(func(machine.Listing) bool)) {
	draw := func(name string) int { return rapid.IntRange(0, 5).Draw(t, name) }
	switch draw("kind") {
	case 0:
		filters["kind"] = json.RawMessage(`"gpu"`)
		keep(func(l machine.Listing) bool { return l.Machine.Facts.Slots[0].Kind == machine.SLOT_KIND_GPU })
	case 1:
		filters["kind"] = json.RawMessage(`["none","test"]`)
		keep(func(l machine.Listing) bool { return l.Machine.Facts.Slots[0].Kind == machine.SLOT_KIND_NONE })
	}
	if draw("keep_disk_policy") == 0 {
		filters["keep_disk_policy"] = json.RawMessage(`"firm"`)
		keep(func(l machine.Listing) bool { return l.Machine.Facts.KeepDiskPolicy == machine.KEEP_DISK_POLICY_FIRM })
	}
	switch draw("delivery") {
	case 0:
		filters["delivery"] = json.RawMessage(`["vm"]`)
		keep(func(l machine.Listing) bool { return l.Machine.Facts.Delivery == machine.DELIVERY_VM })
	case 1:
		filters["delivery"] = json.RawMessage(`["300",9]`)
		keep(func(l machine.Listing) bool { return l.Machine.Facts.Delivery == 300 })
	}
	switch draw("features") {
	case 0:
		filters["features"] = json.RawMessage(`30`)
		keep(func(l machine.Listing) bool { return slices.Contains(l.Machine.Facts.Features, 30) })
	case 1:
		filters["features"] = json.RawMessage(`["uefi","300"]`)
		keep(func(l machine.Listing) bool {
			f := l.Machine.Facts.Features
			return slices.Contains(f, machine.FEATURE_UEFI) && slices.Contains(f, 300)
		})
	}
}

func typeCounts(listings []machine.Listing) []api.GPUTypeCount {
	sums := map[string]api.GPUTypeCount{}
	for _, l := range listings {
		list := l.Machine.Facts.GPUTypes()
		if len(list) == 0 {
			list = []string{""}
		}
		for _, name := range list {
			c := sums[name]
			c.GPUType = name
			c.Total++
			if l.Machine.State == machine.MACHINE_STATE_ONLINE && len(l.FreeSlots) > 0 {
				c.Idle++
			}
			sums[name] = c
		}
	}
	types := []api.GPUTypeCount{}
	for _, c := range sums {
		types = append(types, c)
	}
	slices.SortFunc(types, func(a, b api.GPUTypeCount) int { return cmp.Compare(a.GPUType, b.GPUType) })
	return types
}

func TestSearchRefuses(t *testing.T) {
	t.Parallel()
	s := filled(t, newLedger(30))
	first, err := s.Search(t.Context(), api.Search{Limit: 1, Order: "price_per_day"})
	if err != nil || first.Next == "" {
		t.Fatalf("%v %q", err, first.Next)
	}
	for name, c := range map[string]struct {
		q     api.Search
		field string
	}{
		"unknown filter":  {api.Search{Filters: map[string]json.RawMessage{"listing": raw(t, "x")}}, "filters"},
		"sql in a name":   {api.Search{Filters: map[string]json.RawMessage{"1=1;--_min": raw(t, 1)}}, "filters"},
		"bare number":     {api.Search{Filters: map[string]json.RawMessage{"price_per_day": raw(t, 1)}}, "filters"},
		"state":           {api.Search{Filters: map[string]json.RawMessage{"state": raw(t, "idle")}}, "filters.state"},
		"slot kind":       {api.Search{Filters: map[string]json.RawMessage{"kind": raw(t, "cpu")}}, "filters.kind"},
		"policy":          {api.Search{Filters: map[string]json.RawMessage{"keep_disk_policy": raw(t, 3)}}, "filters.keep_disk_policy"},
		"feature 0":       {api.Search{Filters: map[string]json.RawMessage{"features": raw(t, 0)}}, "filters.features"},
		"feature in list": {api.Search{Filters: map[string]json.RawMessage{"features": raw(t, []any{"uefi", []int{1}})}}, "filters.features"},
		"no feature":      {api.Search{Filters: map[string]json.RawMessage{"features": raw(t, []int{})}}, "filters.features"},
		"delivery":        {api.Search{Filters: map[string]json.RawMessage{"delivery": raw(t, "' OR 1=1 --")}}, "filters.delivery"},
		"delivery null":   {api.Search{Filters: map[string]json.RawMessage{"delivery": raw(t, nil)}}, "filters.delivery"},
		"no word":         {api.Search{Filters: map[string]json.RawMessage{"owner": raw(t, []string{})}}, "filters.owner"},
		"a NUL":           {api.Search{Filters: map[string]json.RawMessage{"gpu_type": raw(t, mixed)}}, "filters.gpu_type"},
		"null":            {api.Search{Filters: map[string]json.RawMessage{"owner": raw(t, nil)}}, "filters.owner"},
		"negative":        {api.Search{Filters: map[string]json.RawMessage{"stake_min": raw(t, -1)}}, "filters.stake_min"},
		"fraction":        {api.Search{Filters: map[string]json.RawMessage{"stake_max": raw(t, 1.5)}}, "filters.stake_max"},
		"too great":       {api.Search{Filters: map[string]json.RawMessage{"stake_max": raw(t, uint64(1<<63))}}, "filters.stake_max"},
		"order":           {api.Search{Order: "listing"}, "order"},
		"sql in order":    {api.Search{Order: "id; DROP TABLE machines"}, "order"},
		"two minuses":     {api.Search{Order: "--stake"}, "order"},
		"limit":           {api.Search{Limit: 501}, "limit"},
		"cursor":          {api.Search{Cursor: "!"}, "cursor"},
		"cursor of other": {api.Search{Cursor: first.Next, Order: "stake"}, "cursor"},
	} {
		_, err := s.Search(t.Context(), c.q)
		refusal := new(api.Refusal)
		if !errors.As(err, &refusal) || refusal.Field != c.field || refusal.Limit == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if page, err := s.Search(t.Context(), api.Search{}); err != nil || page.Total == 0 {
		t.Errorf("afterwards: %d, %v", page.Total, err)
	}
}

// FuzzSearch verifies that the answer to any input is a page or a refusal, and
// that the index does not change.
func FuzzSearch(f *testing.F) {
	l := newLedger(20)
	s := filled(f, l)
	for _, body := range []string{
		`{}`, `{"filters":{"state":"online","gpu_type":["A100"],"price_per_day_max":"5"},"order":"-stake","limit":2}`,
		`{"cursor":"eyJvIjoicHJpY2VfcGVyX2RheSIsIm4iOjEsImkiOiIwIn0"}`, `{"filters":{"owner":"' OR 1=1 --"}}`,
		`{"order":"city","cursor":"eyJvIjoiY2l0eSIsInciOiJBIiwiaSI6IjAifQ","limit":3}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var q api.Search
		if json.Unmarshal(body, &q) != nil {
			return
		}
		page, err := s.Search(t.Context(), q)
		if refusal := new(api.Refusal); err != nil && !errors.As(err, &refusal) {
			t.Fatalf("%s: %v", body, err)
		}
		if err == nil && (page.Total > int64(len(l.listings)) || len(page.Machines) > int(page.Total)) {
			t.Fatalf("%s: %d machines of %d", body, len(page.Machines), page.Total)
		}
	})
}

func BenchmarkSearch(b *testing.B) {
	s := filled(b, newLedger(100_000))
	for name, q := range map[string]api.Search{
		"first":    {},
		"filtered": {Filters: map[string]json.RawMessage{"state": raw(b, "online"), "gpu_type": raw(b, "RTX 4090"), "free_slots_min": raw(b, 2), "country": raw(b, "DE")}, Order: "-vram_mib"},
		"deep":     {Order: "price_per_day", Cursor: cursor{Order: "price_per_day", Number: 25_000_000, ID: "8"}.String()},
		"rare":     {Filters: map[string]json.RawMessage{"cpu_cores_min": raw(b, 128), "memory_mib_min": raw(b, 500<<10)}, Order: "upload_mbps"},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Search(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/counted-anew", func(b *testing.B) {
			for b.Loop() {
				s.forget()
				if _, err := s.Search(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
