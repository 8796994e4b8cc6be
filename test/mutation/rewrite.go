package main

import (
	"slices"
	"strings"
)

// site is a span of a file that is replaced by the result of wrap.
type site struct {
	start, end int
	wrap       func(inner string) string
}

// rewrite replaces all sites of a source. Sites are nested or disjoint; of two
// with the same span the earlier one is outside.
func rewrite(src string, sites []site) string {
	slices.SortStableFunc(sites, func(a, b site) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	out, _ := render(src, 0, len(src), sites)
	return out
}

// render returns src[start:end] with the sites in it replaced, and the sites
// after it.
func render(src string, start, end int, sites []site) (string, []site) {
	var b strings.Builder
	for len(sites) > 0 && sites[0].start < end {
		s := sites[0]
		var inner string
		b.WriteString(src[start:s.start])
		inner, sites = render(src, s.start, s.end, sites[1:])
		b.WriteString(s.wrap(inner))
		start = s.end
	}
	b.WriteString(src[start:end])
	return b.String(), sites
}
