// Package fake is an in-memory vm.Driver for tests of the compute node. It
// passes the same suite as the real driver, and can be told to misbehave.
package fake

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/dbc-network/dbc/vm"
)

var _ vm.Passer = (*Driver)(nil)

// Driver keeps domains in memory. The zero value is ready to use. It is safe
// for concurrent use.
type Driver struct {
	mu       sync.Mutex
	domains  map[vm.UUID]*domain
	watchers map[*watcher]struct{}
	failure  map[string]error
	calls    []string
	deaf     bool
	foreign  []vm.Passing
}

type domain struct {
	spec   vm.Spec
	state  vm.State
	reason vm.Reason
	resets int
	// starved means that the disks have no space for what the guest writes.
	starved bool
	// wires are the consoles and screens connected since the domain started.
	wires []*wire
	// disks are those of the current run, passwords those that the agent set.
	disks     []vm.Disk
	passwords map[string]string
}

// New returns an empty driver whose guests obey Shutdown at once.
func New() *Driver { return &Driver{} }

// Define implements vm.Driver.
func (d *Driver) Define(ctx context.Context, spec vm.Spec) error {
	if err := spec.Validate(); err != nil {
		return err
	}
	if err := d.enter(ctx, "Define", spec.UUID); err != nil {
		return err
	}
	defer d.mu.Unlock()
	if old, ok := d.domains[spec.UUID]; ok {
		old.spec = spec
		return nil
	}
	if d.domains == nil {
		d.domains = map[vm.UUID]*domain{}
	}
	d.domains[spec.UUID] = &domain{spec: spec, state: vm.StateOff}
	d.notify(spec.UUID)
	return nil
}

// Start implements vm.Driver.
func (d *Driver) Start(ctx context.Context, id vm.UUID) error {
	return d.change(ctx, "Start", id, func(dom *domain) error {
		if !isActive(dom.state) {
			dom.disks = slices.Clone(dom.spec.Disks)
		}
		if dom.state != vm.StateStopping {
			dom.state, dom.reason = vm.StateRunning, vm.ReasonUnknown
		}
		return nil
	})
}

// Shutdown implements vm.Driver.
func (d *Driver) Shutdown(ctx context.Context, id vm.UUID) error {
	return d.change(ctx, "Shutdown", id, func(dom *domain) error {
		switch {
		case !isActive(dom.state):
		case d.deaf:
			dom.state = vm.StateStopping
		default:
			dom.state, dom.reason = vm.StateOff, vm.ReasonGuest
		}
		return nil
	})
}

// Stop implements vm.Driver.
func (d *Driver) Stop(ctx context.Context, id vm.UUID) error {
	err := d.change(ctx, "Stop", id, func(dom *domain) error {
		if isActive(dom.state) {
			dom.state, dom.reason = vm.StateOff, vm.ReasonDestroyed
		}
		return nil
	})
	return fulfilled(err)
}

// Pause implements vm.Driver.
func (d *Driver) Pause(ctx context.Context, id vm.UUID) error {
	return d.change(ctx, "Pause", id, func(dom *domain) error {
		if !isActive(dom.state) {
			return vm.ErrNotRunning
		}
		dom.state = vm.StatePaused
		return nil
	})
}

// Resume implements vm.Driver.
func (d *Driver) Resume(ctx context.Context, id vm.UUID) error {
	return d.change(ctx, "Resume", id, func(dom *domain) error {
		if !isActive(dom.state) {
			return vm.ErrNotRunning
		}
		if dom.state != vm.StatePaused {
			return nil
		}
		if dom.starved {
			d.notify(id) // it ran, and is paused again
			return nil
		}
		dom.state, dom.reason = vm.StateRunning, vm.ReasonUnknown
		return nil
	})
}

// Reset implements vm.Driver.
func (d *Driver) Reset(ctx context.Context, id vm.UUID) error {
	return d.change(ctx, "Reset", id, func(dom *domain) error {
		if !isActive(dom.state) {
			return vm.ErrNotRunning
		}
		dom.state = vm.StateRunning
		dom.resets++
		dom.send(Greeting)
		return nil
	})
}

// Undefine implements vm.Driver.
func (d *Driver) Undefine(ctx context.Context, id vm.UUID) error {
	err := d.change(ctx, "Undefine", id, func(dom *domain) error {
		if isActive(dom.state) {
			return vm.ErrRunning
		}
		delete(d.domains, id)
		d.notify(id)
		return nil
	})
	return fulfilled(err)
}

// Get implements vm.Driver.
func (d *Driver) Get(ctx context.Context, id vm.UUID) (vm.Domain, error) {
	if err := d.enter(ctx, "Get", id); err != nil {
		return vm.Domain{}, err
	}
	defer d.mu.Unlock()
	dom, ok := d.domains[id]
	if !ok {
		return vm.Domain{}, vm.ErrNotFound
	}
	return dom.view(), nil
}

// List implements vm.Driver. The result is sorted by UUID.
func (d *Driver) List(ctx context.Context) ([]vm.Domain, error) {
	if err := d.enter(ctx, "List", ""); err != nil {
		return nil, err
	}
	defer d.mu.Unlock()
	list := make([]vm.Domain, 0, len(d.domains))
	for _, dom := range d.domains {
		list = append(list, dom.view())
	}
	slices.SortFunc(list, func(a, b vm.Domain) int { return cmp.Compare(a.UUID, b.UUID) })
	return list, nil
}

func (dom *domain) view() vm.Domain {
	return vm.Domain{UUID: dom.spec.UUID, Name: dom.spec.Name, State: dom.state, Reason: dom.reason}
}

// Passings is vm.Passer.
func (d *Driver) Passings(ctx context.Context) ([]vm.Passing, error) {
	if err := d.enter(ctx, "Passings", ""); err != nil {
		return nil, err
	}
	defer d.mu.Unlock()
	list := slices.Clone(d.foreign)
	for id, dom := range d.domains {
		if len(dom.spec.Devices) > 0 {
			list = append(list, vm.Passing{UUID: id, Active: isActive(dom.state), Devices: dom.spec.Devices})
		}
	}
	return list, nil
}

// enter takes the lock, unless ctx is done or Fail was called for the method.
func (d *Driver) enter(ctx context.Context, method string, id vm.UUID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d.mu.Lock()
	d.calls = append(d.calls, method+" "+string(id))
	if err := d.failure[method]; err != nil {
		d.mu.Unlock()
		return err
	}
	return nil
}

func (d *Driver) change(ctx context.Context, method string, id vm.UUID, apply func(*domain) error) error {
	if err := d.enter(ctx, method, id); err != nil {
		return err
	}
	defer d.mu.Unlock()
	dom, ok := d.domains[id]
	if !ok {
		return vm.ErrNotFound
	}
	before := dom.state
	err := apply(dom)
	dom.hangUp()
	if dom.state != before {
		d.notify(id)
	}
	return err
}

func isActive(s vm.State) bool { return s != vm.StateOff && s != vm.StateCrashed }

func fulfilled(err error) error {
	if errors.Is(err, vm.ErrNotFound) {
		return nil
	}
	return err
}
