package gpu

import (
	"fmt"
	"slices"
)

// Alike returns the largest set of slots that are alike, and the others. A
// machine lists one type, number of GPUs and memory for all of its slots, so that
// a price per slot is a price per GPU. Of sets of the same size the one with more
// GPUs is chosen, then the one with the lowest slot.
func Alike(inv Inventory) (offered, out []Slot) {
	kinds := map[string][]Slot{}
	var order []string
	for _, s := range inv.Slots {
		kind := kindOf(inv, s)
		if kinds[kind] == nil {
			order = append(order, kind)
		}
		kinds[kind] = append(kinds[kind], s)
	}
	var best string
	for _, kind := range order {
		a, b := kinds[kind], kinds[best]
		if best == "" || len(a) > len(b) || len(a) == len(b) && len(a[0].GPUs) > len(b[0].GPUs) {
			best = kind
		}
	}
	for _, s := range inv.Slots {
		if slices.ContainsFunc(kinds[best], func(o Slot) bool { return o.Index == s.Index }) {
			offered = append(offered, s)
		} else {
			out = append(out, s)
		}
	}
	return offered, out
}

// kindOf formats the type and number of a slot's GPUs. A slot of two types is
// like no other.
func kindOf(inv Inventory, s Slot) string {
	kind := ""
	for _, a := range s.GPUs {
		for _, g := range inv.GPUs {
			if g.Address != a {
				continue
			}
			if kind != "" && kind != g.Name {
				return fmt.Sprintf("mixed %d", s.Index)
			}
			kind = g.Name
		}
	}
	return fmt.Sprintf("%d %s", len(s.GPUs), kind)
}
