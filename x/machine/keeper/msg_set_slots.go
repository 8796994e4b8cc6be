package keeper

import (
	"context"
	"slices"

	"github.com/dbc-network/dbc/x/machine"
)

// SetSlots takes slots out of service and puts others back in; those that the
// message does not name stay as they are. Whoever rents one keeps it. Setting
// what is already so does not change the listing.
func (k msgServer) SetSlots(ctx context.Context, msg *machine.MsgSetSlots) (*machine.MsgSetSlotsResponse, error) {
	m, err := k.operated(ctx, msg.MachineId, msg.Operator)
	if err != nil {
		return nil, err
	}
	out, err := m.ChangeService(msg.OutOfService, msg.InService)
	if err != nil {
		return nil, err
	}
	if slices.Equal(m.OutOfService, out) {
		return &machine.MsgSetSlotsResponse{ListingVersion: m.ListingVersion}, nil
	}
	if m, err = k.change(ctx, m.Id, func(m *machine.Machine) error {
		m.OutOfService = out
		m.ListingVersion++
		return nil
	}); err != nil {
		return nil, err
	}
	return &machine.MsgSetSlotsResponse{ListingVersion: m.ListingVersion}, listed(ctx, m)
}
