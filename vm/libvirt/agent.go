package libvirt

import (
	"context"
	"fmt"
	"time"

	"github.com/digitalocean/go-libvirt"

	"github.com/dbc-network/dbc/vm"
)

// answerLimit is how long a guest's agent may take to answer. Without it
// libvirtd would wait forever for a hostile one, with one of its workers.
const answerLimit = 10 * time.Second

// SetPassword implements vm.Driver. The agent's error message comes from the
// guest, so it is dropped.
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

// limitAgent applies until the domain's run ends.
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

// isAgents reports whether the guest agent is missing, silent, refused, or
// answered something that libvirt does not understand.
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
