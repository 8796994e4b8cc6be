package vmtest

import (
	"path/filepath"
	"testing"

	"github.com/dbc-network/dbc/vm"
)

// testUEFI verifies that a guest with UEFI has the same life cycle as one with
// BIOS, twice with the same variables. Whether its firmware finds something to
// boot is tested with real guests.
func testUEFI(t *testing.T, b Bench) {
	spec := b.define(t, "uefi")
	spec.Firmware, spec.NVRAM = vm.UEFI, filepath.Join(filepath.Dir(spec.ConsoleLog), "nvram.fd")
	must(t, "define with UEFI", b.Driver.Define(b.context(t), spec))
	for range 2 {
		must(t, "start", b.Driver.Start(b.context(t), spec.UUID))
		b.expect(t, spec.UUID, vm.StateRunning, vm.ReasonUnknown)
		must(t, "stop", b.Driver.Stop(b.context(t), spec.UUID))
		must(t, "undefine", b.Driver.Undefine(b.context(t), spec.UUID))
		must(t, "define again", b.Driver.Define(b.context(t), spec))
	}
	for _, spoil := range []func(*vm.Spec){
		func(s *vm.Spec) { s.NVRAM = "" }, func(s *vm.Spec) { s.Firmware = vm.BIOS }, func(s *vm.Spec) { s.Firmware = "" },
		func(s *vm.Spec) { s.Firmware = "coreboot" },
	} {
		wrong := spec
		spoil(&wrong)
		wantError(t, "another firmware than its variables are of", b.Driver.Define(b.context(t), wrong), vm.ErrBadSpec)
	}
	spec.NVRAM = "nvram.fd"
	wantError(t, "variables without a folder", b.Driver.Define(b.context(t), spec), vm.ErrBadSpec)
}

// testPlacement uses the first CPUs of the computer.
func testPlacement(t *testing.T, b Bench) {
	spec := b.define(t, "placement")
	var cpus []int
	for i := range spec.VCPUs {
		cpus = append(cpus, i)
	}
	spec.Placement = vm.Placement{CPUs: cpus, Emulator: []int{0}, Node: new(int)}
	must(t, "define with a placement", b.Driver.Define(b.context(t), spec))
	must(t, "start", b.Driver.Start(b.context(t), spec.UUID))
	b.expect(t, spec.UUID, vm.StateRunning, vm.ReasonUnknown)
	for what, placement := range map[string]vm.Placement{
		"too many CPUs":        {CPUs: append(cpus, spec.VCPUs)},
		"CPU below zero":       {CPUs: []int{-1}},
		"emulator's CPU":       {Emulator: []int{1 << 20}},
		"a page of 3 KiB":      {PageKiB: 3},
		"a page of 2 GiB":      {PageKiB: 2 << 20},
		"half a page of 1 GiB": {PageKiB: 1 << 20},
	} {
		spec.Placement = placement
		wantError(t, what, b.Driver.Define(b.context(t), spec), vm.ErrBadSpec)
	}
}
