package devnet

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/vm/libvirt/daemon"
)

// The privileged side is a second process, the only one that runs as root: it
// has the private libvirtd, the guests' network and the mining node. The
// devnet tells it what to do by lines on its standard input, and it ends in
// order when that closes, which the kernel does for a devnet killed -9.

// order is one line to the privileged side.
type order struct {
	// Do is "begin", "node" or "clean".
	Do string `json:"do"`
	// Home names the devnet; the privileged folder follows from it.
	Home   string `json:"home,omitempty"`
	Images string `json:"images,omitempty"`
	// Dbc is the program that the node runs as.
	Dbc    string `json:"dbc,omitempty"`
	Bridge string `json:"bridge,omitempty"`
	CIDR   string `json:"cidr,omitempty"`
	// Wipe removes the privileged folder as well.
	Wipe bool `json:"wipe,omitempty"`
}

// word is one line from it.
type word struct {
	// Event is "libvirt", "node", "died" or "clean".
	Event  string  `json:"event"`
	Socket string  `json:"socket,omitempty"`
	Node   Process `json:"node,omitzero"`
	Error  string  `json:"error,omitempty"`
}

const (
	// A guest's minute of shutdown is not waited for: the node's own end does
	// not stop guests, the private libvirtd's does, hard.
	nodeGrace    = 30 * time.Second
	cleanupGrace = 60 * time.Second
)

// privileged is the state of the privileged side.
type privileged struct {
	order order
	dir   string
	out   *json.Encoder
	log   *slog.Logger
	node  *child
}

// RunHost is the privileged side. It returns after everything it made is gone.
func RunHost(ctx context.Context, in io.Reader, out io.Writer, log *slog.Logger) error {
	if os.Geteuid() != 0 {
		return errors.New("the devnet's privileged side runs as root")
	}
	node.StateModes()
	orders := readOrders(in)
	first, ok := <-orders
	if !ok || !filepath.IsAbs(first.Home) || filepath.Clean(first.Home) != first.Home {
		return errors.New("the devnet's privileged side is started by dbc devnet only")
	}
	p := &privileged{order: first, dir: DataDir(first.Home), out: json.NewEncoder(out), log: log}
	release, err := p.lock(ctx)
	if err != nil {
		return err
	}
	defer release()
	if first.Do == "begin" {
		err = p.serve(ctx, orders)
	}
	// Not ctx: it is done by now, and leaving things behind is no way to hurry.
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupGrace)
	defer cancel()
	err = errors.Join(err, p.clean(clean, first.Wipe))
	if err == nil && first.Do == "clean" {
		_ = p.out.Encode(word{Event: "clean"})
	}
	return err
}

// readOrders closes the channel when the input ends.
func readOrders(in io.Reader) <-chan order {
	orders := make(chan order)
	go func() {
		defer close(orders)
		lines := bufio.NewScanner(in)
		for lines.Scan() {
			var o order
			if json.Unmarshal(lines.Bytes(), &o) != nil {
				return
			}
			orders <- o
		}
	}()
	return orders
}

func (p *privileged) serve(ctx context.Context, orders <-chan order) error {
	if err := p.prepare(); err != nil {
		return err
	}
	// What a killed one left behind goes first.
	if err := p.clean(ctx, false); err != nil {
		return err
	}
	libvirtd, err := daemon.Start(ctx, p.libvirt())
	if err != nil {
		return fmt.Errorf("start private libvirtd: %w", err)
	}
	if err := p.out.Encode(word{Event: "libvirt", Socket: libvirtd.Socket()}); err != nil {
		return fmt.Errorf("tell the devnet: %w", err)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case o, open := <-orders:
			if !open {
				return nil
			}
			if err := p.startNode(o); err != nil {
				return err
			}
		case <-p.nodeDone():
			err := p.node.died()
			_ = p.out.Encode(word{Event: "died", Error: err.Error()})
			return err
		}
	}
}

func (p *privileged) nodeDone() <-chan struct{} {
	if p.node == nil {
		return nil
	}
	return p.node.done
}

func (p *privileged) startNode(o order) error {
	if o.Do != "node" || p.node != nil {
		return fmt.Errorf("order %q is not expected", o.Do)
	}
	if err := p.rememberNetwork(network{Bridge: o.Bridge, CIDR: o.CIDR}); err != nil {
		return err
	}
	mining := newPaths(p.order.Home).mining
	//nolint:noctx // clean ends it in its turn
	cmd := exec.Command(p.order.Dbc, "node", "start", "--home", mining, "--run-dir", filepath.Join(p.dir, "run"))
	cmd.Dir = "/"
	var err error
	// Its log is root's own: one in the caller's folder could be a link.
	p.node, err = start("mining node", filepath.Join(p.dir, "logs", "node.log"), cmd, true)
	if err != nil {
		return err
	}
	return p.out.Encode(word{Event: "node", Node: p.node.Process})
}

func (p *privileged) libvirt() daemon.Config {
	return daemon.Config{Dir: filepath.Join(p.dir, "libvirt"), Logger: p.log}
}

// clean ends and removes everything, in the reverse order of its making. It
// needs no memory of this process, so it serves after a kill -9 too.
func (p *privileged) clean(ctx context.Context, wipe bool) error {
	var errs []error
	if p.node != nil {
		errs = append(errs, p.node.stop(nodeGrace))
		p.node = nil
	}
	errs = append(errs, daemon.Stop(ctx, p.libvirt()))
	errs = append(errs, p.removeNetwork(ctx))
	if wipe {
		errs = append(errs, os.RemoveAll(p.dir))
	}
	return errors.Join(errs...)
}
