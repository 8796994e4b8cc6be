//go:build linux

package host

import (
	"context"
	"fmt"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/compute"
	"github.com/dbc-network/dbc/node/compute/listing"
	"github.com/dbc-network/dbc/x/machine"
)

// Listings is the source of the current listing; *chain.Client implements it.
type Listings interface {
	Machine(ctx context.Context, id string) (machine.Listing, error)
	OpenRentals(ctx context.Context, machineID string) (chain.View, error)
}

var _ Listings = (*chain.Client)(nil)

// Update changes a machine's listing.
type Update struct {
	Msg *machine.MsgUpdateFacts
	// Left names the facts of the computer, by the chain's field names, that
	// differ from the listing and cannot change because rentals are open.
	Left []string
	// Offer is what the computer can be listed with now, and which of its cards stay
	// out, whether or not it is what Msg lists.
	Offer compute.Offer
}

// Update returns the message that changes the machine's listing to what the
// computer now has, its addresses, and the listed place after change was
// applied. While rentals are open, facts that describe the computer do not
// change. If there is nothing to change it returns ErrUnchanged, and Left all
// the same.
func (h *Host) Update(ctx context.Context, c Listings, operator string, change func(*Place) error) (Update, error) {
	id := h.Key.MachineID()
	listed, err := c.Machine(ctx, id)
	if err != nil {
		return Update{}, err
	}
	place := PlaceOf(listed.Machine.Facts)
	if err := change(&place); err != nil {
		return Update{}, err
	}
	view, err := c.OpenRentals(ctx, id)
	if err != nil {
		return Update{}, err
	}
	update, facts, err := h.toList(ctx, listed.Machine.Facts, len(view.Rentals) > 0)
	if err != nil {
		return update, err
	}
	if err := place.Apply(&facts); err != nil {
		return update, err
	}
	if facts.Equal(listed.Machine.Facts) {
		return update, fmt.Errorf("update machine %s: %w", id, ErrUnchanged)
	}
	seq, expiry := listed.Machine.BondSeq+1, h.Now().Add(onlineValid).Unix()
	text := machine.BondText(h.Config.ChainID, id, listed.Machine.Owner, seq, expiry, facts)
	update.Msg = &machine.MsgUpdateFacts{
		Operator: operator, MachineId: id, Facts: facts, BondSeq: seq, Expiry: expiry, Signature: h.Key.Sign(text),
	}
	return update, nil
}

// toList returns the facts of this computer, and an update without a message. For a rented machine only its
// addresses are used: a card that failed meanwhile is no reason to refuse
// those.
func (h *Host) toList(ctx context.Context, listed machine.Facts, rented bool) (update Update, facts machine.Facts, err error) {
	if rented {
		update.Offer, err = compute.ReadOffer(ctx, h.Config, h.Key.MachineID())
		facts, update.Left = readdress(listed, update.Offer.Facts)
		return update, facts, err
	}
	update.Offer, err = h.Offer(ctx)
	return update, update.Offer.Facts, err
}

// readdress returns listed with this computer's addresses, ports and inventory,
// and the names of all other facts that differ.
func readdress(listed, here machine.Facts) (moved machine.Facts, left []string) {
	left = listing.Unlike(listed, here)
	listed.PublicIp, listed.PortFirst, listed.PortLast, listed.Multiaddrs = here.PublicIp, here.PortFirst, here.PortLast, here.Multiaddrs
	listed.InventoryHash = here.InventoryHash
	return listed, left
}
