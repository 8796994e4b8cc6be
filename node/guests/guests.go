// Package guests is the privileged side of a compute node: it alone has libvirt, the
// guests' network, the disks and the host's cards, and it alone makes paths,
// definitions and rules, from ids and sizes. A node of one process, such as a devnet's,
// opens it itself; otherwise the helper does, and the node reaches it through a socket.
//
// It takes whoever calls it for hostile. It checks every field, takes bridge, guest
// network, resolvers and ports from the host's own configuration, and records which
// folder, VM, rental and wallet belong together when disks are made (package record):
// from then on it joins nothing else. What hands out a guest's bytes or changes its keys
// (a password, a console, another VM on kept disks) needs a request that the renter's
// wallet signed, which it verifies itself.
package guests

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/dbc-network/dbc/hw/vfio"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests/cards"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/libvirt"
)

// cardsName is the file of the cards' states, in the data folder.
const cardsName = "cards.json"

// ResetCommand is the argument by which a program that opens this package resets a
// card in a process of its own, for nobody to call by hand.
const ResetCommand = "reset-card"

// Net is the guests' network.
type Net interface {
	Ensure(ctx context.Context) error
	Apply(ctx context.Context, bindings []network.Binding) error
}

// Parts are what the privileged side works with once it knows what it is bound to.
type Parts struct {
	Driver vm.Driver
	Net    Net
	// Cards are the slots of kind GPU; nil where the host keeps none.
	Cards vm.Cards
	// Confined is the security driver that keeps guests in, "" for none.
	Confined string
	// Close ends them; VMs go on.
	Close func() error
}

// Config is what Open needs.
type Config struct {
	conf.Guests
	// Reset is the command line by which this program resets a card in a child
	// process, since one that the kernel holds cannot be ended.
	Reset []string
	// Resets counts them; nil counts nothing.
	Resets *Resets
	Logger *slog.Logger
}

// Open opens what needs libvirt's socket and the kernel's rules.
func Open(ctx context.Context, cfg Config, b names.Binding) (Parts, error) {
	driver, err := libvirt.Open(ctx, libvirt.Config{
		Socket: cfg.LibvirtSocket, Emulation: cfg.TestEmulation, Cache: cfg.LockDir(), Logger: cfg.Logger,
		Owner: b.MachineID + "." + b.GenesisHash, User: guestUser, Limits: diskLimits(cfg.VM),
	})
	if err != nil {
		return Parts{}, fmt.Errorf("open libvirt at %s: %w", cfg.LibvirtSocket, err)
	}
	passed, err := openCards(ctx, cfg, driver)
	if err != nil {
		return Parts{}, errors.Join(err, driver.Close())
	}
	end := func() error { return errors.Join(passed.Close(), driver.Close()) }
	net, err := network.Open(network.Config{
		Bridge: b.Bridge(), CIDR: cfg.GuestCIDR, Published: cfg.Published, Limits: networkHere(cfg.VM), Logger: cfg.Logger,
	})
	if err != nil {
		return Parts{}, errors.Join(fmt.Errorf("open the guests' network: %w", err), end())
	}
	return Parts{Driver: passed, Cards: passed, Net: net, Confined: driver.Confined(), Close: end}, nil
}

// openCards keeps the host's cards, but for a node whose slots are made up.
func openCards(ctx context.Context, cfg Config, hypervisor vm.Passer) (*cards.Driver, error) {
	root := "/"
	if cfg.TestSlots > 0 {
		root = ""
	}
	return cards.Open(ctx, cards.Config{
		Root: root, Journal: filepath.Join(cfg.DataDir, cardsName), Lock: filepath.Join(cfg.LockDir(), "cards.lock"), Hypervisor: hypervisor,
		Logger: cfg.Logger, Reset: cfg.Resets.count(vfio.Child(cfg.Reset)), KernelLog: vfio.KernelLog,
	})
}
