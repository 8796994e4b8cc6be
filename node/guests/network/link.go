package network

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// mac returns the bridge's MAC address, which is derived from its name. So it
// does not change when ports come and go, which guests would notice, and it
// distinguishes our bridge from another.
func (c Config) mac() net.HardwareAddr {
	sum := sha256.Sum256([]byte("dbc bridge " + c.Bridge))
	return append(net.HardwareAddr{0x02}, sum[:5]...)
}

// find returns our bridge, or nil. A link of that name that is not ours is
// ErrForeign.
func (c Config) find() (netlink.Link, error) {
	link, err := netlink.LinkByName(c.Bridge)
	var missing netlink.LinkNotFoundError
	if errors.As(err, &missing) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for bridge: %w", err)
	}
	if link.Type() != "bridge" || !bytes.Equal(link.Attrs().HardwareAddr, c.mac()) {
		return nil, fmt.Errorf("%w: %s is a %s with address %s; choose another name",
			ErrForeign, c.Bridge, link.Type(), link.Attrs().HardwareAddr)
	}
	return link, nil
}

// ensureBridge creates the bridge and its address. Each step skips what is done
// already.
func (c Config) ensureBridge() error {
	link, err := c.find()
	if err != nil {
		return err
	}
	if link == nil {
		if link, err = c.addBridge(); err != nil {
			return err
		}
	}
	gateway := c.Gateway()
	addr := &netlink.Addr{IPNet: &net.IPNet{
		IP: gateway.Addr().AsSlice(), Mask: net.CIDRMask(gateway.Bits(), 32),
	}}
	if err := netlink.AddrReplace(link, addr); err != nil {
		return fmt.Errorf("give bridge its address: %w", err)
	}
	return c.dropOtherAddrs(link, addr)
}

func (c Config) addBridge() (netlink.Link, error) {
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.HardwareAddr = c.Bridge, c.mac()
	snooping := false
	bridge := &netlink.Bridge{LinkAttrs: attrs, MulticastSnooping: &snooping}
	if err := netlink.LinkAdd(bridge); err != nil && !errors.Is(err, unix.EEXIST) {
		return nil, fmt.Errorf("add bridge: %w", err)
	}
	link, err := c.find()
	if err == nil && link == nil {
		return nil, fmt.Errorf("add bridge: %s went away", c.Bridge)
	}
	return link, err
}

// dropOtherAddrs removes addresses that an earlier configuration gave the
// bridge.
func (c Config) dropOtherAddrs(link netlink.Link, keep *netlink.Addr) error {
	addrs, err := netlink.AddrList(link, unix.AF_INET)
	if err != nil {
		return fmt.Errorf("list bridge's addresses: %w", err)
	}
	for _, a := range addrs {
		if a.IPNet.String() == keep.IPNet.String() {
			continue
		}
		if err := netlink.AddrDel(link, &a); err != nil {
			return fmt.Errorf("drop address %v of bridge: %w", a.IPNet, err)
		}
	}
	return nil
}

func (c Config) removeBridge() error {
	link, err := c.find()
	if err != nil || link == nil {
		return err
	}
	if err := netlink.LinkDel(link); err != nil {
		return fmt.Errorf("remove bridge: %w", err)
	}
	return nil
}

// checkOverlap checks the computer's own networks except the bridge's.
func (c Config) checkOverlap() error {
	ours, err := c.find()
	if err != nil {
		return err
	}
	addrs, err := netlink.AddrList(nil, unix.AF_INET)
	if err != nil {
		return fmt.Errorf("list addresses: %w", err)
	}
	for _, a := range addrs {
		if ours != nil && a.LinkIndex == ours.Attrs().Index {
			continue
		}
		for _, p := range appendNet(nil, a.IP, a.Mask) {
			if p.Overlaps(c.CIDR) {
				return fmt.Errorf("%w: %v and %v of %s", ErrOverlap, c.CIDR, p, a.Label)
			}
		}
	}
	return nil
}

// ensureSettings brings the bridge up last: only then can guests send packets.
func (c Config) ensureSettings() error {
	localnet := "0"
	if c.Published.IsLoopback() {
		localnet = "1"
	}
	own := "net/ipv4/conf/" + c.Bridge + "/"
	for _, s := range []struct{ path, value string }{
		{"net/ipv6/conf/" + c.Bridge + "/disable_ipv6", "1"},
		// Answer ARP for the gateway only, not for the computer's other
		// addresses.
		{own + "arp_ignore", "1"},
		{own + "arp_announce", "2"},
		{own + "proxy_arp", "0"},
		{own + "rp_filter", "1"},
		{own + "accept_redirects", "0"},
		{own + "send_redirects", "0"},
		// Permit forwarding 127.0.0.1 to a guest, on this bridge alone.
		{own + "route_localnet", localnet},
		{own + "forwarding", "1"},
		{"net/ipv4/ip_forward", "1"},
	} {
		if err := writeSetting(s.path, s.value); err != nil {
			return err
		}
	}
	link, err := c.find()
	if err != nil {
		return err
	}
	if link == nil {
		return fmt.Errorf("set up bridge: %s went away", c.Bridge)
	}
	if err := seeAll(link); err != nil {
		return err
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("set up bridge: %w", err)
	}
	return nil
}

// writeSetting skips a value that is already right, because writing ip_forward
// resets every interface's forwarding. A computer without IPv6 lacks that
// setting.
func writeSetting(path, value string) error {
	full := filepath.Join("/proc/sys", path)
	old, err := os.ReadFile(full)
	if errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(path, "net/ipv6/") {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read setting: %w", err)
	}
	if strings.TrimSpace(string(old)) == value {
		return nil
	}
	if err := os.WriteFile(full, []byte(value), 0o644); err != nil {
		return fmt.Errorf("change setting: %w", err)
	}
	return nil
}
