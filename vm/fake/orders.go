package fake

import (
	"slices"

	"github.com/dbc-network/dbc/vm"
)

// Fail makes every later call of the named method ("Start", "List", …) return
// err; nil makes it work again.
func (d *Driver) Fail(method string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failure == nil {
		d.failure = map[string]error{}
	}
	d.failure[method] = err
}

// Pass makes domains of others have devices.
func (d *Driver) Pass(foreign ...vm.Passing) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.foreign = foreign
}

// Deafen sets whether guests ignore Shutdown and stay in StateStopping.
func (d *Driver) Deafen(deaf bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deaf = deaf
}

// End makes a running guest end by itself with ReasonGuest, ReasonCrashed or
// ReasonLost. It reports whether there was such a guest.
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

// Starve removes the space for what a running guest writes: it is paused with
// ReasonDisk, again after each Resume, until it has space again.
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

// Spec returns the specification last passed to Define for the domain.
func (d *Driver) Spec(id vm.UUID) (vm.Spec, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	dom, ok := d.domains[id]
	if !ok {
		return vm.Spec{}, false
	}
	return dom.spec, true
}

// Resets returns how often the domain was reset.
func (d *Driver) Resets(id vm.UUID) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if dom, ok := d.domains[id]; ok {
		return dom.resets
	}
	return 0
}

// Calls returns the calls so far, each as "Method uuid".
func (d *Driver) Calls() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.calls)
}
