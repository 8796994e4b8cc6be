package cards_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/dbc-network/dbc/node/guests/cards"
	"github.com/dbc-network/dbc/vm"
)

// A VM's slot becomes devices, a NUMA node for its memory and a window; the VM
// keeps the slot across stops, starts and restarts of the helper, and nobody else
// gets it before the VM ended and the slot was reset.
func TestTenants(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t), t.Context()
	b.until(0, vm.SlotReady)
	b.until(1, vm.SlotReady)
	if b.count() != 2 {
		t.Errorf("%d resets before anybody had a card", b.count())
	}
	for name, slot := range map[string]uint32{"a": 0, "b": 1} {
		must(t, b.driver.Define(ctx, spec(name, slot)))
		must(t, b.driver.Start(ctx, id(name)))
	}
	own, _ := b.hyper.Spec(id("a"))
	if !slices.Equal(own.Devices, []vm.PCIDevice{"0000:01:00.0", "0000:01:00.1"}) || own.Placement.Node == nil || *own.Placement.Node != 1 || own.WindowMiB != 0 {
		t.Errorf("%v, %v, %d", own.Devices, own.Placement.Node, own.WindowMiB)
	}
	own, _ = b.hyper.Spec(id("b"))
	if len(own.Devices) != 3 || own.Devices[0] != "0000:02:00.0" {
		t.Errorf("%v", own.Devices)
	}
	for range 2 {
		must(t, errors.Join(b.driver.Stop(ctx, id("a")), b.driver.Define(ctx, spec("a", 0)), b.driver.Start(ctx, id("a"))))
		b.restart()
		b.want(0, vm.SlotInUse, id("a"))
		b.want(1, vm.SlotInUse, id("b"))
	}
	refused(t, b.driver.Define(ctx, spec("c", 0)), vm.ErrSlotHeld, 0, map[string]string{"holder": string(id("a"))})
	if b.count() != 2 {
		t.Errorf("%d resets, the VMs' are not over", b.count())
	}
	must(t, errors.Join(b.driver.Stop(ctx, id("a")), b.driver.Undefine(ctx, id("a"))))
	// It waits for the reset that its last VM left due.
	must(t, errors.Join(b.driver.Define(ctx, spec("c", 0)), b.driver.Start(ctx, id("c"))))
	b.want(0, vm.SlotInUse, id("c"))
	b.want(1, vm.SlotInUse, id("b"))
	if b.count() != 3 {
		t.Errorf("%d resets", b.count())
	}
}

func refused(t *testing.T, err, kind error, index uint32, params map[string]string) {
	t.Helper()
	var refusal *vm.SlotError
	if !errors.As(err, &refusal) || !errors.Is(err, kind) || refusal.Index != index {
		t.Errorf("%v, want slot %d: %v", err, index, kind)
		return
	}
	for name, want := range params {
		if refusal.Params[name] != want {
			t.Errorf("%v: %s is %q, want %q", err, name, refusal.Params[name], want)
		}
	}
}

// A refused call changes nothing: no domain, and no slot changes hands.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(b *bench)
		spec   vm.Spec
		kind   error
		params map[string]string
		state  vm.SlotState
	}{
		"no such slot": {spec: spec("c", 2), kind: vm.ErrSlotUnknown},
		"foreign member": {change: func(b *bench) {
			b.link("0000:03:00.0", "iommu_group", "../../../../../kernel/iommu_groups/2")
			b.member(2, "0000:03:00.0")
		}, spec: spec("c", 0), kind: vm.ErrSlotForeign, state: vm.SlotQuarantined},
		"another card":    {change: func(b *bench) { b.write("0000:01:00.0", "device", "0x2685") }, spec: spec("c", 0), kind: vm.ErrSlotOther, params: map[string]string{"field": "pci_ids", "want": "10de:2684", "have": "10de:2685"}, state: vm.SlotQuarantined},
		"off its bus":     {change: func(b *bench) { b.write("0000:01:00.0", "vendor", "0xffff") }, spec: spec("c", 0), kind: vm.ErrSlotOther, state: vm.SlotQuarantined},
		"another driver":  {change: func(b *bench) { b.link("0000:01:00.1", "driver", "../../../../bus/pci/drivers/snd_hda_intel") }, spec: spec("c", 0), kind: vm.ErrSlotUnbound, params: map[string]string{"address": "0000:01:00.1", "driver": "snd_hda_intel"}, state: vm.SlotQuarantined},
		"held by another": {change: func(b *bench) { must(b.t, b.driver.Define(b.t.Context(), spec("a", 0))) }, spec: spec("c", 0), kind: vm.ErrSlotHeld, state: vm.SlotInUse},
		"one of two held": {change: func(b *bench) { must(b.t, b.driver.Define(b.t.Context(), spec("a", 0))) }, spec: spec("c", 1, 0), kind: vm.ErrSlotHeld, state: vm.SlotInUse},
		"of a foreign VM": {change: func(b *bench) {
			b.hyper.Pass(vm.Passing{UUID: "x", Active: true, Devices: []vm.PCIDevice{"0000:01:00.1"}})
		}, spec: spec("c", 0), kind: vm.ErrSlotHeld, params: map[string]string{"holder": "x"}, state: vm.SlotReady},
		"too much memory":   {spec: func() vm.Spec { s := spec("c", 0); s.MemoryMiB = 1 << 27; return s }(), kind: vm.ErrSlotWindow, state: vm.SlotReady},
		"a device":          {spec: func() vm.Spec { s := spec("c"); s.Devices = []vm.PCIDevice{"0000:01:00.0"}; return s }(), kind: vm.ErrBadSpec, state: vm.SlotReady},
		"slot and device":   {spec: func() vm.Spec { s := spec("c", 0); s.Devices = []vm.PCIDevice{"0000:03:00.0"}; return s }(), kind: vm.ErrBadSpec, state: vm.SlotReady},
		"a window":          {spec: func() vm.Spec { s := spec("c", 0); s.WindowMiB = 65536; return s }(), kind: vm.ErrBadSpec, state: vm.SlotReady},
		"a BIOS":            {spec: func() vm.Spec { s := spec("c", 0); s.Firmware, s.NVRAM = vm.BIOS, ""; return s }(), kind: vm.ErrBadSpec, state: vm.SlotReady},
		"other slots":       {change: func(b *bench) { must(b.t, b.driver.Define(b.t.Context(), spec("a", 0))) }, spec: spec("a", 1), kind: vm.ErrSlotChange, state: vm.SlotInUse},
		"no slots any more": {change: func(b *bench) { must(b.t, b.driver.Define(b.t.Context(), spec("a", 0))) }, spec: spec("a"), kind: vm.ErrSlotChange, state: vm.SlotInUse},
		"slots later":       {change: func(b *bench) { must(b.t, b.driver.Define(b.t.Context(), spec("a"))) }, spec: spec("a", 0), kind: vm.ErrSlotChange, state: vm.SlotReady},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, ctx := newBench(t), t.Context()
			b.until(0, vm.SlotReady)
			b.until(1, vm.SlotReady)
			if c.change != nil {
				c.change(b)
			}
			before, had := b.hyper.Spec(c.spec.UUID)
			err := b.driver.Define(ctx, c.spec)
			if !errors.Is(err, c.kind) {
				t.Fatalf("%v, want %v", err, c.kind)
			}
			for param, want := range c.params {
				var refusal *vm.SlotError
				if !errors.As(err, &refusal) || refusal.Params[param] != want {
					t.Errorf("%v: want %s %q", err, param, want)
				}
			}
			if after, has := b.hyper.Spec(c.spec.UUID); has != had || !reflect.DeepEqual(after, before) {
				t.Errorf("the domain is %+v", after)
			}
			if c.state != "" {
				b.until(0, c.state)
			}
			// Slot 1 has its former owner, or is free again after a reset.
			b.until(1, vm.SlotReady)
			if s := b.slot(0); s.Holder == id("c") {
				t.Errorf("%+v", s)
			}
			must(t, b.driver.Define(ctx, spec("d", 1)))
		})
	}
}

// member puts a device into an IOMMU group.
func (b *bench) member(group int, address string) {
	b.t.Helper()
	must(b.t, os.Symlink("../../../../bus/pci/devices/"+address, filepath.Join(b.root, fmt.Sprintf("sys/kernel/iommu_groups/%d/devices/%s", group, address))))
}

// A domain does not start with a card that was changed or given away since it was
// defined, whoever changed the definition.
func TestStart(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t), t.Context()
	must(t, b.driver.Define(ctx, spec("a", 0)))
	b.write("0000:01:00.0", "device", "0x2685")
	refused(t, b.driver.Start(ctx, id("a")), vm.ErrSlotOther, 0, nil)
	b.want(0, vm.SlotInUse, id("a"))
	b.write("0000:01:00.0", "device", "0x2684")
	b.hyper.Pass(vm.Passing{UUID: "x", Active: true, Devices: []vm.PCIDevice{"0000:01:00.0"}})
	refused(t, b.driver.Start(ctx, id("a")), vm.ErrSlotHeld, 0, map[string]string{"holder": "x"})
	b.hyper.Pass()
	must(t, b.driver.Start(ctx, id("a")))
	// Somebody edits the host's domains by hand.
	for name, device := range map[string]vm.PCIDevice{"e": "0000:03:00.0", "f": "0000:01:00.0"} {
		s := spec(name)
		s.Devices = []vm.PCIDevice{device}
		must(t, b.hyper.Define(ctx, s))
		if err := b.driver.Start(ctx, id(name)); !errors.Is(err, vm.ErrBadSpec) && !errors.Is(err, vm.ErrSlotHeld) {
			t.Errorf("%s with %s: %v", name, device, err)
		}
		if d, err := b.hyper.Get(ctx, id(name)); err != nil || d.State != vm.StateOff {
			t.Errorf("%s is %s, %v", name, d.State, err)
		}
	}
}

// A card that does not come back is quarantined, across restarts, until its host
// has it checked; the other VM and other calls are not held up.
func TestQuarantine(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t), t.Context()
	must(t, errors.Join(b.driver.Define(ctx, spec("a", 0)), b.driver.Define(ctx, spec("b", 1))))
	must(t, errors.Join(b.driver.Start(ctx, id("a")), b.driver.Start(ctx, id("b"))))
	hold := make(chan struct{})
	b.order(errors.New("inappropriate ioctl for device"), hold)
	must(t, errors.Join(b.driver.Stop(ctx, id("a")), b.driver.Undefine(ctx, id("a"))))
	b.want(0, vm.SlotResetting, id("a"))
	// During the reset: a VM without cards, and the one with the other card.
	must(t, errors.Join(b.driver.Define(ctx, spec("c")), b.driver.Start(ctx, id("c"))))
	must(t, errors.Join(b.driver.Stop(ctx, id("b")), b.driver.Start(ctx, id("b")), b.driver.Undefine(ctx, id("z"))))
	close(hold)
	if s := b.until(0, vm.SlotQuarantined); s.Fault != "RESET_FAILED" || s.Params["error"] != "inappropriate ioctl for device" || s.Holder != "" {
		t.Errorf("%+v", s)
	}
	b.restart()
	quarantined := map[string]string{"fault": "RESET_FAILED"}
	refused(t, b.driver.Define(ctx, spec("d", 0)), vm.ErrSlotQuarantined, 0, quarantined)
	refused(t, b.driver.CheckSlot(ctx, 0), vm.ErrSlotQuarantined, 0, quarantined)
	refused(t, b.driver.CheckSlot(ctx, 1), vm.ErrSlotHeld, 1, map[string]string{"holder": string(id("b"))})
	refused(t, b.driver.CheckSlot(ctx, 2), vm.ErrSlotUnknown, 2, nil)
	b.want(1, vm.SlotInUse, id("b"))
	b.order(nil, nil)
	must(t, b.driver.CheckSlot(ctx, 0))
	must(t, errors.Join(b.driver.Define(ctx, spec("d", 0)), b.driver.Start(ctx, id("d"))))
}

// A define that is abandoned leaves the slot to be reset.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t), t.Context()
	b.until(0, vm.SlotReady)
	hold := make(chan struct{})
	must(t, b.driver.Define(ctx, spec("a", 0)))
	b.order(nil, hold)
	must(t, b.driver.Undefine(ctx, id("a")))
	short, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- b.driver.Define(short, spec("c", 0)) }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	b.restart() // in the middle of the reset
	close(hold)
	must(t, b.driver.Define(ctx, spec("c", 0)))
	// The hypervisor refuses: the slot is the VM's until the node gives up on it.
	b.hyper.Fail("Define", vm.ErrUnavailable)
	if err := b.driver.Define(ctx, spec("d", 1)); !errors.Is(err, vm.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	b.hyper.Fail("Define", nil)
	must(t, b.driver.Undefine(ctx, id("d")))
	b.until(1, vm.SlotReady)
}

// If the journal is lost, a VM that is defined with a card keeps it; if the journal or the
// file is broken, nobody gets a card, and VMs without one are unaffected.
func TestLost(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t), t.Context()
	must(t, errors.Join(b.driver.Define(ctx, spec("a", 0)), b.driver.Start(ctx, id("a"))))
	must(t, b.driver.Close())
	must(t, os.Remove(b.config.Journal))
	b.order(nil, nil)
	b.open()
	b.want(0, vm.SlotInUse, id("a"))
	b.until(1, vm.SlotReady)
	for _, s := range b.resets {
		if s.Functions[0].Bus == 1 {
			t.Error("the card of a VM that runs was reset")
		}
	}
	for _, path := range []string{b.config.Journal, filepath.Join(b.root, "etc/dbc/gpus.toml")} {
		must(t, b.driver.Close())
		text, err := os.ReadFile(path)
		must(t, err)
		must(t, os.WriteFile(path, []byte("{"), 0o600))
		b.open()
		if _, err := b.driver.Slots(ctx); err == nil {
			t.Errorf("%s is broken", path)
		}
		if err := errors.Join(b.driver.CheckSlot(ctx, 1), b.driver.Define(ctx, spec("c", 1))); err == nil {
			t.Errorf("%s is broken, and a card was given", path)
		}
		must(t, errors.Join(b.driver.Define(ctx, spec("e")), b.driver.Start(ctx, id("e")), b.driver.Stop(ctx, id("e")), b.driver.Undefine(ctx, id("e"))))
		must(t, b.driver.Stop(ctx, id("a")))
		if err := b.driver.Start(ctx, id("a")); err == nil {
			t.Errorf("%s is broken, and a VM starts with a card", path)
		}
		must(t, os.WriteFile(path, text, 0o600))
		must(t, b.driver.Close())
		b.open()
		must(t, b.driver.Start(ctx, id("a")))
	}
}

// A host that keeps no cards has none, and only one program keeps them at a time.
func TestNone(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t), t.Context()
	if _, err := cards.Open(ctx, b.config); !errors.Is(err, cards.ErrRunning) {
		t.Errorf("%v", err)
	}
	must(t, b.driver.Close())
	must(t, os.Remove(filepath.Join(b.root, "etc/dbc/gpus.toml")))
	d, err := cards.Open(ctx, b.config)
	must(t, err)
	if list, err := d.Slots(ctx); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	refused(t, d.Define(ctx, spec("a", 0)), vm.ErrSlotUnknown, 0, nil)
	refused(t, d.CheckSlot(ctx, 0), vm.ErrSlotUnknown, 0, nil)
	must(t, errors.Join(d.Define(ctx, spec("b")), d.Start(ctx, id("b")), d.Stop(ctx, id("b")), d.Undefine(ctx, id("b")), d.Close()))
}
