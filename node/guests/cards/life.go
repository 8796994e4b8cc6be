package cards

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"

	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/hw/pci"
	"github.com/dbc-network/dbc/hw/vfio"
	"github.com/dbc-network/dbc/vm"
)

// Define implements vm.Driver. A VM's slots are its own from here until Undefine,
// however often it stops and starts. Devices are never taken from the caller.
func (d *Driver) Define(ctx context.Context, spec vm.Spec) error {
	if len(spec.Devices) > 0 || spec.WindowMiB != 0 {
		return fmt.Errorf("%w: devices are %q and window_mib %d, allowed: slots by index", vm.ErrBadSpec, spec.Devices, spec.WindowMiB)
	}
	if err := spec.Validate(); err != nil {
		return err
	}
	done, err := d.turns.Take(ctx, string(spec.UUID))
	if err != nil {
		return err
	}
	defer done()
	if err := d.keeps(ctx, spec); err != nil {
		return err
	}
	if len(spec.Slots) > 0 {
		if err := d.pass(ctx, &spec); err != nil {
			return err
		}
	}
	return whole(ctx, func(ctx context.Context) error { return d.Driver.Define(ctx, spec) })
}

// whole makes a call to the hypervisor that changes whether a VM is defined. libvirt
// completes it even if its caller gives up, so whole waits for its end: then it is known
// whether the VM exists before the next call, and no late call brings back a deleted one.
func whole(ctx context.Context, call func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return call(context.WithoutCancel(ctx))
}

// keeps refuses a set of slots other than the one that a VM was defined with.
func (d *Driver) keeps(ctx context.Context, spec vm.Spec) error {
	if d.keeper == nil {
		if len(spec.Slots) > 0 && d.fault == nil {
			return vm.RefuseSlot(vm.ErrSlotUnknown, spec.Slots[0])
		}
		if len(spec.Slots) > 0 {
			return d.fault
		}
		return nil
	}
	for _, index := range spec.Slots {
		if d.slots[index] == nil {
			return vm.RefuseSlot(vm.ErrSlotUnknown, index)
		}
	}
	have, want := d.held(spec.UUID), slices.Sorted(slices.Values(spec.Slots))
	if len(have) == 0 && len(want) == 0 {
		return nil
	}
	_, err := d.Get(ctx, spec.UUID)
	switch {
	case err == nil && slices.Equal(have, want):
		return nil
	case err == nil:
		return vm.RefuseSlot(vm.ErrSlotChange, slices.Concat(want, have)[0], "have", fmt.Sprint(have), "want", fmt.Sprint(want))
	case !errors.Is(err, vm.ErrNotFound):
		return err
	}
	// They were left by a VM that had the same id, maybe another renter's, or by a
	// define that was interrupted: it is not known which, so they are reset.
	for _, index := range have {
		if err := d.free(ctx, index, spec.UUID); err != nil {
			return err
		}
	}
	return nil
}

// pass takes the slots of a VM and fills in their devices. If one is refused,
// those that were taken for this call are given back.
func (d *Driver) pass(ctx context.Context, spec *vm.Spec) error {
	if err := d.foreign(ctx, spec.UUID, spec.Slots); err != nil {
		return err
	}
	had := d.held(spec.UUID)
	if err := d.named(slices.DeleteFunc(slices.Clone(spec.Slots), func(index uint32) bool { return slices.Contains(had, index) })); err != nil {
		return err
	}
	inv, err := gpu.Read(d.config.Root)
	if err != nil {
		return fmt.Errorf("look at the cards: %w", err)
	}
	var chosen []gpu.Slot
	for _, index := range spec.Slots {
		slot, err := d.look(ctx, inv, index)
		if err != nil {
			return err
		}
		chosen = append(chosen, slot)
	}
	window, fits := inv.Host.Window(chosen, uint64(spec.MemoryMiB))
	if !fits {
		return vm.RefuseSlot(vm.ErrSlotWindow, spec.Slots[0], "memory_mib", strconv.Itoa(spec.MemoryMiB))
	}
	for _, index := range spec.Slots {
		if err := d.take(ctx, index, spec.UUID); err != nil {
			return errors.Join(err, d.giveBack(spec.UUID, had))
		}
	}
	spec.WindowMiB = int(window)
	for _, index := range spec.Slots {
		spec.Devices = append(spec.Devices, d.devices(index)...)
	}
	near(&spec.Placement, nodeOf(chosen))
	return nil
}

// named refuses slots that name other cards in the host's current file, where the
// node looks their numbers up: newly bound cards count from the next start on.
func (d *Driver) named(slots []uint32) error {
	file, err := d.read()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, index := range slots {
		i := slices.IndexFunc(file.Slots, func(s binding.Slot) bool { return s.Number == int(index) })
		if i < 0 {
			return vm.RefuseSlot(vm.ErrSlotUnknown, index)
		}
		was, is := d.devices(index), devices(file.Slots[i])
		if !slices.Equal(was, is) {
			return vm.RefuseSlot(vm.ErrSlotOther, index, "address", string(was[0]), "field", "address", "want", fmt.Sprint(is), "have", fmt.Sprint(was))
		}
	}
	return nil
}

// near places a VM's memory beside its cards, without huge pages that were set
// aside on another node.
func near(p *vm.Placement, node int) {
	if node == pci.NoNode || p.Node != nil && *p.Node == node {
		return
	}
	p.Node, p.PageKiB = &node, 0
}

// look returns a slot's card if it is as recorded, else a refusal that says what is there.
func (d *Driver) look(ctx context.Context, inv gpu.Inventory, index uint32) (gpu.Slot, error) {
	f, err := d.keeper.Look(ctx, int(index))
	if err != nil {
		return gpu.Slot{}, err
	}
	if f != nil {
		return gpu.Slot{}, refuse(index, f)
	}
	slot, ok := d.slots[index].record.Of(inv)
	if !ok {
		return gpu.Slot{}, refuse(index, &vfio.Fault{Code: vfio.CodeNoSlot})
	}
	return slot, nil
}

// take waits for a slot's reset and records the slot as the VM's.
func (d *Driver) take(ctx context.Context, index uint32, id vm.UUID) error {
	err := d.keeper.Settle(ctx, int(index))
	if err == nil {
		err = d.keeper.Take(ctx, int(index), string(id))
	}
	if err != nil {
		return d.explain(index, err)
	}
	return nil
}

// giveBack frees the slots that a VM has beyond those it had.
func (d *Driver) giveBack(id vm.UUID, had []uint32) error {
	var errs []error
	for _, index := range d.held(id) {
		if !slices.Contains(had, index) {
			errs = append(errs, d.free(d.life, index, id))
		}
	}
	return errors.Join(errs...)
}

// nodeOf returns the NUMA node of all slots, or pci.NoNode where they differ.
func nodeOf(slots []gpu.Slot) int {
	node := slots[0].NUMA
	for _, slot := range slots {
		if slot.NUMA != node {
			return pci.NoNode
		}
	}
	return node
}

// Start implements vm.Driver. A domain that was given devices starts only while
// they are whole slots that are its own by the journal and as recorded.
func (d *Driver) Start(ctx context.Context, id vm.UUID) error {
	done, err := d.turns.Take(ctx, string(id))
	if err != nil {
		return err
	}
	defer done()
	if err := d.startable(ctx, id); err != nil {
		return err
	}
	return d.Driver.Start(ctx, id)
}

func (d *Driver) startable(ctx context.Context, id vm.UUID) error {
	if d.keeper == nil && d.fault == nil {
		return nil // nobody keeps cards here, so Define assigned none
	}
	domains, err := d.config.Hypervisor.Passings(ctx)
	if err != nil {
		return fmt.Errorf("look for who has cards: %w", err)
	}
	i := slices.IndexFunc(domains, func(p vm.Passing) bool { return p.UUID == id })
	if i < 0 || domains[i].Active {
		return nil
	}
	if d.fault != nil {
		return d.fault
	}
	left := slices.Clone(domains[i].Devices)
	var slots []uint32
	for _, index := range d.order {
		if d.shares(index, left) {
			slots = append(slots, index)
			own := d.devices(index)
			left = slices.DeleteFunc(left, func(dev vm.PCIDevice) bool { return slices.Contains(own, dev) })
		}
	}
	if len(left) > 0 {
		return fmt.Errorf("%w: devices are %q, allowed: those of the host's slots; define the VM anew", vm.ErrBadSpec, left)
	}
	if err := d.foreign(ctx, id, slots); err != nil {
		return err
	}
	for _, index := range slots {
		f, err := d.keeper.Look(ctx, int(index))
		if err != nil {
			return err
		}
		if f != nil {
			return refuse(index, f)
		}
		if err := d.take(ctx, index, id); err != nil {
			return err
		}
	}
	return nil
}

// Undefine implements vm.Driver. It ends a VM: its slots are reset for the next one.
func (d *Driver) Undefine(ctx context.Context, id vm.UUID) error {
	done, err := d.turns.Take(ctx, string(id))
	if err != nil {
		return err
	}
	defer done()
	err = whole(ctx, func(ctx context.Context) error { return d.Driver.Undefine(ctx, id) })
	if err != nil || d.keeper == nil {
		return err
	}
	for _, index := range d.held(id) {
		if err := d.free(context.WithoutCancel(ctx), index, id); err != nil {
			// A full disk does not prevent deleting a VM: sweep frees the slot later.
			d.log.Error("a slot is not free yet", "slot", index, "domain", id, "error", err)
		}
	}
	return nil
}
