package keeper

import (
	"context"

	"github.com/dbc-network/dbc/x/machine"
)

// Machine is a machine as x/machine tells of it; the simulator asks who owns it.
func (k Keeper) Machine(ctx context.Context, id string) (machine.Machine, error) {
	return k.machines.GetMachine(ctx, id)
}
