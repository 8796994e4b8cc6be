// Package conf is the configuration of a node and of its helper: core.conf and
// peer.conf, checked as a whole before they are used.
package conf

import (
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"
	"time"
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

const journalName = "journal.db"

// DefaultRunDir holds the machine's lock.
const DefaultRunDir = "/run/dbc"

// Config is core.conf and peer.conf, checked: what every node has, and what only
// one role or its privileged side uses.
type Config struct {
	// Home is the folder that conf/ and dat/ are in.
	Home                string
	Role                string
	NetListen           netip.AddrPort
	HTTPListen          netip.AddrPort
	HTTPTLSCert         string
	HTTPTLSKey          string
	HTTPHosts           []string
	HTTPCORSOrigins     []string
	ChainID             string
	ChainGRPC, ChainRPC string
	KeyringDir          string
	Relay               bool
	RelayDataMiB        uint64
	LogLevel            slog.Level
	// Peers are the lines of peer.conf, host:port.
	Peers []string

	Client
	Compute
	Guests

	// lines are those of core.conf by key, for refusals after loading.
	lines map[string]int
}

// Client is what only a client node has.
type Client struct {
	// ChainREST is the URL of the same dbcd's REST API, which it forwards to for web apps.
	ChainREST string
	// FaucetKey names the key that gives coins away; devnets only.
	FaucetKey string
}

// Compute is what only a compute node has, besides its privileged side.
type Compute struct {
	ChainTrusted []string
	// HelperSocket is where the privileged process listens; "" for a node that has
	// the privileges itself.
	HelperSocket string
	// AllowRoot lets a node with a helper run as root anyway.
	AllowRoot             bool
	HostCPUs              int
	HostMemoryMiB         uint64
	Reconcile             time.Duration
	OperatorKey           string
	KeyringPassphraseFile string
	MetricsListen         netip.AddrPort
	// CardRoot stands for / before etc, sys and proc where cards are looked for; ""
	// is /. No key of core.conf sets it.
	CardRoot string
}

// Guests is what the privileged side of a compute node uses.
type Guests struct {
	// RunDir holds the machine's lock; "" is DefaultRunDir. Devnets and tests
	// move it; on a main network Run refuses another one.
	RunDir              string
	DataDir             string
	LibvirtSocket       string
	PublicIP            netip.Addr
	PortFirst, PortLast uint16
	GuestCIDR           netip.Prefix
	GuestDNS            []netip.Addr
	// VM are the limits of guests for each of their virtual CPUs.
	VM            Shares
	TestSlots     int
	TestEmulation bool
}

// Shares are what a guest may use of shared resources, per virtual CPU; 0 means no
// limit. A rental's CPUs are its share of the computer, so its guests together have
// their share of these.
type Shares struct {
	// DiskMiB and DiskIOs are per second, reads and writes together.
	DiskMiB, DiskIOs int
	// NetMbit and Packets are per second, in each direction.
	NetMbit, Packets int
	// Connections is the number of concurrently tracked ones.
	Connections int
}

// Refusal points to a key's line of core.conf.
func (c Config) Refusal(key, value, limit string, reason error) error {
	return &ConfigError{
		File: filepath.Join(c.Home, ConfFile), Line: c.lines[key], Key: key, Value: value, Limit: limit, Reason: reason,
	}
}

// NodeDir returns the folder below DataDir that the node's own user writes to, if it has a
// helper.
func (c Guests) NodeDir() string { return filepath.Join(c.DataDir, "node") }

// Journal returns where a node with a helper keeps its journal.
func (c Guests) Journal() string { return filepath.Join(c.NodeDir(), journalName) }

// OldJournal returns where a single-process node keeps its journal.
func (c Guests) OldJournal() string { return filepath.Join(c.DataDir, journalName) }

// StateDir returns the journal's folder: that of the node's own user if it exists,
// even for a node that no longer has a helper.
func (c Config) StateDir() string {
	info, err := os.Lstat(filepath.Join(c.NodeDir(), journalName))
	if c.HelperSocket != "" || err == nil && info.Mode().IsRegular() {
		return c.NodeDir()
	}
	return c.DataDir
}

// JournalPath returns the journal in StateDir.
func (c Config) JournalPath() string { return filepath.Join(c.StateDir(), journalName) }

// KeyPath returns the path of the node's key.
func (c Config) KeyPath() string { return filepath.Join(c.Home, KeyFile) }

// ImageDir returns the folder of guest images.
func (c Guests) ImageDir() string { return filepath.Join(c.DataDir, "images") }

// LockDir returns RunDir or its default.
func (c Guests) LockDir() string {
	if c.RunDir == "" {
		return DefaultRunDir
	}
	return c.RunDir
}

// LockFile returns the machine's lock for mining nodes.
func (c Guests) LockFile() string { return filepath.Join(c.LockDir(), "mining.lock") }

// StateModes makes files get the modes that this program states, whatever the
// caller's umask: guests' users traverse folders that nobody else may list.
func StateModes() { syscall.Umask(0o022) }

// defaults of a role; a key that has none here must be in the file.
func defaults(role string) Config {
	cfg := Config{
		Role:       role,
		NetListen:  netip.AddrPortFrom(netip.IPv4Unspecified(), 5001),
		HTTPListen: netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 5050),
		ChainGRPC:  "127.0.0.1:9090",
		ChainRPC:   "http://127.0.0.1:26657",
		Client:     Client{ChainREST: "http://127.0.0.1:1317"},
		Compute:    Compute{HostCPUs: 4, HostMemoryMiB: 4096, Reconcile: 5 * time.Second},
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
	if role == RoleMining {
		cfg.NetListen = netip.AddrPortFrom(netip.IPv4Unspecified(), 5011)
		cfg.HTTPListen = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 5060)
	}
	return cfg
}
