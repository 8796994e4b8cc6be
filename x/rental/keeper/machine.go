package keeper

import (
	"context"

	"github.com/dbc-network/dbc/x/machine"
)

// Machine returns a machine from x/machine; the simulator needs its owner.
func (k Keeper) Machine(ctx context.Context, id string) (machine.Machine, error) {
	return k.machines.GetMachine(ctx, id)
}
