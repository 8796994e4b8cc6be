package conf

import (
	"errors"
	"net/netip"
	"strings"
)

// keys returns the keys that the privileged side also reads.
func (c *Guests) keys() table {
	return table{
		"port_first": {"5200-32767", func(v string) error { return setGuestPort(&c.PortFirst, v) }},
		"port_last":  {"5200-32767", func(v string) error { return setGuestPort(&c.PortLast, v) }},
		"data_dir": {"an absolute path of at most 64 bytes (unix sockets are below it) that QEMU's user can enter, so not below /root", func(v string) error {
			return errors.Join(setPath(&c.DataDir, v), must(len(v) <= 64 && c.DataDir != "/" && c.DataDir != "/root" && !strings.HasPrefix(c.DataDir, "/root/")))
		}},
		"libvirt_socket": {"an absolute path", func(v string) error { return setPath(&c.LibvirtSocket, v) }},
		"helper_socket": {"an absolute path of at most 100 bytes, such as /run/dbc/helper.sock", func(v string) error {
			return errors.Join(setPath(&c.HelperSocket, v), must(len(v) <= 100))
		}},
		"guest_cidr": {"a private IPv4 network from /16 to /29, such as 172.31.224.0/20", func(v string) (err error) {
			c.GuestCIDR, err = netip.ParsePrefix(v)
			return errors.Join(err, must(c.GuestCIDR == c.GuestCIDR.Masked() && c.GuestCIDR.Addr().Is4() &&
				c.GuestCIDR.Addr().IsPrivate() && c.GuestCIDR.Bits() >= 16 && c.GuestCIDR.Bits() <= 29))
		}},
		"guest_dns": {"public IPv4 addresses, with commas between them", func(v string) error {
			c.GuestDNS = nil
			return setList(new([]string), v, func(s string) bool {
				addr, err := netip.ParseAddr(s)
				c.GuestDNS = append(c.GuestDNS, addr)
				return err == nil && addr.Is4() && addr.IsGlobalUnicast() && !addr.IsPrivate()
			})
		}},
		"vm_disk_mib":    {"0-1048576", func(v string) error { return setInt(&c.VM.DiskMiB, v, 1<<20) }},
		"vm_disk_ios":    {"0-1048576", func(v string) error { return setInt(&c.VM.DiskIOs, v, 1<<20) }},
		"vm_net_mbit":    {"0-1048576", func(v string) error { return setInt(&c.VM.NetMbit, v, 1<<20) }},
		"vm_net_packets": {"0-16777216", func(v string) error { return setInt(&c.VM.Packets, v, 1<<24) }},
		"vm_connections": {"0-1048576", func(v string) error { return setInt(&c.VM.Connections, v, 1<<20) }},
		"test_slots":     {"0-64", func(v string) error { return setInt(&c.TestSlots, v, 64) }},
		"test_emulation": {"true or false", func(v string) error { return setBool(&c.TestEmulation, v) }},
	}
}
