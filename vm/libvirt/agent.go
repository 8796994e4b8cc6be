package libvirt

import (
	"context"
	"fmt"
	"time"

	"github.com/digitalocean/go-libvirt"

	"github.com/dbc-network/dbc/vm"
)

// answerLimit is what a guest's agent has for an answer. Without it libvirtd
// would wait for a hostile one for ever, with one of its workers.
const answerLimit = 10 * time.Second

// SetPassword is vm.Driver. What the agent says of a failure is a guest's words,
// which nobody needs.
func (d *Driver) SetPassword(ctx context.Context, id vm.UUID, user, password string) error {
	dom, now, err := d.find(ctx, id)
	if err != nil {
		return err
	}
	if now.State == vm.StateOff || now.State == vm.StateCrashed {
		return vm.ErrNotRunning
	}
	if err := d.limitAgent(ctx, dom); err != nil {
		return err
	}
	err = run(ctx, &d.link, heavyLimit, func(l *libvirt.Libvirt) error {
		return l.DomainSetUserPassword(dom, libvirt.OptString{user}, libvirt.OptString{password}, 0)
	})
	switch {
	case isCode(err, libvirt.ErrOperationInvalid) && !d.isActive(ctx, id):
		return vm.ErrNotRunning // it ended meanwhile
	case isAgents(err):
		return vm.ErrAgent
	case err != nil:
		return fmt.Errorf("set password: %w", err)
	}
	return nil
}

// limitAgent holds for the rest of the domain's run.
func (d *Driver) limitAgent(ctx context.Context, dom libvirt.Domain) error {
	err := run(ctx, &d.link, callLimit, func(l *libvirt.Libvirt) error {
		_, err := l.DomainAgentSetResponseTimeout(dom, int32(answerLimit/time.Second), 0)
		return err
	})
	if err != nil {
		return fmt.Errorf("limit the agent: %w", err)
	}
	return nil
}

// isAgents: the guest's agent is not there, is silent, refused, or said what
// libvirt doesn't understand.
func isAgents(err error) bool {
	for _, code := range []libvirt.ErrorNumber{
		libvirt.ErrAgentUnresponsive, libvirt.ErrAgentUnsynced, libvirt.ErrAgentCommandTimeout, libvirt.ErrAgentCommandFailed,
		libvirt.ErrInternalError,
	} {
		if isCode(err, code) {
			return true
		}
	}
	return false
}
