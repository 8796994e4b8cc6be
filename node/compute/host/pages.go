package host

import (
	"slices"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/node/compute/journal"
)

// pickPages returns the size in KiB of the largest huge pages that hold this much
// memory, on one node where node says so; 0 where none do. Pages that others
// reserved and have not touched yet do not count as free.
func pickPages(pages []hw.Pages, others []journal.Task, node *int, memoryMiB uint64) uint64 {
	var best uint64
	for _, size := range sizes(pages) {
		var total, free uint64
		for _, p := range pages {
			if p.SizeKiB == size && (node == nil || p.Node == *node) {
				total, free = total+p.Total, free+p.Free
			}
		}
		for _, t := range others {
			if t.Reserved.PageKiB == size {
				total -= min(total, t.Reserved.MemoryMiB<<10/size)
			}
		}
		want := memoryMiB << 10
		if want%size == 0 && want/size <= min(total, free) {
			best = max(best, size)
		}
	}
	return best
}

// hasPages reports whether the host set aside enough pages of a size for this
// memory and for what others reserved, whoever uses them now.
func hasPages(pages []hw.Pages, others []journal.Task, size, memoryMiB uint64) bool {
	all := slices.Clone(pages)
	for i := range all {
		all[i].Free = all[i].Total
	}
	return hasFree(all, others, size, memoryMiB)
}

// hasFree is hasPages, not counting pages that are in use now.
func hasFree(pages []hw.Pages, others []journal.Task, size, memoryMiB uint64) bool {
	list := slices.DeleteFunc(slices.Clone(pages), func(p hw.Pages) bool { return p.SizeKiB != size })
	return pickPages(list, others, nil, memoryMiB) == size
}

func sizes(pages []hw.Pages) []uint64 {
	var list []uint64
	for _, p := range pages {
		if p.SizeKiB > 0 {
			list = append(list, p.SizeKiB)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
