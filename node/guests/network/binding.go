package network

import (
	"fmt"
	"net/netip"
)

// check refuses a list that cannot be applied, before anything is changed.
func (c Config) check(bindings []Binding) error {
	seen, doors := map[string]bool{}, map[string]string{}
	once := func(field string, value any) error {
		key := fmt.Sprintf("%s %v", field, value)
		if seen[key] {
			return refuse(field, value, "each once")
		}
		seen[key] = true
		return nil
	}
	for _, b := range bindings {
		if err := c.checkOne(b); err != nil {
			return err
		}
		for _, err := range []error{once("tap", b.Tap), once("mac", b.MAC), once("address", b.Addr)} {
			if err != nil {
				return err
			}
		}
		for _, p := range b.Ports {
			door := fmt.Sprintf("%s/%d", p.Protocol, p.Host)
			if other, taken := doors[door]; taken {
				return refuse("host port", door, "each once; "+other+" has it")
			}
			doors[door] = fmt.Sprintf("%q of %s", p.Name, b.Owner)
		}
	}
	return nil
}

func (c Config) checkOne(b Binding) error {
	switch {
	case !linkPattern.MatchString(b.Tap) || b.Tap == c.Bridge:
		return refuse("tap", b.Tap, "1 to 15 of [a-z0-9-], a letter first")
	case len(b.MAC) != 6 || b.MAC[0]&1 != 0:
		return refuse("mac", b.MAC, "6 bytes, unicast")
	case !c.isGuest(b.Addr):
		return refuse("address", b.Addr, fmt.Sprintf("a host of %v but its first", c.CIDR))
	}
	for _, p := range b.Ports {
		switch {
		case protocolNumber(p.Protocol) == 0:
			return refuse("protocol", p.Protocol, "tcp or udp")
		case p.Host == 0 || p.Guest == 0:
			return refuse("port", fmt.Sprintf("%d to %d", p.Host, p.Guest), "1 to 65535")
		}
		for _, source := range p.Sources {
			if !source.IsValid() || !source.Addr().Is4() || source != source.Masked() {
				return refuse("source", source, "an IPv4 network such as 203.0.113.0/24")
			}
		}
	}
	return nil
}

func (c Config) isGuest(addr netip.Addr) bool {
	return addr.Is4() && c.CIDR.Contains(addr) && addr != c.CIDR.Addr() &&
		addr != c.Gateway().Addr() && addr != lastAddr(c.CIDR)
}

func refuse(field string, value any, rule string) error {
	return fmt.Errorf("%w: %s is %v, allowed: %s", ErrBadBinding, field, value, rule)
}
