package keeper

import (
	"context"
	"slices"

	"cosmossdk.io/collections"

	"github.com/dbc-network/dbc/x/machine"
)

// offer is (GPU type, free slots, machine id). In this order, a query for at
// least n free slots of a type is one walk that starts at n; one for any type
// is a walk for each of them. Separate entries for any type would cost every
// rent one more key in a random place.
type offer = collections.Triple[string, uint32, string]

// noGPU takes the place of the GPU type for machines without any; no GPU's name
// is empty.
const noGPU = ""

// place is where a machine is offered; the zero value means that it is not.
type place struct {
	gpuType string
	free    uint32
}

// placeOf returns that of a machine with these rented slots: it is offered while it is
// online and has free ones.
func placeOf(m machine.Machine, rented slots) place {
	free := rented.free(m)
	if m.State != machine.MACHINE_STATE_ONLINE || len(free) == 0 {
		return place{}
	}
	return place{offeredType(m), uint32(len(free))}
}

// offeredType returns the GPU type under which a machine is listed: that of all its slots.
func offeredType(m machine.Machine) string {
	if len(m.Facts.Slots) == 0 {
		return noGPU
	}
	return m.Facts.Slots[0].GpuType
}

// moveOffer updates the index when a machine changes from old to m. It does not read who
// rents the machine if nothing that the index depends on has changed.
func (k *Keeper) moveOffer(ctx context.Context, old, m machine.Machine) error {
	if old.State == m.State && old.Whole() == m.Whole() && slices.Equal(old.OutOfService, m.OutOfService) && offeredType(old) == offeredType(m) {
		return nil
	}
	rented, err := k.reserved(ctx, m.Id)
	if err != nil {
		return err
	}
	return k.replaceOffer(ctx, m.Id, placeOf(old, rented), placeOf(m, rented))
}

// replaceOffer moves a machine's entry from one place to another.
func (k *Keeper) replaceOffer(ctx context.Context, id string, before, after place) error {
	if before == after {
		return nil
	}
	if before.free > 0 {
		if err := k.Offers.Remove(ctx, collections.Join3(before.gpuType, before.free, id)); err != nil {
			return err
		}
	}
	if after.free > 0 {
		return k.Offers.Set(ctx, collections.Join3(after.gpuType, after.free, id))
	}
	return nil
}
