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

	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/vm/libvirt/daemon"
)

// The privileged side is a second process, the only one that runs as root. It
// owns the private libvirtd, the guests' network and the mining node. The
// devnet sends it orders as lines on its standard input. It ends in order when
// that is closed, which the kernel also does for a devnet killed with kill -9.

// order is one line to the privileged side.
type order struct {
	// Do is "begin", "node" or "clean".
	Do string `json:"do"`
	// Home identifies the devnet; the privileged folder is derived from it.
	Home   string `json:"home,omitempty"`
	Images string `json:"images,omitempty"`
	// Dbc is the path of the program that runs the node.
	Dbc    string `json:"dbc,omitempty"`
	Bridge string `json:"bridge,omitempty"`
	CIDR   string `json:"cidr,omitempty"`
	// Wipe also removes the privileged folder.
	Wipe bool `json:"wipe,omitempty"`
}

// report is one line from the privileged side.
type report struct {
	// Event is "libvirt", "node", "died" or "clean".
	Event  string `json:"event"`
	Socket string `json:"socket,omitempty"`
	// OldImage is the number of disks for which an older image was kept.
	OldImage int     `json:"old_image,omitempty"`
	Node     Process `json:"node,omitzero"`
	Error    string  `json:"error,omitempty"`
}

const (
	// Guests are not given their minute to shut down: the end of the node does
	// not stop guests, that of the private libvirtd does, hard.
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

// RunHost runs the privileged side. It returns after everything it created has
// been removed.
func RunHost(ctx context.Context, in io.Reader, out io.Writer, log *slog.Logger) error {
	if os.Geteuid() != 0 {
		return errors.New("the devnet's privileged side runs as root")
	}
	conf.StateModes()
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
	// Not ctx, which is done by now: leaving things behind is not worth the
	// hurry.
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupGrace)
	defer cancel()
	err = errors.Join(err, p.clean(clean, first.Wipe))
	if err == nil && first.Do == "clean" {
		_ = p.out.Encode(report{Event: "clean"})
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
	oldImage, err := p.prepare(ctx)
	if err != nil {
		return err
	}
	// Remove what a killed one left behind first.
	if err := p.clean(ctx, false); err != nil {
		return err
	}
	libvirtd, err := daemon.Start(ctx, p.libvirt())
	if err != nil {
		return fmt.Errorf("start private libvirtd: %w", err)
	}
	if err := p.out.Encode(report{Event: "libvirt", Socket: libvirtd.Socket(), OldImage: oldImage}); err != nil {
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
			_ = p.out.Encode(report{Event: "died", Error: err.Error()})
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
	// The log is in a folder of root: a file in the caller's folder could be a
	// link.
	p.node, err = start("mining node", filepath.Join(p.dir, "logs", "node.log"), cmd, true)
	if err != nil {
		return err
	}
	return p.out.Encode(report{Event: "node", Node: p.node.Process})
}

func (p *privileged) libvirt() daemon.Config {
	return daemon.Config{Dir: filepath.Join(p.dir, "libvirt"), Logger: p.log}
}

// clean stops and removes everything in the reverse order of creation. It needs
// no state of this process, so it also works after a kill -9.
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
