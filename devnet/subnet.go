package devnet

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// guestBits leaves room for 253 guests, far more than a devnet has.
const guestBits = 24

// guestNetwork derives the network from the home, so that a devnet keeps it
// over restarts and two devnets differ. It skips a network that this computer
// is connected to.
func guestNetwork(home string) (netip.Prefix, error) {
	used, err := connected()
	if err != nil {
		return netip.Prefix{}, err
	}
	hash := homeHash(home)
	for i := range 64 {
		// 10.128.0.0/9 is the half that fewer networks use.
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 128 | hash[i/2], hash[i/2+1] ^ byte(i), 0}), guestBits)
		if i/2+1 >= len(hash)-1 {
			break
		}
		if !overlaps(p, used) {
			return p, nil
		}
	}
	return netip.Prefix{}, errors.New("no free guest network below 10.128.0.0/9")
}

func overlaps(p netip.Prefix, used []netip.Prefix) bool {
	for _, u := range used {
		if u.Overlaps(p) {
			return true
		}
	}
	return false
}

// connected skips our own bridge: after a kill -9 it may still exist.
func connected() ([]netip.Prefix, error) {
	links, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list networks: %w", err)
	}
	var used []netip.Prefix
	for _, link := range links {
		if isGuestBridge(link.Name) {
			continue
		}
		addrs, err := link.Addrs()
		if err != nil {
			return nil, fmt.Errorf("list networks: %w", err)
		}
		for _, addr := range addrs {
			if p, err := netip.ParsePrefix(addr.String()); err == nil {
				used = append(used, p)
			}
		}
	}
	return used, nil
}
