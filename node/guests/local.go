package guests

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/node/guests/record"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/node/guests/turns"
	"github.com/dbc-network/dbc/vm"
)

// VM is what a VM is started with, in ids and sizes. Its identity, its image and its
// address are recorded with its folder.
type VM struct {
	// Folder has its disks.
	Folder    string
	VCPUs     int
	MemoryMiB uint64
	// Disks are the names of the data disks that it starts with.
	Disks []string
	// Firmware is what it boots by.
	Firmware  vm.Firmware
	Placement vm.Placement
	// Slots are the numbers in the host's file of its slots of kind GPU.
	Slots []uint32
}

// firmware is BIOS where none is named.
func (v VM) firmware() vm.Firmware { return cmp.Or(v.Firmware, vm.BIOS) }

// Claim says whose VM a folder is for.
type Claim struct {
	TaskID string
	RentID uint64
	// Wallet of the renter.
	Wallet string
	// Firmware is what the VM boots by, for as long as it has these disks.
	Firmware vm.Firmware
	// Proof is the renter's request to create the VM, or nil if it was not
	// signed exactly.
	Proof *auth.Proof
}

// Connection is what the guests' network does for the VM that is recorded with a
// folder: its card is bound to its address, and ports of the host lead to it.
type Connection struct {
	Folder string
	// CPUs are the guest's, by which its limits grow.
	CPUs  int
	Ports []network.Port
}

// Rules are what the host says, from its core.conf: no call can change them.
type Rules struct {
	// Data is the node's data_dir.
	Data string
	// CIDR is the guests' network, Resolvers what guests are told.
	CIDR      netip.Prefix
	Resolvers []netip.Addr
	// PortFirst and PortLast bound the ports that may be published.
	PortFirst, PortLast uint16
	// CPUs and MemoryMiB are the computer's, 0 for no bound.
	CPUs      int
	MemoryMiB uint64
	// Overlay makes system disks; image.Overlay but for tests.
	Overlay taskdir.Overlay
	// Now is time.Now when nil.
	Now func() time.Time
}

// RulesOf are the rules of a configuration on this computer.
func RulesOf(ctx context.Context, cfg conf.Guests) (Rules, error) {
	inventory, err := hw.Read(ctx, hw.Config{})
	return Rules{
		Data: cfg.DataDir, CIDR: cfg.GuestCIDR, Resolvers: cfg.GuestDNS, PortFirst: cfg.PortFirst, PortLast: cfg.PortLast,
		CPUs: inventory.Cores, MemoryMiB: inventory.MemoryMiB, Overlay: image.Overlay,
	}, err
}

// Local is the privileged side in this process. It trusts nobody's word on what
// belongs together but its own record. Safe for many goroutines.
type Local struct {
	rules   Rules
	parts   Parts
	binding names.Binding
	layout  Layout
	images  *image.Store
	files   *taskdir.Store
	// records say which folder, VM, rental and wallet belong together.
	records *record.Store
	turns   turns.Turns
	// making has a place for each system disk that is being made.
	making chan struct{}
}

// maxMaking bounds the disks that are made at once: each is a process with memory of
// its own.
const maxMaking = 4

// New reads the record below rules.Data, and opens the parts only where that could be
// read: a record that is damaged must stop whoever asks.
func New(ctx context.Context, rules Rules, b names.Binding, open func(context.Context, names.Binding) (Parts, error)) (*Local, error) {
	files := taskdir.Open(rules.Data, rules.Overlay)
	records, err := openRecords(rules.Data, files, b)
	if err != nil {
		return nil, err
	}
	parts, err := open(ctx, b)
	if err != nil {
		return nil, fmt.Errorf("open the privileged side: %w", err)
	}
	l := &Local{
		rules: rules, parts: parts, binding: b, layout: Layout{Data: rules.Data, Bridge: b.Bridge()},
		files: files, records: records, making: make(chan struct{}, maxMaking),
	}
	l.images = image.Open(l.layout.images())
	return l, nil
}

// Close ends its parts; VMs go on.
func (l *Local) Close() error { return l.parts.Close() }

// Confined returns the security driver that keeps guests in, "" for none.
func (l *Local) Confined() string { return l.parts.Confined }

// Adopt records VMs that a node without a record made.
func (l *Local) Adopt(kept []Kept) error { return adopt(l.records, l.files, kept) }
