// Package node is the life of a node: its configuration, identity, lock and
// the parts that it runs.
package node

import (
	"log/slog"
	"net/netip"
	"path/filepath"
	"time"

	"github.com/dbc-network/dbc/node/host"
)

// The roles of a node.
const (
	RoleMining = "mining"
	RoleClient = "client"
)

// The files of a node, below its home.
const (
	ConfFile = "conf/core.conf"
	PeerFile = "conf/peer.conf"
	KeyFile  = "dat/node.key"
)

// DefaultRunDir holds the machine's lock.
const DefaultRunDir = "/run/dbc"

// Config is a node's configuration, checked.
type Config struct {
	// Home is the folder that conf/ and dat/ are in.
	Home string
	// RunDir holds the machine's lock; "" is DefaultRunDir. Devnets and tests
	// move it; on a main network Run refuses another one.
	RunDir string

	Role                string
	NetListen           netip.AddrPort
	HTTPListen          netip.AddrPort
	HTTPTLSCert         string
	HTTPTLSKey          string
	HTTPHosts           []string
	HTTPCORSOrigins     []string
	ChainID             string
	ChainGRPC, ChainRPC string
	// ChainREST is the URL of the same dbcd's REST, for web apps; only a client
	// node passes it on.
	ChainREST           string
	ChainTrusted        []string
	PublicIP            netip.Addr
	PortFirst, PortLast uint16
	DataDir             string
	LibvirtSocket       string
	// HelperSocket is where the process with privileges listens; "" for a node that
	// has them itself.
	HelperSocket string
	// AllowRoot lets a node with a helper run as root all the same.
	AllowRoot     bool
	GuestCIDR     netip.Prefix
	GuestDNS      []netip.Addr
	HostCPUs      int
	HostMemoryMiB uint64
	// VM are the limits of guests for each of their virtual CPUs.
	VM                    Shares
	Reconcile             time.Duration
	TestSlots             int
	TestEmulation         bool
	OperatorKey           string
	KeyringDir            string
	KeyringPassphraseFile string
	// FaucetKey names the key that gives coins away; devnets only.
	FaucetKey     string
	Relay         bool
	RelayDataMiB  uint64
	MetricsListen netip.AddrPort
	LogLevel      slog.Level

	// Peers are the lines of peer.conf, host:port.
	Peers []string

	// lines are those of core.conf by key, for refusals after it was read.
	lines map[string]int
}

// refusal points to a key's line of core.conf.
func (c Config) refusal(key, value, limit string, reason error) error {
	return &ConfigError{
		File: filepath.Join(c.Home, ConfFile), Line: c.lines[key], Key: key, Value: value, Limit: limit, Reason: reason,
	}
}

// NodeDir is what the node's own user writes below DataDir, where it has a helper.
func (c Config) NodeDir() string { return filepath.Join(c.DataDir, "node") }

// KeyPath is where the node's key is.
func (c Config) KeyPath() string { return filepath.Join(c.Home, KeyFile) }

// ImageDir is where guest images are.
func (c Config) ImageDir() string { return filepath.Join(c.DataDir, "images") }

// TaskDir is where the disks of VMs are, each VM's in a folder of its own.
func (c Config) TaskDir() string { return host.TaskDir(c.DataDir) }

// runDir is RunDir or its default.
func (c Config) runDir() string {
	if c.RunDir == "" {
		return DefaultRunDir
	}
	return c.RunDir
}

// defaults of a role; what has no default here must be in the file.
func defaults(role string) Config {
	cfg := Config{
		Role:         role,
		NetListen:    netip.AddrPortFrom(netip.IPv4Unspecified(), 5001),
		HTTPListen:   netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 5050),
		ChainGRPC:    "127.0.0.1:9090",
		ChainRPC:     "http://127.0.0.1:26657",
		ChainREST:    "http://127.0.0.1:1317",
		PortFirst:    minPort,
		PortLast:     maxPort,
		DataDir:      "/var/lib/dbc",
		GuestCIDR:    netip.MustParsePrefix("172.31.224.0/20"),
		GuestDNS:     []netip.Addr{netip.MustParseAddr("9.9.9.9"), netip.MustParseAddr("1.1.1.1")},
		HostCPUs:     4,
		Reconcile:    5 * time.Second,
		RelayDataMiB: 0,

		HostMemoryMiB: 4096,
		VM:            Shares{DiskMiB: 100, DiskIOs: 2000, NetMbit: 250, Packets: 30000, Connections: 4096},
		LibvirtSocket: "/run/libvirt/libvirt-sock",
	}
	if role == RoleMining {
		cfg.NetListen = netip.AddrPortFrom(netip.IPv4Unspecified(), 5011)
		cfg.HTTPListen = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 5060)
	}
	return cfg
}
