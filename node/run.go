package node

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/challenge"
	"github.com/dbc-network/dbc/node/helper"
	"github.com/dbc-network/dbc/node/host"
	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/node/metrics"
	"github.com/dbc-network/dbc/node/p2p"
	"github.com/dbc-network/dbc/node/taskdir"
	"github.com/dbc-network/dbc/node/trust"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/x/machine"
)

const (
	// chainRetry is the pause between two looks for a dbcd at the first start.
	chainRetry = time.Second
	// ready bounds a new guest's way to its SSH banner; emulated ones are slow.
	ready         = 5 * time.Minute
	readyEmulated = 10 * time.Minute
	// journalName is the journal's file.
	journalName = "journal.db"
)

// parts are what a running node is made of, in the order in which they were
// opened; close takes them back.
type parts struct {
	cfg     Config
	log     *slog.Logger
	key     key.Key
	facts   machine.Facts
	binding journal.Binding
	chain   *chain.Client
	pulse   *chain.Pulse
	journal *journal.Journal
	driver  vm.Driver
	net     host.Net
	files   host.Files
	helper  *helper.Client
	// confined is the security driver that keeps guests in.
	confined string
	trust    *trust.Chain
	host     *host.Host
	answers  *challenge.Loop
	peers    *p2p.Host
	metrics  *metrics.Metrics

	closers []func() error
}

// beLean lets garbage grow to half of what is in use, not to as much again: a
// node has little to do and much time, and its computer's memory is for others.
// GOGC, where it is set, holds.
func beLean() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
}

// StateModes gives files the modes that this program states, whatever umask its
// caller has: guests' users pass through folders that nobody else may list.
func StateModes() { syscall.Umask(0o022) }

// Run is the life of a node: it returns nil after ctx is done and everything it
// began has ended. VMs run on and are found again by the next Run.
func Run(ctx context.Context, cfg Config) (err error) {
	beLean()
	switch cfg.Role {
	case RoleClient:
		return runClient(ctx, cfg)
	case RoleMining:
	default:
		return fmt.Errorf("role %q: want %s or %s: %w", cfg.Role, RoleMining, RoleClient, ErrRole)
	}
	if cfg.HelperSocket == "" {
		StateModes()
	}
	p := &parts{cfg: cfg, log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: cfg.LogLevel}))}
	defer func() { err = errors.Join(err, p.close()) }()
	for _, open := range []func(context.Context) error{
		p.openHelper, p.openIdentity, p.openChain, p.openState, p.openHypervisor, p.openHost, p.openAnswers, p.openPeers,
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

func (p *parts) openIdentity(ctx context.Context) (err error) {
	release, err := lockMachine(p.cfg)
	if err != nil {
		return err
	}
	p.onClose(release)
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
	p.pulse = p.chain.Pulse(tellProblem(p.log))
	return nil
}

// tellProblem logs what begins to be wrong with the chain, and its end.
func tellProblem(log *slog.Logger) func(*chain.Problem) {
	return func(now *chain.Problem) {
		if now == nil {
			log.Info("the chain goes on")
			return
		}
		log.Warn("the chain can't be relied on", "code", now.Code, "height", now.Height, "age_s", now.AgeSeconds,
			"block_interval_ms", now.IntervalMillis)
	}
}

// journalPath is in the folder of the node's own user where there is one, also
// for a node that has no helper any more.
func (p *parts) journalPath() string {
	own := filepath.Join(p.cfg.NodeDir(), journalName)
	if info, err := os.Lstat(own); p.helper != nil || err == nil && info.Mode().IsRegular() {
		return own
	}
	return filepath.Join(p.cfg.DataDir, journalName)
}

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
	p.trust, err = trust.New(p.binding, p.chain, p.journal, p.log)
	return err
}

func (p *parts) bind(ctx context.Context) (journal.Binding, error) {
	own := journal.Binding{ChainID: p.cfg.ChainID, MachineID: p.key.MachineID()}
	for told := false; ; told = true {
		head, err := p.chain.Head(ctx)
		if err == nil && head.ChainID != p.cfg.ChainID {
			return own, p.cfg.otherChain(head.ChainID)
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

func (p *parts) openHypervisor(ctx context.Context) error {
	if p.helper != nil {
		p.driver, p.net, p.files = p.helper, p.helper, p.helper
		err := p.helper.Bind(ctx, p.binding)
		p.confined = p.helper.Confined()
		return err
	}
	own, err := openPrivileged(ctx, p.cfg, p.binding, p.log)
	if err != nil {
		return err
	}
	p.onClose(own.Close)
	p.driver, p.net, p.files = own.Driver, own.Net, taskdir.Open(p.cfg.DataDir, image.Overlay)
	p.confined = own.Confined
	return nil
}

func (p *parts) openHost(ctx context.Context) error {
	wakes, err := p.chain.Watch(ctx)
	if err != nil {
		return err
	}
	within := ready
	if p.cfg.TestEmulation {
		within = readyEmulated
	}
	p.metrics = metrics.New(metrics.Sources{
		Tasks: p.journal.Tasks, Word: p.trust.Word, Capacity: host.CapacityOf(p.facts, p.facts), Period: p.cfg.Reconcile,
		Confined: p.confined != "",
		Disks:    map[string]string{"system": "/", "data": p.cfg.DataDir},
	})
	cpus, err := hw.ReadTopology(ctx, hw.Config{})
	if err != nil {
		p.log.Warn("the CPUs' topology can't be read, VMs are not pinned", "error", err)
	}
	images := image.Open(p.cfg.ImageDir())
	p.tellFaults(ctx, images)
	p.host = host.New(host.Config{
		Binding: p.binding, DataDir: p.cfg.DataDir, PublicIP: p.cfg.PublicIP, Bridge: host.Bridge(p.binding),
		GuestCIDR: p.cfg.GuestCIDR, GuestDNS: p.cfg.GuestDNS, Period: p.cfg.Reconcile, ReadyWithin: within, Here: p.facts,
		Layout: host.Divide(cpus, p.cfg.HostCPUs),
	}, host.Deps{
		Journal: p.journal, Driver: p.driver, Images: images, Files: p.files, Net: p.net,
		Rentals: p.trust, Computer: host.Local{}, Log: p.log, Wakes: wakes, Observer: p.metrics,
	})
	return nil
}

// tellFaults reads every image once, and names those that are offered to nobody.
func (p *parts) tellFaults(ctx context.Context, images *image.Store) {
	faults, err := images.Faults(ctx)
	if err != nil {
		p.log.Warn("the images can't be listed", "error", err)
	}
	for _, f := range faults {
		p.log.Warn("an image can't be used and is not offered", "image", f.Name, "reason", f.Reason)
	}
}
