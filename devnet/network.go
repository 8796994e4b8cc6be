package devnet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/devnet/fake"
	"github.com/dbc-network/dbc/node/clientnode"
	"github.com/dbc-network/dbc/node/compute"
	"github.com/dbc-network/dbc/node/conf"
)

// Options say which fake devnet to start. The zero value is usable.
type Options struct {
	// Home is DBC_HOME; "" makes a folder that Close deletes.
	Home string
	// Dbcd is the chain's program; "" is the one beside this program, in $DBCD or in PATH.
	Dbcd string
	// Fast shortens time windows, so that deadlines can be watched passing.
	Fast bool
	// BlockPause is the pause between two blocks, 0 for 200 ms.
	BlockPause time.Duration
	// Note is called with each step of the start. It may be nil.
	Note func(step string)
}

// Network is a fake devnet: a real chain, compute node and client node, with virtual
// machines that are simulated. It needs no privileges and no libvirt, chooses free ports,
// and begins anew with each start; wallets stay. The nodes run in this process.
type Network struct {
	*devnet
	side *fake.Side
	mark fakeMark
	// temporary is a home that Close deletes.
	temporary bool

	renters *running
	control *http.Server
	// ordering lets one order at a time change what runs.
	ordering sync.Mutex
	compute  *running

	mu     sync.Mutex
	faults map[Fault]bool

	// ended is closed with the first part that ended by itself, or by a stop.
	ended  chan struct{}
	once   sync.Once
	reason error
}

// running is a node in this process.
type running struct {
	cancel context.CancelFunc
	done   chan struct{}
	err    error
}

const fakeBlockPause = 200 * time.Millisecond

// StartFake starts a fake devnet and returns when everything answers. Its nodes run until
// Close, not until ctx is done.
func StartFake(ctx context.Context, o Options) (n *Network, err error) {
	programs, err := FindPrograms("")
	if err != nil {
		return nil, err
	}
	if o.Dbcd != "" {
		programs.Dbcd = o.Dbcd
	}
	if programs.Dbcd, err = findDbcd(programs.Dbcd); err != nil {
		return nil, err
	}
	n = &Network{temporary: o.Home == "", faults: map[Fault]bool{}, ended: make(chan struct{})}
	if n.temporary {
		if o.Home, err = os.MkdirTemp("", "dbc-home-"); err != nil {
			return nil, fmt.Errorf("make a home: %w", err)
		}
	}
	cfg := Config{Home: o.Home, Programs: programs, Fast: o.Fast, Note: o.Note, blockPause: o.BlockPause}
	if cfg.blockPause == 0 {
		cfg.blockPause = fakeBlockPause
	}
	if cfg.Note == nil {
		cfg.Note = func(string) {}
	}
	n.devnet = &devnet{cfg: cfg, paths: newPaths(o.Home)}
	starting, cancel := context.WithTimeout(ctx, startGrace)
	defer cancel()
	if err := n.start(starting); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	go n.guard()
	return n, nil
}

func (n *Network) start(ctx context.Context) error {
	for _, step := range []struct {
		note string
		do   func(context.Context) error
	}{
		{"", n.acquireFake},
		{"chain", n.startChain},
		{"compute node", n.startCompute},
		{"machine on the market", n.offer},
		{"client node", n.startRenters},
		{"", n.listenControl},
	} {
		if step.note != "" {
			n.cfg.Note(step.note)
		}
		if err := step.do(ctx); err != nil {
			return err
		}
	}
	n.info.Started = time.Now().UTC()
	return n.info.write(n.paths.info)
}

// Info describes the running network: addresses, accounts and processes.
func (n *Network) Info() Info { return n.info }

// FirstPort is the first of the ports that the machine can publish for guests.
func (n *Network) FirstPort() uint16 { return n.ports.First }

// Chain is a connection to the network's chain, until Close.
func (n *Network) Chain() *chain.Client { return n.chain }

// Renter makes a wallet with coins from the faucet, in udbc, and returns its renter.
func (n *Network) Renter(ctx context.Context, name string, udbc uint64) (market.Renter, error) {
	wallet, _, err := n.ring.Create(name)
	if err != nil {
		return market.Renter{}, err
	}
	if _, err := Fund(ctx, n.chain, n.ring, wallet.Address(), udbc); err != nil {
		return market.Renter{}, err
	}
	return market.Renter{Chain: n.chain, Wallet: wallet}, nil
}

// Machine asks the network's machine, through the client node, in a renter's name.
func (n *Network) Machine(r market.Renter) (*client.Node, error) {
	return client.NewNode(client.NodeConfig{
		URL: n.info.Client, ChainID: n.info.ChainID, MachineID: n.info.MachineID, Signer: r.Wallet,
	})
}

// Ended is closed when a part has ended by itself or the network was told to stop; Close
// then returns the reason.
func (n *Network) Ended() <-chan struct{} { return n.ended }

func (n *Network) end(reason error) {
	n.once.Do(func() {
		n.reason = reason
		close(n.ended)
	})
}

// guard ends the network when its chain or a node has ended by itself.
func (n *Network) guard() {
	select {
	case <-n.ended:
	case <-n.dbcd.done:
		n.end(n.dbcd.died())
	case <-n.renters.done:
		n.end(errors.Join(fmt.Errorf("client node %w, see %s", ErrDied, n.logFile("client0")), n.renters.err))
	}
}

// Close ends the network and deletes what it made but wallets and logs. It returns why the
// network ended by itself, if it did.
func (n *Network) Close() error {
	n.end(nil)
	errs := []error{n.reason}
	if n.control != nil {
		errs = append(errs, n.control.Close())
	}
	n.ordering.Lock()
	defer n.ordering.Unlock()
	if n.dbcd != nil && n.isOrdered(ChainStalled) {
		errs = append(errs, n.dbcd.thaw()) // or it could not end
	}
	for _, node := range []*running{n.renters, n.compute} {
		errs = append(errs, node.stop())
	}
	if n.side != nil {
		errs = append(errs, n.side.Close())
	}
	lock := n.lock
	n.lock = nil // held until all is deleted
	errs = append(errs, n.stop())
	if lock != nil {
		// The file that says that it runs goes last: who waits for that may start anew.
		errs = append(errs, n.mark.remove(n.paths), lock(), os.RemoveAll(n.paths.info))
	}
	if n.temporary {
		errs = append(errs, os.RemoveAll(n.cfg.Home))
	}
	return errors.Join(errs...)
}

// acquireFake locks the home, deletes what an earlier fake devnet left, and opens
// everything that needs no process.
func (n *Network) acquireFake(ctx context.Context) (err error) {
	if err := os.MkdirAll(n.paths.dir, 0o755); err != nil {
		return fmt.Errorf("make the devnet's folder: %w", err)
	}
	lock, err := lockFile(n.paths.lock)
	if err != nil {
		return err
	}
	if n.mark, err = newFakeMark(n.paths); err != nil {
		return errors.Join(err, lock())
	}
	n.lock = lock
	if n.ports, n.release, err = freeBlock(ctx); err != nil {
		return err
	}
	if n.ring, err = market.OpenKeyring(n.cfg.Home, market.Backend(ChainID), nil); err != nil {
		return err
	}
	accounts, err := openAccounts(n.ring)
	if err != nil {
		return err
	}
	self, err := newProcess(os.Getpid())
	if err != nil {
		return err
	}
	if err := fake.WriteImage(filepath.Join(n.mark.Data, "images")); err != nil {
		return err
	}
	n.info = n.describe(accounts, self)
	n.info.Fake, n.info.DataDir, n.info.GuestCIDR = true, n.mark.Data, fakeGuests
	n.info.Control = filepath.Join(n.mark.Data, "control.sock")
	n.side, err = fake.New(ctx, n.logWriter("node"))
	return err
}

// fakeGuests is the network of simulated guests; nothing of it exists.
const fakeGuests = "10.255.0.0/24"

// offer bonds the machine and puts it on the market.
func (n *Network) offer(ctx context.Context) error {
	if err := n.bond(ctx); err != nil {
		return err
	}
	return n.list(ctx)
}

func (n *Network) startCompute(ctx context.Context) error {
	if err := n.configureNode(ctx, map[string]string{"reconcile_seconds": "1"}); err != nil {
		return err
	}
	if err := n.runCompute(); err != nil {
		return err
	}
	return n.awaitFake(ctx, "the compute node's API", n.compute, "node", func() bool {
		return answers(ctx, n.info.Node, func(r api.Root) bool { return r.Doubt == "" })
	})
}

func (n *Network) runCompute() (err error) {
	cfg, err := conf.LoadCompute(n.paths.mining)
	if err != nil {
		return err
	}
	cfg.RunDir = filepath.Join(n.mark.Data, "run")
	sim := compute.Simulation{
		Privileged: n.side.Open, Computer: n.side.Computer(), ReadyWithin: fake.ReadyWithin, Log: n.logWriter("node"),
	}
	n.compute = run(func(ctx context.Context) error { return compute.Simulate(ctx, cfg, sim) })
	return nil
}

func (n *Network) startRenters(ctx context.Context) error {
	if err := n.configureClient(); err != nil {
		return err
	}
	cfg, err := conf.LoadClient(n.paths.client)
	if err != nil {
		return err
	}
	n.renters = run(func(ctx context.Context) error {
		return clientnode.Wrapped(ctx, cfg, n.logWriter("client0"), n.loseReplies)
	})
	return n.awaitFake(ctx, "the client node's API", n.renters, "client0", func() bool {
		return answers(ctx, n.info.Client, func(s api.ClientRoot) bool { return s.Doubt == "" && s.Peers > 0 })
	})
}

// run runs a node in this process.
func run(node func(context.Context) error) *running {
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		r.err = node(ctx)
	}()
	return r
}

// stop ends the node and returns what went wrong with it.
func (r *running) stop() error {
	if r == nil {
		return nil
	}
	r.cancel()
	<-r.done
	return r.err
}

func (n *Network) awaitFake(ctx context.Context, what string, r *running, log string, ready func() bool) error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !ready() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, context.Cause(ctx))
		case <-r.done:
			return errors.Join(fmt.Errorf("%s: %w, see %s", what, ErrDied, n.logFile(log)), r.err)
		case <-ticker.C:
		}
	}
	return nil
}

// logWriter appends to a log; each line opens the file anew, so that nothing has to be
// closed after the last part that writes.
func (n *Network) logWriter(name string) logWriter { return logWriter(n.logFile(name)) }

type logWriter string

func (l logWriter) Write(line []byte) (int, error) {
	out, err := openLog(string(l))
	if err != nil {
		return 0, err
	}
	n, err := out.Write(line)
	return n, errors.Join(err, out.Close())
}

// findDbcd returns the program at path, or the one that DBCD names or PATH has.
func findDbcd(path string) (string, error) {
	if _, err := os.Stat(path); err == nil {
		return path, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("find dbcd: %w", err)
	}
	return findProgram("dbcd", path)
}
