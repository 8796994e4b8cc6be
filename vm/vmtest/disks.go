package vmtest

import (
	"testing"

	"github.com/dbc-network/dbc/vm"
)

// testDisks does not detach a disk in use: that needs a real guest, because one
// without an operating system never releases it.
func testDisks(t *testing.T, b Bench) {
	spec := b.define(t, "disks")
	disk := b.Disk(t, spec, "vdc")
	wantError(t, "attach to what is off", b.Driver.Attach(b.context(t), spec.UUID, disk), vm.ErrNotRunning)
	wantError(t, "grow of what is off", b.Driver.Grow(b.context(t), spec.UUID, "vda", 2<<20), vm.ErrNotRunning)
	wantError(t, "detach from what is off", b.Driver.Detach(b.context(t), spec.UUID, "vdc"), vm.ErrNotRunning)
	must(t, "start", b.Driver.Start(b.context(t), spec.UUID))
	for range 2 {
		must(t, "attach", b.Driver.Attach(b.context(t), spec.UUID, disk))
	}
	for range 2 {
		must(t, "grow", b.Driver.Grow(b.context(t), spec.UUID, "vdc", 2<<20))
	}
	other := b.Disk(t, spec, "vdd")
	other.Target = "vdc"
	wantError(t, "attach where one is", b.Driver.Attach(b.context(t), spec.UUID, other), vm.ErrBadSpec)
	wantError(t, "grow what is not there", b.Driver.Grow(b.context(t), spec.UUID, "vdx", 2<<20), vm.ErrBadSpec)
	must(t, "detach what is not there", b.Driver.Detach(b.context(t), spec.UUID, "vdx"))
	guess := disk
	guess.Format, guess.Target = "", "vde"
	wantError(t, "format left to guess", b.Driver.Attach(b.context(t), spec.UUID, guess), vm.ErrBadSpec)
	// The definition has not changed.
	must(t, "stop", b.Driver.Stop(b.context(t), spec.UUID))
	must(t, "start", b.Driver.Start(b.context(t), spec.UUID))
	must(t, "detach what the last run had", b.Driver.Detach(b.context(t), spec.UUID, "vdc"))
}

func testPassword(t *testing.T, b Bench) {
	spec := b.define(t, "password")
	wantError(t, "password of what is off", b.Driver.SetPassword(b.context(t), spec.UUID, "dbc", "secret word"), vm.ErrNotRunning)
	must(t, "start", b.Driver.Start(b.context(t), spec.UUID))
	err := b.Driver.SetPassword(b.context(t), spec.UUID, "dbc", "secret word")
	if b.Agent {
		must(t, "set password", err)
	} else {
		wantError(t, "set password without an agent", err, vm.ErrAgent)
	}
	b.expect(t, spec.UUID, vm.StateRunning, vm.ReasonUnknown)
}
