// Package host makes VMs match rentals. What a renter asks for is recorded in the journal
// first and then done in steps that can be repeated and undone; one loop compares the
// chain, the hypervisor and the journal, and events only wake it. A kill between any two
// lines leaves a journal from which the loop continues.
package host

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/x/machine"
)

// The times of DESIGN §5.
const (
	// ChainGrace is how long a VM outlives its last known end while the chain is in doubt.
	ChainGrace = time.Hour
	// StopAfter is how long a guest may take to shut down.
	StopAfter = time.Minute
	// MaxKeep is the longest that disks are kept after the end.
	MaxKeep = 10 * 24 * time.Hour
	// readyEvery is the pause between two checks for the guest's SSH banner.
	readyEvery = 250 * time.Millisecond
)

// Config configures a host.
type Config struct {
	Binding  names.Binding
	DataDir  string
	PublicIP netip.Addr
	// GuestCIDR is the guests' network.
	GuestCIDR netip.Prefix
	GuestDNS  []netip.Addr
	// Period of the reconcile loop.
	Period time.Duration
	// ReadyWithin bounds the wait for a new guest's SSH banner.
	ReadyWithin time.Duration
	// Here are this computer's facts as measured now.
	Here machine.Facts
	// Numbers finds listed slots in the host's file, as listing.Numbers does; nil
	// where no cards are kept for VMs.
	Numbers func(listed []machine.Slot) ([]int, error)
	// Firmware is what this computer has for VMs; none known where empty.
	Firmware []vm.Firmware
	// Layout divides the computer's CPUs; the zero value pins no VM.
	Layout Layout
}

// Rentals is what the node believes the chain to say.
type Rentals interface {
	Word() trust.Word
	Refresh(ctx context.Context) trust.Word
	Over(ctx context.Context, id uint64) (journal.Over, error)
	Facts(ctx context.Context) (machine.Facts, error)
}

// Images finds guest images and returns the SHA-256 of their files.
type Images interface {
	Find(ctx context.Context, name string) (image.Image, error)
	Digest(ctx context.Context, name string) (string, error)
}

// Net is the guests' network.
type Net interface {
	Ensure(ctx context.Context) error
	// Connect replaces the network's rules by those of these connections, or changes
	// nothing.
	Connect(ctx context.Context, list []guests.Connection) error
}

// Computer is what the host asks of the computer itself.
type Computer interface {
	// Ready checks once whether the guest at addr answers on SSH.
	Ready(ctx context.Context, addr netip.Addr) error
	// PortFree reports whether nothing on the computer uses the port or may come to.
	PortFree(protocol string, port uint16) bool
	// FreeGiB returns the free space on the disk below path.
	FreeGiB(path string) (uint64, error)
	// HugePages returns the huge pages that the computer set aside.
	HugePages(ctx context.Context) ([]hw.Pages, error)
}

// Observer is told the outcome of each pass and step.
type Observer interface {
	Reconciled(took time.Duration, err error)
	Stepped(step string, took time.Duration, err error)
}

// Deps are the parts that a host works with.
type Deps struct {
	Journal *journal.Journal
	Driver  Machines
	// Cards reports the states of slots of kind GPU; nil where the host keeps none.
	Cards    vm.Cards
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

// Host runs the VMs of one machine.
type Host struct {
	cfg  Config
	deps Deps
	// steps make a VM; tests wrap them.
	steps []step

	// kicks names tasks that have something to do now.
	kicks chan string
	// ops holds the running operations, at most one per task.
	mu  sync.Mutex
	ops map[string]*operation
	all sync.WaitGroup
	// net serializes calls of Apply, each with the state at that time.
	net sync.Mutex
	// reached is whether the hypervisor answered last, so that changes are logged once.
	reached bool
	// netFault is the last logged error of Apply.
	netFault string
	// listed is the last listing that the chain returned.
	listed atomic.Pointer[machine.Facts]
	// orphans are those already logged.
	orphans map[vm.UUID]bool
}

type operation struct {
	action lifecycle.Action
	cancel context.CancelFunc
	// again is set when something else came up meanwhile: look again at the end.
	again bool
}

// New returns a host that does nothing before Run.
func New(cfg Config, deps Deps) *Host {
	return &Host{
		cfg: cfg, deps: deps, steps: steps,
		kicks: make(chan string, 64), ops: map[string]*operation{}, reached: true, orphans: map[vm.UUID]bool{},
	}
}

// kick makes the loop look at a task now. A full queue loses nothing: the next
// pass reads the journal.
func (h *Host) kick(id string) {
	select {
	case h.kicks <- id:
	default:
	}
}
