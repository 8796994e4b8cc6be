// Package conf is the configuration of a node and of its helper: core.conf and
// peer.conf, checked as a whole before they are used. Each process gets a struct with
// what is its own.
package conf

import (
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
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

// Node is what core.conf and peer.conf say to a node of either role.
type Node struct {
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
	// PublicIP is where others reach the node, and where a machine's published ports
	// answer.
	PublicIP     netip.Addr
	KeyringDir   string
	Relay        bool
	RelayDataMiB uint64
	LogLevel     slog.Level
	// MetricsListen is where Prometheus may ask, the zero value for nowhere.
	MetricsListen netip.AddrPort
	// Peers are the lines of peer.conf, host:port.
	Peers []string

	// lines are those of core.conf by key, for refusals after loading.
	lines map[string]int
}

// Client is the configuration of a client node.
type Client struct {
	Node
	// ChainREST is the URL of the same dbcd's REST API, which it forwards to for web apps.
	ChainREST string
	// FaucetKey names the key that gives coins away; devnets only.
	FaucetKey string
}

// Compute is the configuration of a compute node.
type Compute struct {
	Node
	// Guests are what its privileged side also reads.
	Guests
	ChainTrusted []string
	// AllowRoot lets a node with a helper run as root anyway. No key of core.conf sets
	// it.
	AllowRoot             bool
	HostCPUs              int
	HostMemoryMiB         uint64
	Reconcile             time.Duration
	OperatorKey           string
	KeyringPassphraseFile string
	// CardRoot stands for / before etc, sys and proc where cards are looked for; ""
	// is /. No key of core.conf sets it.
	CardRoot string
}

// Helper is what dbc-helper uses of its compute node's configuration.
type Helper struct {
	Home     string
	ChainID  string
	LogLevel slog.Level
	Guests
}

// Guests is what the privileged side of a compute node uses, in either process.
type Guests struct {
	// RunDir holds the machine's lock; "" is DefaultRunDir. Devnets and tests
	// move it; on a main network a node refuses another one.
	RunDir        string
	DataDir       string
	LibvirtSocket string
	// HelperSocket is where the privileged process listens; "" for a node that has
	// the privileges itself.
	HelperSocket string
	// Published is where the guests' published ports answer: public_ip.
	Published           netip.Addr
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
func (c Node) Refusal(key, value, limit string, reason error) error {
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
func (c Compute) StateDir() string {
	info, err := os.Lstat(filepath.Join(c.NodeDir(), journalName))
	if c.HelperSocket != "" || err == nil && info.Mode().IsRegular() {
		return c.NodeDir()
	}
	return c.DataDir
}

// JournalPath returns the journal in StateDir.
func (c Compute) JournalPath() string { return filepath.Join(c.StateDir(), journalName) }

// KeyPath returns the path of the node's key.
func (c Node) KeyPath() string { return filepath.Join(c.Home, KeyFile) }

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
