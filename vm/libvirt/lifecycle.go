package libvirt

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/digitalocean/go-libvirt"

	"github.com/dbc-network/dbc/vm"
)

// agentLimit bounds the second way of asking: a guest may accept the agent's
// command and never answer.
const agentLimit = 10 * time.Second

// Define implements vm.Driver.
func (d *Driver) Define(ctx context.Context, spec vm.Spec) error {
	if err := spec.Validate(); err != nil {
		return err
	}
	if err := d.refuseForeign(ctx, spec.UUID); err != nil {
		return err
	}
	uid, err := d.user(spec)
	if err != nil {
		return err
	}
	for _, socket := range []string{spec.ConsoleSocket, spec.VNCSocket} {
		if err := d.makeSocketDir(filepath.Dir(socket), uid); err != nil {
			return err
		}
	}
	text, err := d.document(spec)
	if err != nil {
		return err
	}
	err = run(ctx, &d.link, callLimit, func(l *libvirt.Libvirt) error {
		_, err := l.DomainDefineXMLFlags(text, libvirt.DomainDefineValidate)
		return err
	})
	if err != nil {
		return fmt.Errorf("define domain: %w", err)
	}
	return nil
}

// refuseForeign prevents Define from taking over a domain that it did not
// create.
func (d *Driver) refuseForeign(ctx context.Context, id vm.UUID) error {
	raw, err := parseUUID(id)
	if err != nil {
		return err
	}
	dom, err := call(ctx, &d.link, callLimit, func(l *libvirt.Libvirt) (libvirt.Domain, error) {
		return l.DomainLookupByUUID(raw)
	})
	if errors.Is(err, vm.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look up domain: %w", err)
	}
	ours, err := d.isOurs(ctx, dom)
	if err != nil {
		return err
	}
	if !ours {
		return fmt.Errorf("%w: uuid is %s, which is the domain %q of somebody else", vm.ErrBadSpec, id, dom.Name)
	}
	return nil
}

// Start implements vm.Driver.
func (d *Driver) Start(ctx context.Context, id vm.UUID) error {
	dom, now, err := d.find(ctx, id)
	if err != nil {
		return err
	}
	switch now.State {
	case vm.StateRunning, vm.StateStopping:
		return nil
	case vm.StatePaused:
		return d.Resume(ctx, id)
	}
	d.clearAsked(id)
	if d.lets {
		domain, err := d.live(ctx, dom)
		if err != nil {
			return err
		}
		if err := d.admit(domain); err != nil {
			return fmt.Errorf("let the guest use KVM: %w", err)
		}
	}
	own, limit, done, err := d.heavy(ctx, dom)
	if err != nil {
		return err
	}
	defer done()
	err = run(ctx, own, limit, func(l *libvirt.Libvirt) error { return l.DomainCreate(dom) })
	if isCode(err, libvirt.ErrOperationInvalid) && d.isActive(ctx, id) {
		return nil // another caller was faster
	}
	if err != nil {
		return fmt.Errorf("start domain: %w", err)
	}
	return nil
}

// Shutdown implements vm.Driver. It presses the power button, which every guest
// with ACPI handles, and also asks the agent, for guests that ignore the
// button.
func (d *Driver) Shutdown(ctx context.Context, id vm.UUID) error {
	dom, now, err := d.find(ctx, id)
	if err != nil {
		return err
	}
	if now.State != vm.StateRunning && now.State != vm.StateStopping {
		return nil
	}
	d.setAsked(id, dom.ID)
	err = run(ctx, &d.link, callLimit, func(l *libvirt.Libvirt) error {
		return l.DomainShutdownFlags(dom, libvirt.DomainShutdownAcpiPowerBtn)
	})
	if err != nil && !isCode(err, libvirt.ErrOperationInvalid) {
		d.clearAsked(id)
		return fmt.Errorf("press power button: %w", err)
	}
	d.background.Go(func() { d.askAgent(dom) })
	return nil
}

// askAgent fails if the guest has no agent, or is off by now. Neither matters.
func (d *Driver) askAgent(dom libvirt.Domain) {
	ctx, cancel := context.WithTimeout(d.life, agentLimit)
	defer cancel()
	err := d.limitAgent(ctx, dom)
	if err == nil {
		err = run(ctx, &d.link, heavyLimit, func(l *libvirt.Libvirt) error {
			return l.DomainShutdownFlags(dom, libvirt.DomainShutdownGuestAgent)
		})
	}
	if err != nil {
		d.log.Debug("guest agent did not shut the guest down", "domain", dom.Name, "err", err)
	}
}

// Stop implements vm.Driver. libvirt returns when the emulator process has
// ended.
func (d *Driver) Stop(ctx context.Context, id vm.UUID) error {
	dom, now, err := d.find(ctx, id)
	if errors.Is(err, vm.ErrNotFound) {
		return nil
	}
	if err != nil || now.State == vm.StateOff || now.State == vm.StateCrashed {
		return err
	}
	own, limit, done, err := d.heavy(ctx, dom)
	if errors.Is(err, vm.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	defer done()
	err = run(ctx, own, limit, func(l *libvirt.Libvirt) error {
		return l.DomainDestroyFlags(dom, libvirt.DomainDestroyDefault)
	})
	if errors.Is(err, vm.ErrNotFound) || isCode(err, libvirt.ErrOperationInvalid) && !d.isActive(ctx, id) {
		return nil // it ended by itself meanwhile
	}
	if err != nil {
		return fmt.Errorf("destroy domain: %w", err)
	}
	d.clearAsked(id)
	return nil
}

// Pause implements vm.Driver.
func (d *Driver) Pause(ctx context.Context, id vm.UUID) error {
	return d.toggle(ctx, id, vm.StatePaused, (*libvirt.Libvirt).DomainSuspend)
}

// Resume implements vm.Driver.
func (d *Driver) Resume(ctx context.Context, id vm.UUID) error {
	return d.toggle(ctx, id, vm.StateRunning, (*libvirt.Libvirt).DomainResume)
}

// Reset implements vm.Driver. It cancels an earlier request to shut down,
// because the guest restarts.
func (d *Driver) Reset(ctx context.Context, id vm.UUID) error {
	dom, now, err := d.find(ctx, id)
	if err != nil {
		return err
	}
	if now.State == vm.StateOff || now.State == vm.StateCrashed {
		return vm.ErrNotRunning
	}
	err = run(ctx, &d.link, callLimit, func(l *libvirt.Libvirt) error { return l.DomainReset(dom, 0) })
	if isCode(err, libvirt.ErrOperationInvalid) && !d.isActive(ctx, id) {
		return vm.ErrNotRunning // it ended meanwhile
	}
	if err != nil {
		return fmt.Errorf("reset domain: %w", err)
	}
	d.clearAsked(id)
	return d.Resume(ctx, id)
}

func (d *Driver) toggle(ctx context.Context, id vm.UUID, want vm.State, do func(*libvirt.Libvirt, libvirt.Domain) error) error {
	dom, now, err := d.find(ctx, id)
	if err != nil {
		return err
	}
	if settled, err := isSettled(now.State, want); settled {
		return err
	}
	err = run(ctx, &d.link, callLimit, func(l *libvirt.Libvirt) error { return do(l, dom) })
	if isCode(err, libvirt.ErrOperationInvalid) {
		// Another caller was faster: a domain that is being started is paused
		// first.
		if _, now, again := d.find(ctx, id); again == nil {
			if settled, verdict := isSettled(now.State, want); settled {
				return verdict
			}
		}
	}
	if err != nil {
		return fmt.Errorf("make domain %s: %w", want, err)
	}
	return nil
}

// isSettled reports whether the domain is already as wanted, or returns an
// error if it is off and cannot be.
func isSettled(now, want vm.State) (bool, error) {
	switch {
	case now == want || want == vm.StateRunning && now == vm.StateStopping:
		return true, nil
	case now == vm.StateOff || now == vm.StateCrashed:
		return true, vm.ErrNotRunning
	}
	return false, nil
}

// Undefine implements vm.Driver.
func (d *Driver) Undefine(ctx context.Context, id vm.UUID) error {
	dom, now, err := d.find(ctx, id)
	if errors.Is(err, vm.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if now.State != vm.StateOff && now.State != vm.StateCrashed {
		return vm.ErrRunning
	}
	domain, err := d.live(ctx, dom)
	if errors.Is(err, vm.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = d.disown(domain)
	}
	if err != nil {
		return err
	}
	const flags = libvirt.DomainUndefineManagedSave | libvirt.DomainUndefineSnapshotsMetadata |
		libvirt.DomainUndefineKeepNvram | libvirt.DomainUndefineCheckpointsMetadata
	err = run(ctx, &d.link, callLimit, func(l *libvirt.Libvirt) error { return l.DomainUndefineFlags(dom, flags) })
	if err != nil && !errors.Is(err, vm.ErrNotFound) {
		return fmt.Errorf("undefine domain: %w", err)
	}
	d.clearAsked(id)
	return nil
}

func (d *Driver) find(ctx context.Context, id vm.UUID) (libvirt.Domain, vm.Domain, error) {
	dom, err := d.lookup(ctx, id)
	if err != nil {
		return dom, vm.Domain{}, err
	}
	now, err := d.status(ctx, dom)
	return dom, now, err
}

func (d *Driver) isActive(ctx context.Context, id vm.UUID) bool {
	_, now, err := d.find(ctx, id)
	return err == nil && now.State != vm.StateOff && now.State != vm.StateCrashed
}
