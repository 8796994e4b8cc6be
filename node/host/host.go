// Package host makes VMs match rentals. What a renter asks for is written to
// the journal first and then done in steps that can be repeated and undone; one
// loop compares the chain, the hypervisor and the journal, and events only wake
// it. A kill between any two lines leaves a journal from which the loop goes on.
package host

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/node/network"
	"github.com/dbc-network/dbc/node/trust"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/x/machine"
)

// The times of DESIGN §5.
const (
	// ChainGrace is how long a VM outlives its last known end while the chain is in doubt.
	ChainGrace = time.Hour
	// StopAfter is what a guest has to shut down.
	StopAfter = time.Minute
	// MaxKeep is the longest that disks are kept after the end.
	MaxKeep = 10 * 24 * time.Hour
	// readyEvery is the pause between two looks for the guest's SSH banner.
	readyEvery = 250 * time.Millisecond
	// User is the login of every guest.
	User = "dbc"
)

// Config is what a host is made of.
type Config struct {
	Binding  journal.Binding
	DataDir  string
	PublicIP netip.Addr
	// Bridge is the name of the guests' bridge; GuestCIDR their network.
	Bridge    string
	GuestCIDR netip.Prefix
	GuestDNS  []netip.Addr
	// Period of the reconcile loop.
	Period time.Duration
	// ReadyWithin bounds the wait for a new guest's SSH banner.
	ReadyWithin time.Duration
	// Here are the facts of this computer as it is now.
	Here machine.Facts
	// Layout shares out its CPUs; the zero value pins no VM.
	Layout Layout
}

// Rentals is what the chain is believed to say.
type Rentals interface {
	Word() trust.Word
	Refresh(ctx context.Context) trust.Word
	Over(ctx context.Context, id uint64) (journal.Over, error)
	Facts(ctx context.Context) (machine.Facts, error)
}

// Images finds guest images.
type Images interface {
	Find(ctx context.Context, name string) (image.Image, error)
}

// Net is the guests' network.
type Net interface {
	Ensure(ctx context.Context) error
	Apply(ctx context.Context, bindings []network.Binding) error
}

// Computer is what the host asks of the computer itself.
type Computer interface {
	// Ready looks once whether the guest at addr answers on SSH.
	Ready(ctx context.Context, addr netip.Addr) error
	// PortFree says whether nothing on the computer uses the port or may.
	PortFree(protocol string, port uint16) bool
	// FreeGiB is the room on the disk below path.
	FreeGiB(path string) (uint64, error)
	// HugePages are those that the computer set aside.
	HugePages(ctx context.Context) ([]hw.Pages, error)
}

// Observer is told how the loop and the steps went.
type Observer interface {
	Reconciled(took time.Duration, err error)
	Stepped(step string, took time.Duration, err error)
}

// Deps are the parts that a host works with.
type Deps struct {
	Journal  *journal.Journal
	Driver   vm.Driver
	Images   Images
	Files    Files
	Net      Net
	Rentals  Rentals
	Computer Computer
	Log      *slog.Logger
	// Wakes come from the chain; the loop also runs without them.
	Wakes <-chan struct{}
	// Observer may be nil.
	Observer Observer
}

// Host keeps the VMs of one machine.
type Host struct {
	cfg  Config
	deps Deps
	// steps are those of making a VM; tests wrap them.
	steps []step

	// kicks names tasks that have something to do now.
	kicks chan string
	// ops are the running operations, one for each task at most.
	mu  sync.Mutex
	ops map[string]*operation
	all sync.WaitGroup
	// net makes calls of Apply follow each other, each with what is then so.
	net sync.Mutex
	// reached remembers whether the hypervisor answered, to tell changes once.
	reached bool
	// netFault is the last error of Apply that was told.
	netFault string
	// orphans that were told of already.
	orphans map[vm.UUID]bool
}

type operation struct {
	action lifecycle.Action
	cancel context.CancelFunc
	// again: something else came up meanwhile, so look when it ended.
	again bool
}

// New is a host that does nothing before Run.
func New(cfg Config, deps Deps) *Host {
	return &Host{
		cfg: cfg, deps: deps, steps: steps,
		kicks: make(chan string, 64), ops: map[string]*operation{}, reached: true, orphans: map[vm.UUID]bool{},
	}
}

// kick lets the loop look at a task now. A full queue is no loss: the next pass
// sees the journal.
func (h *Host) kick(id string) {
	select {
	case h.kicks <- id:
	default:
	}
}
