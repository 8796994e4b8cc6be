// Package devnet runs the whole system on one computer: a chain with one
// validator, a private libvirtd, a mining node with simulated slots, a client node
// with a faucet, and accounts to experiment with. Everything but the GPUs is real.
//
// One process supervises the others. What it starts ends with it, in reverse
// order, and if a part ends unexpectedly, the whole devnet ends with its reason.
package devnet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client/market"
)

const (
	// startGrace bounds the start. A cold start of libvirtd takes longest.
	startGrace = 3 * time.Minute
	sideGrace  = nodeGrace + cleanupGrace + 10*time.Second
	chainGrace = 30 * time.Second
)

// Config says which devnet to run.
type Config struct {
	// Home is DBC_HOME.
	Home     string
	Programs Programs
	// Fast shortens time windows, so that deadlines can be watched passing. It
	// takes effect when the chain is created.
	Fast bool
	// Note is called with each step of the start. It may be nil.
	Note func(step string)
	// Problem is called with a new problem of the running chain, and with nil
	// when it is over. It may be nil.
	Problem func(*api.Problem)
	// blockPause is the pause between two blocks, 0 for a second.
	blockPause time.Duration
}

const blockPause = time.Second

// devnet is the state of a running devnet.
type devnet struct {
	cfg   Config
	paths paths
	ports ports
	info  Info
	ring  *market.Keyring
	chain *chain.Client

	lock func() error
	// release releases the ports.
	release func() error
	dbcd    *child
	side    *side
	client  *child
}

// Run starts the devnet, calls ready once everything answers, and runs until
// ctx is done, ready returns an error, or a part ends unexpectedly. If ready
// returns nil, it keeps running. Everything has ended when Run returns.
func Run(ctx context.Context, cfg Config, ready func(ctx context.Context, info Info) error) (err error) {
	if err := cfg.Programs.check(); err != nil {
		return err
	}
	d := &devnet{cfg: cfg, paths: newPaths(cfg.Home)}
	if d.cfg.Note == nil {
		d.cfg.Note = func(string) {}
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	starting, cancel := context.WithTimeout(ctx, startGrace)
	err = d.start(starting)
	cancel()
	if err != nil {
		if ctx.Err() != nil {
			return nil // told to end while starting, which is not a failure
		}
		return err
	}
	working, end := context.WithCancelCause(ctx)
	go d.guard(working, end)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer end(nil)
	watching.Go(func() { d.chain.Pulse(d.cfg.Problem).Run(working) })
	if err := ready(working, d.info); err != nil {
		if errors.Is(err, ErrEnough) {
			return nil
		}
		if cause := context.Cause(working); cause != nil && !errors.Is(cause, context.Canceled) {
			return cause
		}
		return err
	}
	<-working.Done()
	if ctx.Err() != nil {
		return nil
	}
	return context.Cause(working)
}

// guard ends the devnet when one of its parts has ended.
func (d *devnet) guard(ctx context.Context, end context.CancelCauseFunc) {
	select {
	case <-ctx.Done():
	case <-d.dbcd.done:
		end(d.dbcd.died())
	case <-d.client.done:
		end(d.client.died())
	case w := <-d.side.reports:
		end(fmt.Errorf("mining node: %s", w.Error))
	case <-d.side.done:
		end(d.side.died())
	}
}

func (d *devnet) start(ctx context.Context) error {
	steps := []struct {
		note string
		do   func(context.Context) error
	}{
		{"", d.acquire},
		{"chain and libvirtd", d.startParts},
		{"mining node", d.startNode},
		{"machine on the market", d.list},
		{"client node", d.startClient},
	}
	for _, step := range steps {
		if step.note != "" {
			d.cfg.Note(step.note)
		}
		if err := step.do(ctx); err != nil {
			return err
		}
	}
	d.info.Started = time.Now().UTC()
	return d.info.write(d.paths.info)
}

// acquire locks the home and opens everything that needs no process.
func (d *devnet) acquire(ctx context.Context) (err error) {
	if err := os.MkdirAll(d.paths.dir, 0o755); err != nil {
		return fmt.Errorf("make the devnet's folder: %w", err)
	}
	if d.lock, err = lockFile(d.paths.lock); err != nil {
		return err
	}
	if _, err := os.Stat(d.paths.fakeMark); !errors.Is(err, os.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("%s %w: dbc devnet reset deletes it", d.paths.dir, ErrFake))
	}
	if err := claim(d.cfg.Home); err != nil {
		return err
	}
	if d.ports, d.release, err = freePorts(ctx); err != nil {
		return err
	}
	cidr, err := guestNetwork(d.cfg.Home)
	if err != nil {
		return err
	}
	if d.ring, err = market.OpenKeyring(d.cfg.Home, market.Backend(ChainID), nil); err != nil {
		return err
	}
	accounts, err := openAccounts(d.ring)
	if err != nil {
		return err
	}
	self, err := newProcess(os.Getpid())
	if err != nil {
		return err
	}
	d.info = d.describe(accounts, self)
	d.info.GuestCIDR, d.info.DataDir = cidr.String(), DataDir(d.cfg.Home)
	return nil
}

// describe returns what is known before anything runs.
func (d *devnet) describe(accounts map[string]string, self Process) Info {
	return Info{
		ChainID: ChainID, Home: d.cfg.Home, Fast: d.cfg.Fast, Accounts: accounts,
		RPC: "http://" + local(d.ports.RPC), GRPC: local(d.ports.GRPC), REST: "http://" + local(d.ports.REST),
		Node: "http://" + local(d.ports.Node), Client: "http://" + local(d.ports.Client),
		Processes: map[string]Process{supervisor: self},
	}
}

// lockFile takes a lock that the kernel drops with the process, however that
// ends. It is released explicitly, because after a mere close a program that is
// just being started could hold it for a moment.
func lockFile(path string) (release func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the devnet's lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: dbc devnet status shows it", ErrRunning)
		}
		return nil, fmt.Errorf("lock the devnet: %w", err)
	}
	return func() error { return errors.Join(syscall.Flock(int(f.Fd()), syscall.LOCK_UN), f.Close()) }, nil
}

// startParts starts the two parts that do not need each other concurrently.
func (d *devnet) startParts(ctx context.Context) error {
	var err error
	d.side, err = startSide(ctx, d.logFile("host"), order{
		Do: "begin", Home: d.cfg.Home, Images: d.cfg.Programs.Images, Dbc: d.cfg.Programs.Dbc,
	})
	if err != nil {
		return err
	}
	if err := d.startChain(ctx); err != nil {
		return err
	}
	w, err := d.side.await(ctx, "libvirt")
	if err != nil {
		return err
	}
	if w.OldImage > 0 {
		d.cfg.Note(fmt.Sprintf("%s is newer than the one under the disks of %d virtual machines, which is kept: dbc devnet reset deletes them and takes the new one",
			tinyImage, w.OldImage))
	}
	d.info.Virsh = "qemu+unix:///system?socket=" + w.Socket
	return d.configureNode(ctx, map[string]string{"libvirt_socket": w.Socket, "test_emulation": "true", "reconcile_seconds": "2"})
}

func (d *devnet) startChain(ctx context.Context) error {
	maker := genesisMaker{
		dbcd: d.cfg.Programs.Dbcd, home: d.paths.chain, keys: d.keys(), accounts: d.info.Accounts, fast: d.cfg.Fast,
		pause: cmp.Or(d.cfg.blockPause, blockPause),
	}
	if err := maker.ensure(ctx); err != nil {
		return err
	}
	cmd := exec.Command(d.cfg.Programs.Dbcd, //nolint:noctx // outlives the start; stop ends it in its turn
		"start", "--home", d.paths.chain,
		"--minimum-gas-prices", "0.01"+chain.Denom,
		"--rpc.laddr", "tcp://"+local(d.ports.RPC), "--rpc.pprof_laddr", "",
		"--p2p.laddr", "tcp://"+local(d.ports.P2P),
		"--grpc.enable", "--grpc.address", local(d.ports.GRPC),
		"--api.enable", "--api.address", "tcp://"+local(d.ports.REST),
		"--log_level", "info", "--log_no_color")
	var err error
	if d.dbcd, err = start("dbcd", d.logFile("dbcd"), cmd, true); err != nil {
		return err
	}
	d.info.Processes["dbcd"] = d.dbcd.Process
	d.chain, err = chain.Dial(ctx, chain.Config{ChainID: ChainID, GRPC: d.info.GRPC, RPC: d.info.RPC})
	if err != nil {
		return err
	}
	first := int64(-1)
	return until(ctx, "the chain's first block", d.dbcd, func() bool {
		head, err := d.chain.Head(ctx)
		if err != nil {
			return false
		}
		if first < 0 {
			first = head.Height
		}
		// An old chain's last block is reported before this process makes one,
		// and until then the application refuses some queries.
		if head.Height == 0 || head.Height == first {
			return false
		}
		// A first block is reported before the application has committed it.
		_, err = d.chain.MachineParams(ctx)
		return err == nil
	})
}

// stop undoes start, in reverse order.
func (d *devnet) stop() error {
	var errs []error
	if d.client != nil {
		errs = append(errs, d.client.stop(nodeGrace))
	}
	if d.side != nil {
		errs = append(errs, d.side.end(sideGrace))
	}
	if d.chain != nil {
		errs = append(errs, d.chain.Close())
	}
	if d.dbcd != nil {
		errs = append(errs, d.dbcd.stop(chainGrace))
	}
	if d.release != nil {
		errs = append(errs, d.release())
	}
	if d.lock != nil {
		if err := os.Remove(d.paths.info); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, fmt.Errorf("remove devnet.json: %w", err))
		}
		errs = append(errs, d.lock())
	}
	return errors.Join(errs...)
}
