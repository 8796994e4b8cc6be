package network

import (
	"net/netip"
	"slices"
)

// Free returns the first of the networks that overlaps none that the computer is
// connected to, or the zero Prefix. It needs no privileges.
func Free(of []netip.Prefix) (netip.Prefix, error) {
	near, err := connected()
	if err != nil {
		return netip.Prefix{}, err
	}
	for _, p := range of {
		if !slices.ContainsFunc(near, p.Overlaps) {
			return p, nil
		}
	}
	return netip.Prefix{}, nil
}
