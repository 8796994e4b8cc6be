package fake

import (
	"slices"

	"github.com/dbc-network/dbc/vm"
)

// Fail makes every later call of the named method ("Start", "List", …) return
// err; nil lets it work again.
func (d *Driver) Fail(method string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failure == nil {
		d.failure = map[string]error{}
	}
	d.failure[method] = err
}

// Deafen says whether guests ignore Shutdown: they stay in StateStopping.
func (d *Driver) Deafen(deaf bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deaf = deaf
}

// End makes a running guest end by itself: ReasonGuest, ReasonCrashed or
// ReasonLost. It reports whether such a guest was there.
func (d *Driver) End(id vm.UUID, why vm.Reason) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	dom, ok := d.domains[id]
	if !ok || !isActive(dom.state) {
		return false
	}
	dom.state, dom.reason = vm.StateOff, why
	if why == vm.ReasonCrashed {
		dom.state = vm.StateCrashed
	}
	dom.hangUp()
	d.notify(id)
	return true
}

// Starve takes a running guest the room for what it writes: it stands still with
// ReasonDisk, after each Resume too, until it has room again.
func (d *Driver) Starve(id vm.UUID, starved bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	dom, ok := d.domains[id]
	if !ok || !isActive(dom.state) {
		return
	}
	if dom.starved = starved; starved {
		dom.state, dom.reason = vm.StatePaused, vm.ReasonDisk
		d.notify(id)
	}
}

// Disturb tells every watcher that changes may have been missed.
func (d *Driver) Disturb() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notify("")
}

// Spec is what Define was last given for the domain.
func (d *Driver) Spec(id vm.UUID) (vm.Spec, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	dom, ok := d.domains[id]
	if !ok {
		return vm.Spec{}, false
	}
	return dom.spec, true
}

// Resets is how often the domain was reset.
func (d *Driver) Resets(id vm.UUID) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if dom, ok := d.domains[id]; ok {
		return dom.resets
	}
	return 0
}

// Calls are the calls so far, each "Method uuid".
func (d *Driver) Calls() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.calls)
}
