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

// offersOf returns the entries of a machine with these rented slots: none
// unless it is online and has free ones.
func offersOf(m machine.Machine, rented slots) []offer {
	n := uint32(len(rented.free(m)))
	if m.State != machine.MACHINE_STATE_ONLINE || n == 0 {
		return nil
	}
	var list []offer
	for _, gpuType := range offeredTypes(m) {
		list = append(list, collections.Join3(gpuType, n, m.Id))
	}
	return list
}

// offeredTypes returns the GPU types under which a machine is listed: at least one.
func offeredTypes(m machine.Machine) []string {
	if types := m.Facts.GPUTypes(); len(types) > 0 {
		return types
	}
	return []string{noGPU}
}

// moveOffers updates the index when a machine changes from old to m.
func (k *Keeper) moveOffers(ctx context.Context, old, m machine.Machine) error {
	if old.State == m.State && old.Whole() == m.Whole() && slices.Equal(old.OutOfService, m.OutOfService) && slices.Equal(offeredTypes(old), offeredTypes(m)) {
		return nil
	}
	rented, err := k.reserved(ctx, m.Id)
	if err != nil {
		return err
	}
	return k.replaceOffers(ctx, offersOf(old, rented), offersOf(m, rented))
}

// replaceOffers replaces the entries before by those after.
func (k *Keeper) replaceOffers(ctx context.Context, before, after []offer) error {
	for _, key := range before {
		if slices.ContainsFunc(after, sameOffer(key)) {
			continue
		}
		if err := k.Offers.Remove(ctx, key); err != nil {
			return err
		}
	}
	for _, key := range after {
		if slices.ContainsFunc(before, sameOffer(key)) {
			continue
		}
		if err := k.Offers.Set(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

func sameOffer(a offer) func(offer) bool {
	return func(b offer) bool { return a.K1() == b.K1() && a.K2() == b.K2() && a.K3() == b.K3() }
}
