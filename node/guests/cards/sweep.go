package cards

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dbc-network/dbc/hw/vfio"
	"github.com/dbc-network/dbc/vm"
)

// adopt compares the journal with the existing domains: if one of ours has a
// slot's devices, the slot is recorded as its own, since the journal may have been
// lost. What a foreign domain holds is found at the slot's reset.
func (d *Driver) adopt(ctx context.Context) error {
	domains, err := d.config.Hypervisor.Passings(ctx)
	if err != nil {
		return fmt.Errorf("look for who has cards: %w", err)
	}
	// Running ones first: if two are defined with the same card, only one can have it.
	slices.SortStableFunc(domains, func(a, b vm.Passing) int {
		if a.Active == b.Active {
			return 0
		}
		if a.Active {
			return -1
		}
		return 1
	})
	for _, domain := range domains {
		if _, err := d.Get(ctx, domain.UUID); errors.Is(err, vm.ErrNotFound) {
			continue
		} else if err != nil {
			return err
		}
		for _, index := range d.order {
			if !d.shares(index, domain.Devices) {
				continue
			}
			err := d.keeper.Adopt(ctx, int(index), string(domain.UUID))
			if errors.Is(err, vfio.ErrHeld) {
				d.log.Error("another VM has a slot that this one is defined with", "slot", index, "domain", domain.UUID)
			} else if err != nil {
				return err
			}
		}
	}
	return nil
}

// kick has the slots swept soon.
func (d *Driver) kick() {
	select {
	case d.kicks <- struct{}{}:
	default:
	}
}

// sweeps sweeps the slots at start, when something ended, and periodically. A
// slow slot holds up no other.
func (d *Driver) sweeps() {
	ticker := time.NewTicker(sweepPeriod)
	defer ticker.Stop()
	for {
		for index, s := range d.slots {
			if s.busy.CompareAndSwap(false, true) {
				d.works.Go(func() {
					s.freed.Store(false)
					d.sweep(index)
					s.busy.Store(false)
					if s.freed.Load() {
						d.kick()
					}
				})
			}
		}
		select {
		case <-d.life.Done():
			return
		case <-ticker.C:
		case <-d.kicks:
		}
	}
}

// sweep frees a slot whose VM is gone, does a reset that is due, and quarantines a
// card that failed while nobody had it.
func (d *Driver) sweep(index uint32) {
	e, err := d.keeper.Entry(int(index))
	if err == nil && e.State == vfio.InUse {
		err = d.orphaned(index, vm.UUID(e.Holder))
	}
	if err == nil {
		err = d.keeper.Settle(d.life, int(index))
	}
	if err == nil {
		_, err = d.keeper.Look(d.life, int(index))
	}
	if err != nil && d.life.Err() == nil {
		d.log.Error("a slot is not as it should be", "slot", index, "error", err)
	}
}

// free takes a slot back from a VM and has it reset in the background.
func (d *Driver) free(ctx context.Context, index uint32, id vm.UUID) error {
	err := d.keeper.Free(ctx, int(index), string(id))
	d.slots[index].freed.Store(true)
	d.kick()
	return err
}

// orphaned frees a slot whose VM is not defined: its define, or its end, was
// interrupted.
func (d *Driver) orphaned(index uint32, holder vm.UUID) error {
	// Serialized with a define of that VM, which takes the slot first.
	done, err := d.turns.Take(d.life, string(holder))
	if err != nil {
		return err
	}
	defer done()
	defined, err := d.defined(holder)
	if err != nil || defined {
		return err
	}
	return d.keeper.Free(d.life, int(index), string(holder))
}

// defined reports whether the domain exists, ours or somebody else's.
func (d *Driver) defined(id vm.UUID) (bool, error) {
	_, err := d.Get(d.life, id)
	if err == nil {
		return true, nil
	}
	if !errors.Is(err, vm.ErrNotFound) {
		return false, err
	}
	domains, err := d.config.Hypervisor.Passings(d.life)
	if err != nil {
		return false, err
	}
	for _, domain := range domains {
		if domain.UUID == id {
			return true, nil
		}
	}
	return false, nil
}
