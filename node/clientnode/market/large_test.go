package market

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/x/machine"
)

// many is the number of machines that an index is designed for.
const many = 100_000

// TestOneHundredThousand fills an index with that many machines, interrupts it
// and starts again, uses each filter and each order, and reads all pages while
// machines change and the node restarts.
func TestOneHundredThousand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := newLedger(many)
	l.page, l.failPage = fillPage, many/fillPage/2
	if err := openAt(t, dir).catchUp(t.Context(), l); !errors.Is(err, errBroken) {
		t.Fatalf("fill: %v", err)
	}
	s := openAt(t, dir)
	if err := s.catchUp(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	// What a search omits by default.
	open := slices.DeleteFunc(slices.Clone(l.listings), func(l machine.Listing) bool {
		return l.Machine.State == machine.MACHINE_STATE_RETIRED
	})
	byPrice := ranked(open, order{name: "price_per_day", numeric: true})
	for name, c := range everyFilter(t, l.listings[many/3]) {
		t.Run("filter "+name, func(t *testing.T) { filterIs(t, s, byPrice, name, c) })
	}
	for _, name := range append(slices.Clone(numbers), orders...) {
		o := order{name: name, numeric: slices.Contains(numbers, name)}
		want := ranked(open, o)
		t.Run("order "+o.String(), func(t *testing.T) { orderIs(t, s, want, o, len(want)/2) })
		o.descending = true
		slices.Reverse(want)
		t.Run("order "+o.String(), func(t *testing.T) { orderIs(t, s, want, o, 0, len(want)-maxLimit) })
	}
	t.Run("pages", func(t *testing.T) { pagesUnderChange(t, s, dir, l) })
}

// filter is one filter and what it matches.
type filter struct {
	raw  json.RawMessage
	lets func(l machine.Listing) bool
}

// everyFilter returns each filter once, with values of the machine like.
func everyFilter(t *testing.T, like machine.Listing) map[string]filter {
	all := map[string]filter{}
	for _, name := range words {
		if name == "state" {
			continue // the list has only open ones; the property test covers this
		}
		w := word(like, name)
		all[name] = filter{raw(t, w), func(l machine.Listing) bool { return word(l, name) == w }}
	}
	all["state"] = filter{raw(t, "offline"), func(l machine.Listing) bool { return l.Machine.State == machine.MACHINE_STATE_OFFLINE }}
	all["gpu_type"] = filter{raw(t, gpuTypes[2]), func(l machine.Listing) bool {
		return slices.Contains(l.Machine.Facts.GPUTypes(), gpuTypes[2])
	}}
	for _, name := range numbers {
		n := value(like, name)
		all[name+"_min"] = filter{raw(t, n), func(l machine.Listing) bool { return value(l, name) >= n }}
		all[name+"_max"] = filter{raw(t, fmt.Sprint(n)), func(l machine.Listing) bool { return atMost(l, name, n) }}
	}
	return all
}

func filterIs(t *testing.T, s *Store, all []machine.Listing, name string, c filter) {
	t.Helper()
	want := slices.DeleteFunc(slices.Clone(all), func(l machine.Listing) bool { return !c.lets(l) })
	page, err := s.Search(t.Context(), api.Search{Filters: map[string]json.RawMessage{name: c.raw}, Limit: maxLimit})
	if err != nil {
		t.Fatal(err)
	}
	types := typeCounts(want)
	if name == "gpu_type" {
		types = typeCounts(all)
	}
	if page.Total != int64(len(want)) || !slices.Equal(page.ByGPUType, types) {
		t.Errorf("%s: %d by type %v, want %d %v", c.raw, page.Total, page.ByGPUType, len(want), types)
	}
	if got := ids(page.Machines); !slices.Equal(got, idsOf(want[:min(maxLimit, len(want))])) {
		t.Errorf("%s: the first page has other machines", c.raw)
	}
}

// orderIs checks the pages that start at begins.
func orderIs(t *testing.T, s *Store, want []machine.Listing, o order, begins ...int) {
	t.Helper()
	for _, from := range begins {
		q := api.Search{Order: o.String(), Limit: maxLimit}
		if from > 0 {
			last := want[from-1]
			c := cursor{Order: o.String(), ID: last.Machine.Id, Word: word(last, o.name)}
			if o.numeric {
				c.Number, c.Word = value(last, o.name), ""
			}
			q.Cursor = c.String()
		}
		page, err := s.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(ids(page.Machines), idsOf(want[from:from+maxLimit])) || page.Total != int64(len(want)) {
			t.Errorf("the page from %d on has other machines", from)
		}
		if last := from+maxLimit == len(want); last != (page.Next == "") {
			t.Errorf("the page from %d on: next %q", from, page.Next)
		}
	}
}

// pagesUnderChange reads all pages. On each page one machine that was seen and
// one that was not yet become the most expensive ones, and halfway events are
// lost and the node is killed. Whatever keeps its position must be seen exactly
// once, in order.
func pagesUnderChange(t *testing.T, s *Store, dir string, l *ledger) {
	t.Helper()
	moved, turned, seen := map[string]bool{}, 0, []machine.Listing{}
	before := map[string]machine.Listing{}
	for _, have := range l.listings {
		before[have.Machine.Id] = have
	}
	q := api.Search{Filters: map[string]json.RawMessage{"state": raw(t, states)}, Limit: maxLimit}
	for more := true; more; more = q.Cursor != "" {
		page, err := s.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Machines {
			seen = append(seen, before[m.ID])
		}
		q.Cursor = page.Next
		turned++
		l.block(raise, turned*7, many-turned*11)
		for _, id := range l.events[l.head.Height] {
			moved[id] = true
		}
		if turned%20 == 0 { // the blocks since then are caught up by their events
			if turned == 100 {
				s = openAt(t, dir) // the old one is not closed, as if its process had been killed
				delete(l.events, l.head.Height-3)
			}
			if err := s.catchUp(t.Context(), l); err != nil {
				t.Fatal(err)
			}
		}
	}
	still := func(list []machine.Listing) []machine.Listing {
		return slices.DeleteFunc(slices.Clone(list), func(l machine.Listing) bool { return moved[l.Machine.Id] })
	}
	want := ranked(still(l.listings), order{name: "price_per_day", numeric: true})
	if got := still(seen); !slices.Equal(idsOf(got), idsOf(want)) {
		t.Errorf("%d machines stayed where they are, %d of them were seen, or in another order", len(want), len(got))
	}
	if turned < many/maxLimit || len(moved) < turned {
		t.Errorf("%d pages, %d machines changed", turned, len(moved))
	}
}

// ranked sorts a copy in an order by Go's comparison instead of the index.
func ranked(listings []machine.Listing, o order) []machine.Listing {
	type place struct {
		number int64
		word   string
		l      machine.Listing
	}
	places := make([]place, len(listings))
	for i, l := range listings {
		places[i] = place{value(l, o.name), word(l, o.name), l}
	}
	slices.SortFunc(places, func(a, b place) int {
		c := cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.word, b.word), cmp.Compare(a.l.Machine.Id, b.l.Machine.Id))
		if o.descending {
			return -c
		}
		return c
	})
	sorted := make([]machine.Listing, len(places))
	for i, p := range places {
		sorted[i] = p.l
	}
	return sorted
}

func ids(machines []api.Machine) []string {
	list := make([]string, len(machines))
	for i, m := range machines {
		list[i] = m.ID
	}
	return list
}

func idsOf(listings []machine.Listing) []string {
	list := make([]string, len(listings))
	for i, l := range listings {
		list[i] = l.Machine.Id
	}
	return list
}
