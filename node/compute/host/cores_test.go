package host

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/dbc-network/dbc/hw"
)

// threaded returns n CPUs with two threads per core, numbered as Linux does: all
// first threads, then all second ones; cores are dealt to the nodes in turn.
func threaded(n, nodes int) []hw.CPU {
	var list []hw.CPU
	for id := range n {
		core := id % (n / 2)
		list = append(list, hw.CPU{ID: id, Core: core, Node: core * nodes / (n / 2)})
	}
	return list
}

func single(n int) []hw.CPU {
	var list []hw.CPU
	for id := range n {
		list = append(list, hw.CPU{ID: id, Core: id})
	}
	return list
}

func TestDivide(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cpus         []hw.CPU
		host         int
		wantHost     []int
		wantGuests   int
		wantFirstTwo []int
	}{
		"whole cores":          {threaded(8, 1), 2, []int{0, 4}, 6, []int{1, 5}},
		"half a core":          {threaded(8, 1), 3, []int{0, 1, 4}, 5, []int{2, 6}},
		"no threads":           {single(4), 1, []int{0}, 3, []int{1, 2}},
		"nothing for the host": {single(4), 0, nil, 0, nil},
		"all for the host":     {single(4), 4, nil, 0, nil},
	} {
		l := Divide(c.cpus, c.host)
		if !slices.Equal(l.Host, c.wantHost) || len(l.Guests) != c.wantGuests || !slices.Equal(l.pick(nil, nil, 2), c.wantFirstTwo) {
			t.Errorf("%s: %+v, picks %v", name, l, l.pick(nil, nil, 2))
		}
	}
}

func TestPick(t *testing.T) {
	t.Parallel()
	two := Divide(threaded(16, 2), 2) // cores 1-3 on node 0, 4-7 on node 1
	one := 1
	for name, c := range map[string]struct {
		layout Layout
		taken  []int
		near   *int
		n      int
		want   []int
	}{
		"the fuller node":            {two, nil, nil, 4, []int{1, 9, 2, 10}},
		"the node where it fits":     {two, nil, nil, 8, []int{4, 12, 5, 13, 6, 14, 7, 15}},
		"near the others":            {two, nil, &one, 4, []int{4, 12, 5, 13}},
		"near, but there is no room": {two, []int{4, 5, 6, 12, 13, 14}, &one, 4, []int{1, 9, 2, 10}},
		"whole cores of two nodes":   {two, []int{1, 4}, nil, 10, []int{5, 13, 6, 14, 7, 15, 2, 10, 3, 11}},
		"shared cores at last":       {two, []int{1, 2, 3, 4, 5, 6}, nil, 4, []int{7, 15, 12, 13}},
		"one, of a shared core":      {two, []int{3}, nil, 1, []int{11}},
		"more than there are":        {two, nil, nil, 15, nil},
		"nothing to pin to":          {Layout{}, nil, nil, 2, nil},
		"half the host's core last":  {Divide(threaded(4, 1), 1), nil, nil, 2, []int{1, 3}},
	} {
		if diff := cmp.Diff(c.want, c.layout.pick(c.taken, c.near, c.n)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestPickProperties: as VMs come and go, none gets CPUs of another or of the
// host, all fit as long as there are enough, and while everybody takes whole cores
// nobody shares one.
func TestPickProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		nodes := rapid.IntRange(1, 3).Draw(t, "nodes")
		all := threaded(2*nodes*rapid.IntRange(1, 6).Draw(t, "cores"), nodes)
		layout := Divide(all, 2*rapid.IntRange(0, 2).Draw(t, "host"))
		var held [][]int
		for range rapid.IntRange(1, 12).Draw(t, "events") {
			if len(held) > 0 && rapid.Bool().Draw(t, "leaves") {
				held = slices.Delete(held, 0, 1)
			}
			var used []int
			for _, set := range held {
				used = append(used, set...)
			}
			n := 2 * rapid.IntRange(1, 6).Draw(t, "n")
			set := layout.pick(used, nil, n)
			if enough := len(layout.Guests)-len(used) >= n; enough != (len(set) == n) || !enough && set != nil {
				t.Fatalf("%d of %d, %d used: %v", n, len(layout.Guests), len(used), set)
			}
			for i, id := range set {
				if slices.Contains(used, id) || slices.Contains(layout.Host, id) || slices.Contains(set[:i], id) {
					t.Fatalf("%v has %d, used are %v, the host's %v", set, id, used, layout.Host)
				}
				if core := id % (len(all) / 2); i%2 == 0 && set[i+1]%(len(all)/2) != core {
					t.Fatalf("%v shares a core with somebody", set)
				}
			}
			if set != nil {
				held = append(held, set)
			}
		}
	})
}
