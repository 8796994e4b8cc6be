package vmtest

import (
	"context"
	"slices"
	"testing"

	"github.com/dbc-network/dbc/vm"
)

func testDefine(t *testing.T, b Bench) {
	spec := b.define(t, "define")
	b.expect(t, spec.UUID, vm.StateOff, vm.ReasonUnknown)
	must(t, "define again", b.Driver.Define(b.context(t), spec))
	spec.Title, spec.MemoryMiB = `a title with "quotes" & <brackets>`, spec.MemoryMiB+16
	must(t, "define otherwise", b.Driver.Define(b.context(t), spec))
	b.expect(t, spec.UUID, vm.StateOff, vm.ReasonUnknown)
	for range 2 {
		must(t, "undefine", b.Driver.Undefine(b.context(t), spec.UUID))
	}
	_, err := b.Driver.Get(b.context(t), spec.UUID)
	wantError(t, "get what was undefined", err, vm.ErrNotFound)
}

func testLife(t *testing.T, b Bench) {
	spec := b.define(t, "life")
	for range 2 { // the second round has a guest that ran before
		for range 2 {
			must(t, "start", b.Driver.Start(b.context(t), spec.UUID))
			b.expect(t, spec.UUID, vm.StateRunning, vm.ReasonUnknown)
		}
		startTogether(t, b, spec.UUID)
		must(t, "define while it runs", b.Driver.Define(b.context(t), spec))
		wantError(t, "undefine while it runs", b.Driver.Undefine(b.context(t), spec.UUID), vm.ErrRunning)
		b.expect(t, spec.UUID, vm.StateRunning, vm.ReasonUnknown)
		for range 2 {
			must(t, "stop", b.Driver.Stop(b.context(t), spec.UUID))
			b.expect(t, spec.UUID, vm.StateOff, vm.ReasonDestroyed)
		}
		startTogether(t, b, spec.UUID)
		must(t, "stop", b.Driver.Stop(b.context(t), spec.UUID))
	}
	must(t, "shut down what is off", b.Driver.Shutdown(b.context(t), spec.UUID))
	b.expect(t, spec.UUID, vm.StateOff, vm.ReasonDestroyed)
}

// startTogether starts a domain that is off or running from many goroutines at
// once.
func startTogether(t *testing.T, b Bench, id vm.UUID) {
	t.Helper()
	const many = 6
	ctx, done := b.context(t), make(chan error, many)
	for range many {
		go func() { done <- b.Driver.Start(ctx, id) }()
	}
	for range many {
		must(t, "start together", <-done)
	}
	b.expect(t, id, vm.StateRunning, vm.ReasonUnknown)
}

func testPause(t *testing.T, b Bench) {
	spec := b.define(t, "pause")
	wantError(t, "pause what is off", b.Driver.Pause(b.context(t), spec.UUID), vm.ErrNotRunning)
	wantError(t, "resume what is off", b.Driver.Resume(b.context(t), spec.UUID), vm.ErrNotRunning)
	must(t, "start", b.Driver.Start(b.context(t), spec.UUID))
	for range 2 {
		must(t, "pause", b.Driver.Pause(b.context(t), spec.UUID))
		b.expect(t, spec.UUID, vm.StatePaused, vm.ReasonUnknown)
	}
	for range 2 {
		must(t, "resume", b.Driver.Resume(b.context(t), spec.UUID))
		b.expect(t, spec.UUID, vm.StateRunning, vm.ReasonUnknown)
	}
	must(t, "pause", b.Driver.Pause(b.context(t), spec.UUID))
	must(t, "start what is paused", b.Driver.Start(b.context(t), spec.UUID))
	b.expect(t, spec.UUID, vm.StateRunning, vm.ReasonUnknown)
	must(t, "pause", b.Driver.Pause(b.context(t), spec.UUID))
	must(t, "stop what is paused", b.Driver.Stop(b.context(t), spec.UUID))
	b.expect(t, spec.UUID, vm.StateOff, vm.ReasonDestroyed)
}

func testReset(t *testing.T, b Bench) {
	spec := b.define(t, "reset")
	wantError(t, "reset what is off", b.Driver.Reset(b.context(t), spec.UUID), vm.ErrNotRunning)
	must(t, "start", b.Driver.Start(b.context(t), spec.UUID))
	for n := range 2 {
		b.greeted(t, spec, 1+n)
		must(t, "reset", b.Driver.Reset(b.context(t), spec.UUID))
		b.expect(t, spec.UUID, vm.StateRunning, vm.ReasonUnknown)
	}
	b.greeted(t, spec, 3)
	must(t, "pause", b.Driver.Pause(b.context(t), spec.UUID))
	must(t, "reset what is paused", b.Driver.Reset(b.context(t), spec.UUID))
	b.expect(t, spec.UUID, vm.StateRunning, vm.ReasonUnknown)
	b.greeted(t, spec, 4)
}

// testShutdown uses a guest that obeys and one that does not.
func testShutdown(t *testing.T, b Bench) {
	spec := b.define(t, "shutdown")
	must(t, "start", b.Driver.Start(b.context(t), spec.UUID))
	for range 2 {
		must(t, "shut down", b.Driver.Shutdown(b.context(t), spec.UUID))
	}
	got, err := b.Driver.Get(b.context(t), spec.UUID)
	must(t, "get", err)
	if got.State != vm.StateStopping && (got.State != vm.StateOff || got.Reason != vm.ReasonGuest) {
		t.Fatalf("domain is %+v, want stopping, or off by the guest", got)
	}
	must(t, "stop", b.Driver.Stop(b.context(t), spec.UUID))
	must(t, "start again", b.Driver.Start(b.context(t), spec.UUID))
	b.expect(t, spec.UUID, vm.StateRunning, vm.ReasonUnknown)
}

func testSeveral(t *testing.T, b Bench) {
	first, second := b.define(t, "first"), b.define(t, "second")
	must(t, "start", b.Driver.Start(b.context(t), second.UUID))
	list, err := b.Driver.List(b.context(t))
	must(t, "list", err)
	for _, want := range []vm.Domain{
		{UUID: first.UUID, Name: first.Name, State: vm.StateOff},
		{UUID: second.UUID, Name: second.Name, State: vm.StateRunning},
	} {
		if !slices.Contains(list, want) {
			t.Errorf("list is %+v, want %+v in it", list, want)
		}
	}
	must(t, "stop", b.Driver.Stop(b.context(t), second.UUID))
	must(t, "undefine", b.Driver.Undefine(b.context(t), first.UUID))
	list, err = b.Driver.List(b.context(t))
	must(t, "list", err)
	if slices.ContainsFunc(list, func(d vm.Domain) bool { return d.UUID == first.UUID }) {
		t.Errorf("list is %+v, want it without %s", list, first.UUID)
	}
}

func testUnknown(t *testing.T, b Bench) {
	const id = vm.UUID("00000000-1111-4222-8333-444444444444")
	ctx := b.context(t)
	_, err := b.Driver.Get(ctx, id)
	wantError(t, "get", err, vm.ErrNotFound)
	wantError(t, "start", b.Driver.Start(ctx, id), vm.ErrNotFound)
	wantError(t, "shut down", b.Driver.Shutdown(ctx, id), vm.ErrNotFound)
	wantError(t, "pause", b.Driver.Pause(ctx, id), vm.ErrNotFound)
	wantError(t, "reset", b.Driver.Reset(ctx, id), vm.ErrNotFound)
	wantError(t, "resume", b.Driver.Resume(ctx, id), vm.ErrNotFound)
	must(t, "stop", b.Driver.Stop(ctx, id))
	must(t, "undefine", b.Driver.Undefine(ctx, id))
}

// passing returns an edit that adds devices, and a window for them, to a
// specification.
func passing(window int, devices ...vm.PCIDevice) func(*vm.Spec) {
	return func(s *vm.Spec) {
		s.Firmware, s.NVRAM, s.Devices, s.WindowMiB = vm.UEFI, "/var/lib/dbc/nvram.fd", devices, window
	}
}

func testRefusals(t *testing.T, b Bench) {
	for name, spoil := range map[string]func(*vm.Spec){
		"no disk":               func(s *vm.Spec) { s.Disks = nil },
		"format left to guess":  func(s *vm.Spec) { s.Disks[0].Format = "" },
		"relative path":         func(s *vm.Spec) { s.Disks[0].Path = "disk.raw" },
		"path with dots":        func(s *vm.Spec) { s.Disks[0].Path = "/tmp/../etc/shadow" },
		"name with a slash":     func(s *vm.Spec) { s.Name = "../x" },
		"tap too long":          func(s *vm.Spec) { s.NIC.Tap = "a-name-of-16-byt" },
		"socket beside a disk":  func(s *vm.Spec) { s.VNCSocket = s.Disks[0].Path + ".sock" },
		"console beside a disk": func(s *vm.Spec) { s.ConsoleSocket = s.Disks[0].Path + ".sock" },
		"one socket for both":   func(s *vm.Spec) { s.ConsoleSocket = s.VNCSocket },
		"device out of nowhere": passing(0, "0000:00:00"),
		"device above 1f":       passing(0, "0000:01:3f.0"),
		"domain with zeros":     passing(0, "00000000:01:00.0"),
		"a device twice":        passing(0, "0000:01:00.0", "0000:01:00.0"),
		"the host bridge":       passing(0, "0000:00:00.0"),
		"a window of no power":  passing(3<<10, "0000:01:00.0"),
		"a window for nothing":  passing(1 << 10),
		"a card under a BIOS":   func(s *vm.Spec) { s.Firmware, s.NVRAM, s.Devices = vm.BIOS, "", []vm.PCIDevice{"0000:01:00.0"} },
	} {
		spec := b.Spec(t, "refused")
		spec.Disks = slices.Clone(spec.Disks)
		spoil(&spec)
		wantError(t, name, b.Driver.Define(b.context(t), spec), vm.ErrBadSpec)
		_, err := b.Driver.Get(b.context(t), spec.UUID)
		wantError(t, "get after "+name, err, vm.ErrNotFound)
	}
}

func testWatch(t *testing.T, b Bench) {
	spec := b.define(t, "watch")
	ctx, cancel := context.WithCancel(b.context(t))
	defer cancel()
	changes, err := b.Driver.Watch(ctx)
	must(t, "watch", err)
	await(ctx, t, changes, "")
	must(t, "start", b.Driver.Start(ctx, spec.UUID))
	await(ctx, t, changes, spec.UUID)
	must(t, "stop", b.Driver.Stop(ctx, spec.UUID))
	await(ctx, t, changes, spec.UUID)
	cancel()
	for range changes { // it must be closed
	}
}

// await reads changes until id is among them.
func await(ctx context.Context, t *testing.T, changes <-chan vm.UUID, id vm.UUID) {
	t.Helper()
	for {
		select {
		case got, ok := <-changes:
			if !ok {
				t.Fatalf("the watch ended before %q", id)
			}
			if got == id {
				return
			}
		case <-ctx.Done():
			t.Fatalf("no change of %q in time", id)
		}
	}
}

func testContext(t *testing.T, b Bench) {
	spec := b.define(t, "context")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantError(t, "start", b.Driver.Start(ctx, spec.UUID), context.Canceled)
	_, err := b.Driver.List(ctx)
	wantError(t, "list", err, context.Canceled)
	b.expect(t, spec.UUID, vm.StateOff, vm.ReasonUnknown)
}
