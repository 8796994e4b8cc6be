package conf

import (
	"maps"
	"net/netip"
	"time"
)

// role is the configuration of a role while it is read.
type role interface {
	// node returns what all roles have.
	node() *Node
	// keys returns the keys that this role may have; setting one changes the role.
	keys() table
	// check returns what no single key can show, as refusals without file and line.
	check() []*ConfigError
}

var (
	_ role = (*Client)(nil)
	_ role = (*Compute)(nil)
	_ role = (*unknown)(nil)
)

// roleOf returns the configuration of a role with its defaults. A key that has none
// must be in the file.
func roleOf(name string) role {
	switch name {
	case RoleClient:
		return newClient()
	case RoleMining:
		return newCompute()
	}
	return &unknown{Client: newClient(), compute: newCompute()}
}

// others returns the role that a key is for, if it is not this one's.
func others(name string) string {
	if _, ok := newCompute().keys()[name]; ok {
		return RoleMining
	}
	if _, ok := newClient().keys()[name]; ok {
		return RoleClient
	}
	return ""
}

func newNode(api, peers uint16) Node {
	return Node{
		NetListen:  netip.AddrPortFrom(netip.IPv4Unspecified(), peers),
		HTTPListen: netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), api),
		ChainGRPC:  "127.0.0.1:9090",
		ChainRPC:   "http://127.0.0.1:26657",
	}
}

func newClient() *Client {
	return &Client{Node: newNode(5050, 5001), ChainREST: "http://127.0.0.1:1317"}
}

func newCompute() *Compute {
	return &Compute{
		Node:     newNode(5060, 5011),
		HostCPUs: 4, HostMemoryMiB: 4096, Reconcile: 5 * time.Second,
		Guests: Guests{
			DataDir:       "/var/lib/dbc",
			LibvirtSocket: "/run/libvirt/libvirt-sock",
			PortFirst:     minPort,
			PortLast:      maxPort,
			GuestCIDR:     netip.MustParsePrefix("172.31.224.0/20"),
			GuestDNS:      []netip.Addr{netip.MustParseAddr("9.9.9.9"), netip.MustParseAddr("1.1.1.1")},
			VM:            Shares{DiskMiB: 100, DiskIOs: 2000, NetMbit: 250, Packets: 30000, Connections: 4096},
		},
	}
}

func (c *Client) node() *Node  { return &c.Node }
func (c *Compute) node() *Node { return &c.Node }

// helper returns what the privileged process uses.
func (c *Compute) helper() Helper {
	return Helper{Home: c.Home, ChainID: c.ChainID, LogLevel: c.LogLevel, Guests: c.Guests}
}

// unknown reads a file that does not say which role it is for, to refuse all that is
// wrong with it at once.
type unknown struct {
	*Client
	compute *Compute
}

func (u *unknown) keys() table {
	all := u.compute.keys()
	maps.Copy(all, u.Client.keys())
	return all
}

func (u *unknown) check() []*ConfigError { return u.Node.check() }
