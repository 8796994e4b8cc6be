// Package compute is the life of a compute node: its lock, its parts, and how they
// are started and ended.
package compute

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/compute/books"
	"github.com/dbc-network/dbc/node/compute/challenge"
	"github.com/dbc-network/dbc/node/compute/health"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/metrics"
	"github.com/dbc-network/dbc/node/compute/quarantine"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/node/p2p"
	"github.com/dbc-network/dbc/x/machine"
)

const (
	// chainRetry is the pause between two looks for a dbcd at the first start.
	chainRetry = time.Second
	// ready bounds a new guest's way to its SSH banner; emulated ones are slow.
	ready         = 5 * time.Minute
	readyEmulated = 10 * time.Minute
)

// parts are what a running node is made of, in the order in which they were
// opened; close takes them back.
type parts struct {
	cfg     conf.Compute
	sim     *Simulation
	log     *slog.Logger
	key     key.Key
	facts   machine.Facts
	binding names.Binding
	chain   *chain.Client
	pulse   *chain.Pulse
	journal *journal.Journal
	guests  Privileged
	helper  *helper.Client
	// resets counts those of cards in a node of one process.
	resets guests.Resets
	// confined is the security driver that keeps guests in.
	confined string
	// images remembers the digests of files that it read.
	images  *image.Store
	trust   *trust.Chain
	host    *host.Host
	answers *challenge.Loop

	quarantine *quarantine.Loop
	peers      *p2p.Host
	health     *health.Loop
	metrics    *metrics.Metrics
	books      *books.Loop

	closers []func() error
}

// Run is the life of a compute node: it returns nil after ctx is done and everything it
// began has ended. VMs run on and are found again by the next Run.
func Run(ctx context.Context, cfg conf.Compute) error {
	node.BeLean()
	if cfg.HelperSocket == "" {
		conf.StateModes()
	}
	return run(ctx, cfg, os.Stderr, nil)
}

// run is Run; sim replaces the privileged side if there is one.
func run(ctx context.Context, cfg conf.Compute, log io.Writer, sim *Simulation) (err error) {
	p := &parts{cfg: cfg, sim: sim, log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: cfg.LogLevel}))}
	defer func() { err = errors.Join(err, p.close()) }()
	for _, open := range []func(context.Context) error{
		p.lock, p.free, p.openHelper, p.openIdentity, p.openChain, p.openState, p.openHypervisor, p.openNetwork, p.openHost, p.openAnswers, p.openPeers,
	} {
		if err := open(ctx); err != nil {
			if ctx.Err() != nil {
				return nil // told to end while starting
			}
			return err
		}
	}
	return p.serve(ctx)
}

func (p *parts) onClose(f func() error) { p.closers = append(p.closers, f) }

func (p *parts) close() error {
	var errs []error
	for i := len(p.closers) - 1; i >= 0; i-- {
		errs = append(errs, p.closers[i]())
	}
	return errors.Join(errs...)
}

func (p *parts) lock(ctx context.Context) error {
	take := func() (func() error, error) { return lockMachine(p.cfg) }
	release, err := take()
	if p.cfg.HelperSocket != "" && errors.Is(err, fs.ErrPermission) {
		release, err = awaitLock(ctx, take, p.log)
	}
	if err != nil {
		return err
	}
	p.onClose(release)
	return nil
}

func (p *parts) free(ctx context.Context) error { return free(ctx, p.cfg) }

func (p *parts) openIdentity(ctx context.Context) (err error) {
	if p.key, err = key.Load(p.cfg.KeyPath()); err != nil {
		return err
	}
	if p.helper == nil {
		if err := os.MkdirAll(p.cfg.DataDir, 0o711); err != nil {
			return fmt.Errorf("make the data folder: %w", err)
		}
	}
	p.facts, err = Facts(ctx, p.cfg, p.key.MachineID())
	return err
}

func (p *parts) openChain(ctx context.Context) (err error) {
	p.chain, err = chain.Dial(ctx, chain.Config{
		ChainID: p.cfg.ChainID, GRPC: p.cfg.ChainGRPC, RPC: p.cfg.ChainRPC, Logger: p.log,
	})
	if err != nil {
		return fmt.Errorf("connect to the chain: %w", err)
	}
	p.onClose(p.chain.Close)
	p.pulse = p.chain.Pulse(node.LogProblem(p.log))
	return nil
}

// ResetCommand are the arguments by which this program resets a card, for nobody to
// call by hand.
var ResetCommand = []string{"node", guests.ResetCommand}

func (p *parts) journalPath() string { return p.cfg.JournalPath() }

// openState binds the journal to the chain's genesis. Where the dbcd is silent
// an old journal still knows its own, so that VMs are looked after; a first
// start has to wait.
func (p *parts) openState(ctx context.Context) (err error) {
	if p.binding, err = p.bind(ctx); err != nil {
		return err
	}
	if p.journal, err = journal.Open(p.journalPath(), p.binding); err != nil {
		return err
	}
	p.onClose(p.journal.Close)
	tasks, err := p.journal.Tasks()
	if err != nil {
		return err
	}
	if err := checkGuestNetwork(p.cfg, tasks); err != nil {
		return err
	}
	p.trust, err = trust.New(p.binding, p.chain, p.journal, p.log)
	return err
}

func (p *parts) bind(ctx context.Context) (names.Binding, error) {
	own := names.Binding{ChainID: p.cfg.ChainID, MachineID: p.key.MachineID()}
	for told := false; ; told = true {
		head, err := p.chain.Head(ctx)
		if err == nil && head.ChainID != p.cfg.ChainID {
			return own, node.OtherChain(p.cfg.Node, head.ChainID)
		}
		if err == nil {
			own.GenesisHash = hex.EncodeToString(head.GenesisHash[:])
			return own, nil
		}
		old, known, peekErr := journal.Peek(p.journalPath())
		if peekErr != nil {
			return own, peekErr
		}
		if known {
			p.log.Warn("the chain does not answer; going on with what is known", "error", err)
			own.GenesisHash = old.GenesisHash
			return own, nil
		}
		if !told {
			p.log.Warn("waiting for the chain", "rpc", p.cfg.ChainRPC, "error", err)
		}
		select {
		case <-ctx.Done():
			return own, ctx.Err()
		case <-time.After(chainRetry):
		}
	}
}

func (p *parts) openHypervisor(ctx context.Context) (err error) {
	if p.sim != nil {
		p.guests, err = p.sim.Privileged(ctx, p.cfg.Guests, p.binding)
		return err
	}
	if p.helper != nil {
		p.guests = p.helper
		err := p.helper.Bind(ctx, p.binding)
		p.confined = p.helper.Confined()
		return err
	}
	own, err := p.openOwn(ctx)
	if err != nil {
		return err
	}
	p.onClose(own.Close)
	p.guests, p.confined = own, own.Confined()
	return nil
}

func (p *parts) openHost(ctx context.Context) error {
	wakes, err := p.chain.Watch(ctx)
	if err != nil {
		return err
	}
	within, computer := p.surroundings()
	slots := func(ctx context.Context) ([]host.Slot, error) { return p.host.Slots(ctx) }
	p.health = health.New(health.Deps{Path: HealthPath(p.cfg), Examine: p.examine, Slots: slots, Log: p.log})
	p.books = books.New(p.chain, p.key.MachineID(), p.log)
	p.metrics = metrics.New(metrics.Sources{
		Books: p.books.Sums, Problem: p.pulse.Problem, Helper: p.helperStats(), Resets: p.resetCounts(),
		Tasks: p.journal.Tasks, Word: p.trust.Word, Capacity: host.CapacityOf(p.facts, p.facts), Period: p.cfg.Reconcile,
		Confined: p.confined != "",
		Slots:    slots,
		Health:   p.health.Report,
		Disks:    map[string]string{"system": "/", "data": p.cfg.DataDir},
	})
	cpus, err := hw.ReadTopology(ctx, hw.Config{})
	if err != nil {
		p.log.Warn("the CPUs' topology can't be read, VMs are not pinned", "error", err)
	}
	firmware, err := offeredFirmware(firmwareDirs)
	if err != nil {
		return err
	}
	p.images = image.Open(p.cfg.ImageDir())
	p.host = host.New(host.Config{
		Binding: p.binding, DataDir: p.cfg.DataDir, PublicIP: p.cfg.PublicIP,
		GuestCIDR: p.cfg.GuestCIDR, GuestDNS: p.cfg.GuestDNS, Period: p.cfg.Reconcile, ReadyWithin: within, Here: p.facts,
		Layout: host.Divide(cpus, p.cfg.HostCPUs), Numbers: p.numbers, Firmware: firmware,
	}, host.Deps{
		Journal: p.journal, Driver: p.guests, Cards: p.guests, Images: p.images, Files: p.guests, Net: p.guests,
		Rentals: p.trust, Computer: computer, Log: p.log, Wakes: wakes, Observer: p.metrics,
	})
	return nil
}

// surroundings returns how long a guest may take to answer, and the computer that it runs
// on.
func (p *parts) surroundings() (within time.Duration, computer host.Computer) {
	switch {
	case p.sim != nil:
		return p.sim.ReadyWithin, p.sim.Computer
	case p.cfg.TestEmulation:
		return readyEmulated, host.Local{}
	}
	return ready, host.Local{}
}

// tellFaults reads every image once, which takes minutes where there are many, and names
// those with which something is wrong.
func (p *parts) tellFaults(ctx context.Context) {
	faults, err := p.images.Faults(ctx)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		p.log.Warn("the images can't be listed", "error", err)
	}
	for _, f := range faults {
		p.log.Warn("something is wrong with an image", "image", f.Name, "reason", f.Reason)
	}
}
