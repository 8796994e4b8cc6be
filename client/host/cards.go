//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"

	"github.com/dbc-network/dbc/node/compute"
	"github.com/dbc-network/dbc/node/compute/listing"
)

// CardsError says why this computer cannot be listed with its cards. It wraps
// ErrNoCard or ErrWindow.
type CardsError struct {
	Kind error
	// Out are the slots of /etc/dbc/gpus.toml that are left out.
	Out []listing.Out
	// MemoryMiB is the memory that the machine would list.
	MemoryMiB uint64
}

func (e *CardsError) Error() string {
	if errors.Is(e.Kind, ErrWindow) {
		return fmt.Sprintf("list this computer's cards beside %d MiB of memory: %s", e.MemoryMiB, e.Kind)
	}
	return fmt.Sprintf("list this computer's cards: %s (%d stay out)", e.Kind, len(e.Out))
}

func (e *CardsError) Unwrap() error { return e.Kind }

// Offer returns what this computer can be listed with. It refuses if cards are
// reserved for VMs and cannot be listed, or if VMs would not start with them.
func (h *Host) Offer(ctx context.Context) (compute.Offer, error) {
	offer, err := compute.ReadOffer(ctx, h.Config, h.Key.MachineID())
	if err != nil {
		return compute.Offer{}, err
	}
	fault := &CardsError{Out: offer.Out, MemoryMiB: offer.Facts.MemoryMib}
	switch {
	case len(offer.Cards) == 0 && len(offer.Out) > 0:
		fault.Kind = ErrNoCard
	case len(offer.Cards) > 0 && !offer.Fits:
		fault.Kind = ErrWindow
	default:
		return offer, nil
	}
	return offer, fault
}
