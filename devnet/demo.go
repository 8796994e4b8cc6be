package devnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/x/machine"
)

const (
	// demoCoins is the renter's initial balance in udbc.
	demoCoins = 1000 * dbc
	// The first rental is long enough to look around in afterwards.
	firstSeconds  = 30 * 60
	renewSeconds  = 15 * 60
	secondSeconds = 60
	// stepLimit bounds one step. A guest under software emulation on a busy
	// computer takes a minute, and the end of the second rental more than a
	// minute.
	stepLimit = 6 * time.Minute
)

// Demo follows the rental guide for a renter created for it.
type Demo struct {
	// Home is DBC_HOME.
	Home string
	Out  io.Writer
	// Doing is called with what is starting, and with "" when its line is
	// written. It may be nil.
	Doing func(what string)

	info  Info
	chain *chain.Client
	ring  *market.Keyring

	renter    market.Renter
	listing   machine.Listing
	key       demoKey
	first     rented
	second    rented
	books     books
	begun     time.Time
	stepCount int
}

// rented is a rental with its VM.
type rented struct {
	market.Rented
	node *client.Node
	task api.Task
}

// Begin starts the clock of the first line, which says how long the network took to
// start.
func (d *Demo) Begin() { d.begun = time.Now() }

// Prepare creates a new network if the last one was a demo's too; a devnet that
// somebody else created is used as it is.
func (d *Demo) Prepare(ctx context.Context, programs Programs) error {
	d.Begin()
	p := newPaths(d.Home)
	_, err := os.Stat(p.demoMark)
	switch {
	case err == nil:
		if err := Reset(ctx, d.Home, programs); err != nil {
			return err
		}
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("look for an earlier demo: %w", err)
	}
	if _, err := os.Stat(p.chain); err == nil {
		return nil
	}
	if err := os.MkdirAll(p.dir, 0o755); err != nil {
		return fmt.Errorf("make the devnet's folder: %w", err)
	}
	return os.WriteFile(p.demoMark, nil, 0o644)
}

// Walk runs all steps on a running devnet. Each step waits for its effect.
func (d *Demo) Walk(ctx context.Context, info Info) (err error) {
	d.info = info
	d.chain, err = chain.Dial(ctx, chain.Config{ChainID: info.ChainID, GRPC: info.GRPC, RPC: info.RPC})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.chain.Close()) }()
	if d.ring, err = market.OpenKeyring(d.Home, market.Backend(info.ChainID), nil); err != nil {
		return err
	}
	if !d.begun.IsZero() {
		d.printLine(time.Since(d.begun), "a chain, a node and a machine on the market", "dbc devnet start")
	}
	for _, s := range d.steps() {
		if err := d.do(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// step is one line of the demo. do returns what happened and the command that a
// user would type for it.
type step struct {
	name string
	do   func(ctx context.Context) (happened, command string, err error)
}

func (d *Demo) steps() []step {
	return []step{
		{"make a wallet", d.makeWallet},
		{"get coins", d.getCoins},
		{"find a machine", d.find},
		{"rent on trial", d.rentFirst},
		{"create a VM", d.createFirst},
		{"wait until it runs", d.awaitFirst},
		{"log in by ssh", d.logIn},
		{"confirm", d.confirm},
		{"renew", d.renew},
		{"rent a second slot for a minute", d.rentSecond},
		{"a VM in it", d.createSecond},
		{"wait for the end: the VM stops by itself", d.awaitEnd},
		{"the renter's books", d.checkRenter},
		{"the host's books", d.checkHost},
	}
}

func (d *Demo) do(ctx context.Context, s step) error {
	ctx, cancel := context.WithTimeout(ctx, stepLimit)
	defer cancel()
	begun := time.Now()
	if d.Doing != nil {
		d.Doing(s.name)
	}
	happened, command, err := s.do(ctx)
	if err != nil {
		return fmt.Errorf("demo: %s: %w", s.name, err)
	}
	d.printLine(time.Since(begun), s.name+": "+happened, command)
	return nil
}

func (d *Demo) printLine(took time.Duration, what, command string) {
	d.stepCount++
	if d.Doing != nil {
		d.Doing("")
	}
	fmt.Fprintf(d.Out, "%2d %6.1fs  %s\n", d.stepCount, took.Seconds(), what)
	if command != "" {
		fmt.Fprintf(d.Out, "            $ %s\n", command)
	}
}

// GoOn prints what can be typed now.
func (d *Demo) GoOn() {
	wallet, short := d.renter.Wallet.Name, d.info.MachineID
	fmt.Fprintf(d.Out, `
It goes on until Ctrl-C. In another terminal:
  dbc ssh %s -i %s --wallet %s
  dbc rentals --all --wallet %s
  dbc explain %d
  dbc rent %s 5m --slots 1 --wallet %s
  sudo virsh -c '%s' list --all
`, d.first.task.TaskID, d.key.path, wallet, wallet, d.second.RentID, short, wallet, d.info.Virsh)
}

// Passed returns how many steps are done, and how many there are, counting the
// start of the network.
func (d *Demo) Passed() (done, all int) { return d.stepCount, len(d.steps()) + 1 }

// Summary verifies, after the devnet has ended, that nothing of it still runs,
// and prints what is kept.
func (d *Demo) Summary() error {
	if err := d.info.CheckGone(); err != nil {
		return err
	}
	done, all := d.Passed()
	kept := fmt.Sprintf(`Kept until the next demo or "dbc devnet reset": its chain, node and logs in %s, disks in %s.`, newPaths(d.Home).dir, DataDir(d.Home))
	if d.info.Fake {
		kept = fmt.Sprintf("Kept until the next start: its logs in %s.", newPaths(d.Home).dir)
	}
	fmt.Fprintf(d.Out, `
%d of %d steps passed in %.0fs. No process, interface or socket of the devnet is left.
%s
The demo's wallet is deleted; no other is touched.
`, done, all, time.Since(d.begun).Seconds(), kept)
	return nil
}
