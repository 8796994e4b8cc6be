package compute

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/vm"
)

// Privileged is the privileged side of a compute node: in this process, or behind
// the helper's socket.
type Privileged interface {
	host.Machines
	host.Files
	host.Net
	vm.Cards
}

var (
	_ Privileged = (*helper.Client)(nil)
	_ Privileged = (*guests.Local)(nil)
)

// openHelper waits for the privileged process, if core.conf names one; this
// process then has no privileges.
func (p *parts) openHelper(ctx context.Context) (err error) {
	if p.cfg.HelperSocket == "" {
		return nil
	}
	if os.Geteuid() == 0 && !p.cfg.AllowRoot {
		return fmt.Errorf("helper_socket is set, so the node needs no privileges, but it runs as root; "+
			"run it as the user that the helper serves, or with --allow-root: %w", ErrRoot)
	}
	p.helper, err = helper.Dial(helper.ClientConfig{Socket: p.cfg.HelperSocket, Logger: p.log})
	if err != nil {
		return err
	}
	p.onClose(p.helper.Close)
	return p.helper.Await(ctx)
}

// openOwn opens the privileged side in this process. What an earlier build made has
// no record yet; this process has always been trusted to say whose it is.
func (p *parts) openOwn(ctx context.Context) (*guests.Local, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	rules, err := guests.RulesOf(ctx, p.cfg.Guests)
	if err != nil {
		return nil, fmt.Errorf("read this computer: %w", err)
	}
	cfg := guests.Config{Guests: p.cfg.Guests, Reset: append([]string{self}, ResetCommand...), Resets: &p.resets, Logger: p.log}
	own, err := guests.New(ctx, rules, p.binding, func(ctx context.Context, b names.Binding) (guests.Parts, error) {
		return guests.Open(ctx, cfg, b)
	})
	if err != nil {
		return nil, err
	}
	kept, err := keptBy(p.journal)
	if err == nil {
		err = own.Adopt(kept)
	}
	if err != nil {
		return nil, errors.Join(err, own.Close())
	}
	return own, nil
}
