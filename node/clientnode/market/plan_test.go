package market

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestPlans verifies for every order, in both directions, from the first page
// and after a cursor, that a page of a filter which many machines match is read
// from an index of that order, without sorting.
func TestPlans(t *testing.T) {
	t.Parallel()
	s := filled(t, newLedger(2_000))
	filters := map[string]map[string]json.RawMessage{
		"none":     {},
		"state":    {"state": raw(t, []string{"online", "offline"})},
		"gpu_type": {"gpu_type": raw(t, gpuTypes[1:3])},
		"country":  {"country": raw(t, []string{"DE", "SG"}), "gpu_type": raw(t, gpuTypes[2]), "state": raw(t, "online")},
	}
	for _, name := range numbers {
		filters[name] = map[string]json.RawMessage{name + "_min": raw(t, 1), "free_slots_min": raw(t, 1)}
	}
	for filter, asked := range filters {
		c, err := parseFilters(asked)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range append(slices.Clone(numbers), orders...) {
			for _, o := range []order{{name: name}, {name: name, descending: true}} {
				o.numeric = slices.Contains(numbers, name)
				text, args := o.after(cursor{ID: strings.Repeat("8", 64)})
				behind := clause{text: c.all.text, args: slices.Clone(c.all.args)}
				behind.and(text, args...)
				for _, where := range []clause{c.all, behind} {
					plan := planOf(t, s, o.page(true, where), append(where.args, 51)...)
					if strings.Contains(plan, "TEMP B-TREE") || !strings.Contains(plan, indexOf(name)) {
						t.Errorf("%s by %s: %s", filter, o, plan)
					}
				}
			}
		}
	}
}

// TestWalks verifies that the index of the order is used if it soon yields a
// page of matches, and a filter's index if fewer machines match that.
func TestWalks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of   counts
		walk bool
	}{
		"all":                {counts{total: 100_000, machines: 100_000, fewest: 25_001}, true},
		"one in fifty":       {counts{total: 2_000, machines: 100_000, fewest: 12_500}, true},
		"a rare filter":      {counts{total: 500, machines: 100_000, fewest: 4_000}, false},
		"few by wide filter": {counts{total: 30, machines: 100_000, fewest: 25_001}, false},
		"none":               {counts{machines: 100_000}, false},
		"an empty index":     {counts{fewest: 1}, true},
	} {
		if got := c.of.walk(50); got != c.walk {
			t.Errorf("%s: walked %v, want %v", name, got, c.walk)
		}
	}
}

// TestRareFilter verifies that if few of many machines match a filter, its
// index finds them, so that no search reads all machines.
func TestRareFilter(t *testing.T) {
	t.Parallel()
	s := filled(t, newLedger(5_000))
	c, err := parseFilters(map[string]json.RawMessage{"cpu_cores_min": raw(t, 126), "memory_mib_min": raw(t, 100<<10)})
	if err != nil {
		t.Fatal(err)
	}
	o := order{name: "upload_mbps", numeric: true, descending: true}
	if plan := planOf(t, s, o.page(false, c.all), append(c.all.args, 51)...); !strings.Contains(plan, indexOf("cpu_cores")) {
		t.Error(plan)
	}
}

func planOf(t *testing.T, s *Store, text string, args ...any) string {
	t.Helper()
	rows, err := s.db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer func() { _ = rows.Close() }()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "; ")
}
