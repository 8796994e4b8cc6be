package libvirt

import (
	"context"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"

	"github.com/digitalocean/go-libvirt"

	"github.com/dbc-network/dbc/vm"
)

// lookup returns a domain that Define created. For domains of others it returns
// ErrNotFound.
func (d *Driver) lookup(ctx context.Context, id vm.UUID) (libvirt.Domain, error) {
	raw, err := parseUUID(id)
	if err != nil {
		return libvirt.Domain{}, err
	}
	dom, err := call(ctx, &d.link, callLimit, func(l *libvirt.Libvirt) (libvirt.Domain, error) {
		return l.DomainLookupByUUID(raw)
	})
	if err != nil {
		return libvirt.Domain{}, fmt.Errorf("look up domain: %w", err)
	}
	ours, err := d.isOurs(ctx, dom)
	if err != nil {
		return libvirt.Domain{}, err
	}
	if !ours {
		return libvirt.Domain{}, vm.ErrNotFound
	}
	return dom, nil
}

// isOurs looks for the element that Define writes into each domain.
func (d *Driver) isOurs(ctx context.Context, dom libvirt.Domain) (bool, error) {
	text, err := call(ctx, &d.link, callLimit, func(l *libvirt.Libvirt) (string, error) {
		return l.DomainGetMetadata(dom, int32(libvirt.DomainMetadataElement), libvirt.OptString{namespace}, 0)
	})
	if isCode(err, libvirt.ErrNoDomainMetadata) || errors.Is(err, vm.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read domain's mark: %w", err)
	}
	var m mark
	if err := xml.Unmarshal([]byte(text), &m); err != nil {
		return false, nil //nolint:nilerr // not written by Define
	}
	return m.Owner == d.config.Owner, nil
}

// status returns the domain as libvirt sees it, and its number while it runs.
func (d *Driver) status(ctx context.Context, dom libvirt.Domain) (vm.Domain, error) {
	type pair struct{ state, reason int32 }
	p, err := call(ctx, &d.link, callLimit, func(l *libvirt.Libvirt) (pair, error) {
		state, reason, err := l.DomainGetState(dom, 0)
		return pair{state, reason}, err
	})
	if err != nil {
		return vm.Domain{}, fmt.Errorf("ask for state: %w", err)
	}
	id := formatUUID(dom.UUID)
	state, reason := translate(libvirt.DomainState(p.state), p.reason)
	if state == vm.StateRunning && d.wasAsked(id, dom.ID) {
		state = vm.StateStopping
	}
	return vm.Domain{UUID: id, Name: dom.Name, State: state, Reason: reason}, nil
}

func translate(state libvirt.DomainState, reason int32) (vm.State, vm.Reason) {
	switch state {
	case libvirt.DomainRunning, libvirt.DomainBlocked:
		return vm.StateRunning, vm.ReasonUnknown
	case libvirt.DomainPaused:
		if libvirt.DomainPausedReason(reason) == libvirt.DomainPausedIoerror {
			return vm.StatePaused, vm.ReasonDisk
		}
		return vm.StatePaused, vm.ReasonUnknown
	case libvirt.DomainPmsuspended:
		return vm.StatePaused, vm.ReasonUnknown
	case libvirt.DomainShutdown:
		return vm.StateStopping, vm.ReasonUnknown
	case libvirt.DomainCrashed:
		return vm.StateCrashed, vm.ReasonCrashed
	case libvirt.DomainShutoff:
		return translateOff(libvirt.DomainShutoffReason(reason))
	}
	return vm.StateOff, vm.ReasonUnknown
}

func translateOff(reason libvirt.DomainShutoffReason) (vm.State, vm.Reason) {
	switch reason {
	case libvirt.DomainShutoffShutdown:
		return vm.StateOff, vm.ReasonGuest
	case libvirt.DomainShutoffDestroyed:
		return vm.StateOff, vm.ReasonDestroyed
	case libvirt.DomainShutoffCrashed, libvirt.DomainShutoffFailed:
		return vm.StateCrashed, vm.ReasonCrashed
	case libvirt.DomainShutoffDaemon:
		return vm.StateOff, vm.ReasonLost
	}
	return vm.StateOff, vm.ReasonUnknown
}

func (d *Driver) wasAsked(id vm.UUID, run int32) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	asked, ok := d.asked[id]
	return ok && asked == run
}

func (d *Driver) setAsked(id vm.UUID, run int32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked[id] = run
}

func (d *Driver) clearAsked(id vm.UUID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.asked, id)
}

func parseUUID(id vm.UUID) (libvirt.UUID, error) {
	var out libvirt.UUID
	data, err := hex.DecodeString(strings.ReplaceAll(string(id), "-", ""))
	if err != nil || len(data) != len(out) || formatUUID(libvirt.UUID(data)) != id {
		return out, fmt.Errorf("%w: uuid is %q, allowed: 36 characters, lower case", vm.ErrBadSpec, id)
	}
	copy(out[:], data)
	return out, nil
}

func formatUUID(u libvirt.UUID) vm.UUID {
	return vm.UUID(fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:]))
}
