//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/dbc-network/dbc/seed/nocloud"
)

const cardMax = 2 * time.Second

// setNetwork gives each card in the seed, found by its MAC address, its
// addresses and routes, and the guest its resolvers. It does not use DHCP.
func setNetwork(config nocloud.NetworkConfig) error {
	if err := loopbackUp(); err != nil {
		return err
	}
	var errs []error
	var resolvers strings.Builder
	for name, card := range config.Ethernets {
		if err := setCard(card); err != nil {
			errs = append(errs, fmt.Errorf("network card %s: %w", name, err))
		}
		for _, a := range card.Nameservers.Addresses {
			if ip, err := netip.ParseAddr(a); err == nil {
				fmt.Fprintf(&resolvers, "nameserver %s\n", ip)
			}
		}
	}
	return errors.Join(append(errs, replaceFile("/etc/resolv.conf", []byte(resolvers.String()), 0o644))...)
}

func loopbackUp() error {
	lo, err := netlink.LinkByName("lo")
	if err == nil {
		err = netlink.LinkSetUp(lo)
	}
	if err != nil {
		return fmt.Errorf("set up loopback: %w", err)
	}
	return nil
}

func setCard(card nocloud.Ethernet) error {
	mac, err := net.ParseMAC(card.Match.MACAddress)
	if err != nil {
		return fmt.Errorf("match: %w", err)
	}
	link, err := waitForCard(mac)
	if err != nil {
		return err
	}
	for _, text := range card.Addresses {
		addr, err := netlink.ParseAddr(text)
		if err != nil {
			return fmt.Errorf("address %q: %w", text, err)
		}
		if err := netlink.AddrReplace(link, addr); err != nil {
			return fmt.Errorf("address %s: %w", text, err)
		}
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	for _, r := range card.Routes {
		_, to, err := net.ParseCIDR(r.To)
		via := net.ParseIP(r.Via)
		if err != nil || via == nil {
			return fmt.Errorf("route to %q via %q is not usable", r.To, r.Via)
		}
		route := &netlink.Route{LinkIndex: link.Attrs().Index, Dst: to, Gw: via}
		if r.OnLink {
			route.Flags = unix.RTNH_F_ONLINK
		}
		if err := netlink.RouteReplace(route); err != nil {
			return fmt.Errorf("route to %s: %w", r.To, err)
		}
	}
	return nil
}

// waitForCard waits, because the driver may still be initializing when the seed
// is read.
func waitForCard(mac net.HardwareAddr) (netlink.Link, error) {
	var card netlink.Link
	found := eventually(cardMax, func() bool {
		links, _ := netlink.LinkList()
		for _, link := range links {
			if bytes.Equal(link.Attrs().HardwareAddr, mac) {
				card = link
			}
		}
		return card != nil
	})
	if !found {
		return nil, fmt.Errorf("no card with the address %s", mac)
	}
	return card, nil
}
