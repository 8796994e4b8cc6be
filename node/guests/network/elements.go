package network

import (
	"encoding/binary"
	"slices"

	"github.com/google/nftables"
)

// Keys and values of sets consist of whole four-byte registers; each part is
// padded with zeros at its end.

func (r *ruleset) guestElements() []nftables.SetElement {
	var list []nftables.SetElement
	for _, b := range r.bindings {
		list = append(list, nftables.SetElement{Key: b.Addr.AsSlice()})
	}
	return list
}

func (r *ruleset) openElements() []nftables.SetElement {
	var list []nftables.SetElement
	seen := map[string]bool{}
	for _, b := range r.bindings {
		for _, p := range b.Ports {
			if len(p.Sources) > 0 {
				continue // decided by the guest's own chain; see sources
			}
			key := slices.Concat(b.Addr.AsSlice(), protocolKey(p.Protocol), portKey(p.Guest))
			// Two ports of the computer may lead to one port of a guest.
			if !seen[string(key)] {
				seen[string(key)] = true
				list = append(list, nftables.SetElement{Key: key})
			}
		}
	}
	return list
}

func (r *ruleset) publishedElements() []nftables.SetElement {
	var list []nftables.SetElement
	for _, b := range r.bindings {
		for _, p := range b.Ports {
			list = append(list, nftables.SetElement{
				Key: slices.Concat(protocolKey(p.Protocol), portKey(p.Host)),
				Val: slices.Concat(b.Addr.AsSlice(), portKey(p.Guest)),
			})
		}
	}
	return list
}

// blockedElements returns two elements for each span: its first address, and
// the one after its last, which does not exist at the end of the address space.
func (r *ruleset) blockedElements() []nftables.SetElement {
	var list []nftables.SetElement
	for _, s := range r.blocked {
		list = append(list, nftables.SetElement{Key: binary.BigEndian.AppendUint32(nil, s.first)})
		if s.last != 1<<32-1 {
			list = append(list, nftables.SetElement{
				Key: binary.BigEndian.AppendUint32(nil, s.last+1), IntervalEnd: true,
			})
		}
	}
	return list
}

func (r *ruleset) tapElements() []nftables.SetElement {
	var list []nftables.SetElement
	for _, b := range r.bindings {
		list = append(list, nftables.SetElement{Key: linkName(b.Tap)})
	}
	return list
}

func (r *ruleset) boundElements() []nftables.SetElement {
	var list []nftables.SetElement
	for _, b := range r.bindings {
		list = append(list, nftables.SetElement{
			Key: slices.Concat(linkName(b.Tap), b.MAC, []byte{0, 0}, b.Addr.AsSlice()),
		})
	}
	return list
}

func protocolKey(name string) []byte { return []byte{protocolNumber(name), 0, 0, 0} }

func portKey(port uint16) []byte {
	return append(binary.BigEndian.AppendUint16(nil, port), 0, 0)
}
