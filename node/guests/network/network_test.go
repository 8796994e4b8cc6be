package network

import (
	"errors"
	"net"
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

func config(change func(*Config)) Config {
	c := Config{Bridge: "dbc0", CIDR: netip.MustParsePrefix("10.66.0.0/16"), Published: netip.MustParseAddr("127.0.0.1")}
	if change != nil {
		change(&c)
	}
	return c
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*Config){
		"no bridge":           func(c *Config) { c.Bridge = "" },
		"bridge too long":     func(c *Config) { c.Bridge = "a-name-of-16-byt" },
		"bridge with a path":  func(c *Config) { c.Bridge = "../all" },
		"no network":          func(c *Config) { c.CIDR = netip.Prefix{} },
		"IPv6":                func(c *Config) { c.CIDR = netip.MustParsePrefix("fd00::/64") },
		"a host, no network":  func(c *Config) { c.CIDR = netip.MustParsePrefix("10.66.0.1/16") },
		"too small":           func(c *Config) { c.CIDR = netip.MustParsePrefix("10.66.0.0/31") },
		"public":              func(c *Config) { c.CIDR = netip.MustParsePrefix("9.9.9.0/24") },
		"half private":        func(c *Config) { c.CIDR = netip.MustParsePrefix("172.0.0.0/8") },
		"no published":        func(c *Config) { c.Published = netip.Addr{} },
		"published multicast": func(c *Config) { c.Published = netip.MustParseAddr("224.0.0.1") },
	}
	for name, change := range cases {
		if _, err := Open(config(change)); !errors.Is(err, ErrBadConfig) {
			t.Errorf("%s: %v, want ErrBadConfig", name, err)
		}
	}
	if _, err := Open(config(nil)); err != nil {
		t.Errorf("good configuration: %v", err)
	}
}

func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	good := func() []Binding {
		return []Binding{
			{
				Tap: "tap1", MAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, Addr: netip.MustParseAddr("10.66.0.2"),
				Ports: []Port{{Protocol: "tcp", Host: 5222, Guest: 22}, {Protocol: "udp", Host: 5222, Guest: 22}, {Protocol: "tcp", Host: 5223, Guest: 22}},
			},
			{Tap: "tap2", MAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, Addr: netip.MustParseAddr("10.66.0.3")},
		}
	}
	if err := config(nil).check(good()); err != nil {
		t.Errorf("good bindings: %v", err)
	}
	for name, spoil := range map[string]func([]Binding){
		"tap too long":        func(b []Binding) { b[0].Tap = "a-name-of-16-byt" },
		"tap with a quote":    func(b []Binding) { b[0].Tap = `t"` },
		"tap is the bridge":   func(b []Binding) { b[0].Tap = "dbc0" },
		"tap twice":           func(b []Binding) { b[1].Tap = b[0].Tap },
		"group address":       func(b []Binding) { b[0].MAC = net.HardwareAddr{1, 0, 0, 0, 0, 1} },
		"short MAC":           func(b []Binding) { b[0].MAC = b[0].MAC[:5] },
		"MAC twice":           func(b []Binding) { b[1].MAC = b[0].MAC },
		"address twice":       func(b []Binding) { b[1].Addr = b[0].Addr },
		"gateway":             func(b []Binding) { b[0].Addr = netip.MustParseAddr("10.66.0.1") },
		"network's address":   func(b []Binding) { b[0].Addr = netip.MustParseAddr("10.66.0.0") },
		"broadcast":           func(b []Binding) { b[0].Addr = netip.MustParseAddr("10.66.255.255") },
		"outside":             func(b []Binding) { b[0].Addr = netip.MustParseAddr("10.67.0.2") },
		"IPv4 in IPv6":        func(b []Binding) { b[0].Addr = netip.MustParseAddr("::ffff:10.66.0.2") },
		"unknown protocol":    func(b []Binding) { b[0].Ports[0].Protocol = "sctp" },
		"host port 0":         func(b []Binding) { b[0].Ports[0].Host = 0 },
		"guest port 0":        func(b []Binding) { b[0].Ports[0].Guest = 0 },
		"host port twice":     func(b []Binding) { b[0].Ports[2].Host = 5222 },
		"IPv6 source":         func(b []Binding) { b[0].Ports[0].Sources = []netip.Prefix{netip.MustParsePrefix("2001:db8::/32")} },
		"a host's bits":       func(b []Binding) { b[0].Ports[0].Sources = []netip.Prefix{netip.MustParsePrefix("203.0.113.7/24")} },
		"no source":           func(b []Binding) { b[0].Ports[0].Sources = []netip.Prefix{{}} },
		"another's host port": func(b []Binding) { b[1].Ports = []Port{{Protocol: "tcp", Host: 5222, Guest: 80}} },
	} {
		b := good()
		spoil(b)
		if err := config(nil).check(b); !errors.Is(err, ErrBadBinding) {
			t.Errorf("%s: %v, want ErrBadBinding", name, err)
		}
	}
}

func TestReserved(t *testing.T) {
	t.Parallel()
	spans := merge(reserved)
	for text, want := range map[string]bool{
		"0.0.0.0": true, "10.255.255.255": true, "11.0.0.0": false, "100.63.255.255": false, "100.64.0.0": true,
		"100.127.255.255": true, "100.128.0.0": false, "127.0.0.1": true, "168.63.129.15": false, "168.63.129.16": true,
		"169.254.169.254": true, "172.15.255.255": false, "172.16.0.1": true, "172.32.0.0": false, "192.0.0.192": true,
		"192.0.1.0": false, "192.167.255.255": false, "192.168.0.1": true, "198.17.255.255": false, "198.19.255.255": true,
		"198.51.100.7": true, "203.0.113.255": true, "203.0.114.0": false, "223.255.255.255": false, "224.0.0.0": true,
		"255.255.255.255": true, "9.9.9.9": false, "1.1.1.1": false,
	} {
		if got := holds(spans, netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is reserved: %v, want %v", text, got, want)
		}
	}
}

func holds(spans []span, a netip.Addr) bool {
	for _, s := range spans {
		if s.first <= number(a) && number(a) <= s.last {
			return true
		}
	}
	return false
}

func TestMergeHoldsExactlyWhatItWasGiven(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		// Few distinct addresses, so that prefixes overlap.
		addr := rapid.Custom(func(t *rapid.T) netip.Addr {
			return netip.AddrFrom4([4]byte{
				rapid.SampledFrom([]byte{0, 10, 255}).Draw(t, "a"), rapid.SampledFrom([]byte{0, 1, 255}).Draw(t, "b"),
				rapid.SampledFrom([]byte{0, 255}).Draw(t, "c"), rapid.Byte().Draw(t, "d"),
			})
		})
		prefixes := rapid.SliceOf(rapid.Custom(func(t *rapid.T) netip.Prefix {
			return netip.PrefixFrom(addr.Draw(t, "addr"), rapid.IntRange(0, 32).Draw(t, "bits"))
		})).Draw(t, "prefixes")
		spans := merge(prefixes)
		for i, s := range spans {
			if s.first > s.last || i > 0 && uint64(spans[i-1].last)+1 >= uint64(s.first) {
				t.Fatalf("%v overlap, touch or are out of order", spans)
			}
		}
		for _, a := range rapid.SliceOf(addr).Draw(t, "probes") {
			want := false
			for _, p := range prefixes {
				want = want || p.Contains(a)
			}
			if got := holds(spans, a); got != want {
				t.Fatalf("%v holds %v: %v, want %v", spans, a, got, want)
			}
		}
	})
}
