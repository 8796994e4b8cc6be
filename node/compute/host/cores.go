package host

import (
	"cmp"
	"slices"

	"github.com/dbc-network/dbc/hw"
)

// Layout divides the computer's CPUs. The zero value pins nothing.
type Layout struct {
	// Host are the CPUs that the host keeps for itself and for emulators.
	Host []int
	// Guests are those that VMs are pinned to.
	Guests []hw.CPU
}

// Divide gives the host n CPUs, whole cores starting with the first, and guests
// the rest. Where the host keeps none, no guest is pinned: the host's own
// programs would run on CPUs that a guest could not move away from.
func Divide(cpus []hw.CPU, host int) Layout {
	if host <= 0 || host >= len(cpus) {
		return Layout{}
	}
	sorted := slices.Clone(cpus)
	slices.SortFunc(sorted, func(a, b hw.CPU) int { return cmp.Or(cmp.Compare(a.Core, b.Core), cmp.Compare(a.ID, b.ID)) })
	l := Layout{Guests: sorted[host:]}
	for _, c := range sorted[:host] {
		l.Host = append(l.Host, c.ID)
	}
	slices.Sort(l.Host)
	return l
}

// core is what is free of one core.
type core struct {
	node  int
	free  []int
	whole bool
}

// pick chooses n of the guests' CPUs that are not taken, threads of a core side by
// side; nil where there are fewer. It prefers whole cores of one NUMA node (near
// where that has room, else the fullest that has), then whole cores of several
// nodes, then whatever is free.
func (l Layout) pick(taken []int, near *int, n int) []int {
	cores := l.cores(taken)
	nodes := map[int][]core{}
	for _, c := range cores {
		nodes[c.node] = append(nodes[c.node], c)
	}
	var best []int
	room := -1
	for _, node := range l.nodes() {
		chosen, whole := fill(nodes[node], n)
		if len(chosen) < n || !whole {
			continue
		}
		free := count(nodes[node])
		if near != nil && node == *near {
			free = 0
		}
		if room < 0 || free < room {
			best, room = chosen, free
		}
	}
	if best != nil {
		return best
	}
	// The emptiest node first, to use as few nodes as possible.
	slices.SortStableFunc(cores, func(a, b core) int { return cmp.Compare(count(nodes[b.node]), count(nodes[a.node])) })
	if chosen, _ := fill(cores, n); len(chosen) == n {
		return chosen
	}
	return nil
}

func (l Layout) nodes() []int {
	var list []int
	for _, c := range l.Guests {
		list = append(list, c.Node)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// cores returns the guests' cores, in order, with what is free of each. A core
// that is shared with the host or another guest is not whole.
func (l Layout) cores(taken []int) []core {
	var list []core
	at := map[int]int{}
	used := map[int]bool{}
	for _, c := range l.Guests {
		if _, ok := at[c.Core]; !ok {
			at[c.Core] = len(list)
			list = append(list, core{node: c.Node})
		}
		if slices.Contains(taken, c.ID) {
			used[c.Core] = true
			continue
		}
		list[at[c.Core]].free = append(list[at[c.Core]].free, c.ID)
	}
	for id, i := range at {
		// The host's part of a core has the lower numbers.
		list[i].whole = !used[id] && !slices.Contains(l.Host, id)
	}
	return list
}

// fill takes n CPUs: from whole cores as long as one fits, then single ones from cores
// that are already shared, then from any. whole reports whether whole cores sufficed.
func fill(cores []core, n int) (chosen []int, whole bool) {
	for _, c := range cores {
		if c.whole && len(c.free) <= n-len(chosen) {
			chosen = append(chosen, c.free...)
		}
	}
	whole = len(chosen) == n
	for _, shared := range []bool{true, false} {
		for _, c := range cores {
			for _, id := range c.free {
				if c.whole != shared && len(chosen) < n && !slices.Contains(chosen, id) {
					chosen = append(chosen, id)
				}
			}
		}
	}
	return chosen, whole
}

func count(cores []core) (n int) {
	for _, c := range cores {
		n += len(c.free)
	}
	return n
}

// node returns the one NUMA node of all these CPUs; nil where they span several,
// or where the computer has only one.
func (l Layout) node(cpus []int) *int {
	if len(l.nodes()) < 2 {
		return nil
	}
	var node *int
	for _, c := range l.Guests {
		if !slices.Contains(cpus, c.ID) {
			continue
		}
		if node != nil && *node != c.Node {
			return nil
		}
		node = &c.Node
	}
	return node
}

// holds reports whether all these CPUs still belong to the guests.
func (l Layout) holds(cpus []int) bool {
	for _, id := range cpus {
		if !slices.ContainsFunc(l.Guests, func(c hw.CPU) bool { return c.ID == id }) {
			return false
		}
	}
	return true
}
