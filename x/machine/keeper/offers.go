package keeper

import (
	"context"
	"slices"

	"cosmossdk.io/collections"

	"github.com/dbc-network/dbc/x/machine"
)

// offer is (GPU type, free slots, machine id). Ordered so, a query for at
// least n free slots is one walk that begins at n.
type offer = collections.Triple[string, uint32, string]

// anyType stands in the place of the GPU type for offers of every type; no
// name of a GPU is empty.
const anyType = ""

// offersOf are the entries that a machine has now: none unless it is online
// and has free slots.
func (k *Keeper) offersOf(ctx context.Context, m machine.Machine) ([]offer, error) {
	if m.State != machine.MACHINE_STATE_ONLINE {
		return nil, nil
	}
	free, err := k.freeSlots(ctx, m)
	if err != nil || len(free) == 0 {
		return nil, err
	}
	n := uint32(len(free))
	list := []offer{collections.Join3(anyType, n, m.Id)}
	for _, gpuType := range m.Facts.GPUTypes() {
		list = append(list, collections.Join3(gpuType, n, m.Id))
	}
	return list, nil
}

// replaceOffers brings the index from before to after.
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
