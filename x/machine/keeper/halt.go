package keeper

import (
	"context"
	"errors"
	"time"

	"cosmossdk.io/collections"

	"github.com/dbc-network/dbc/x/machine"
)

// BeginBlock counts a long gap since the last block as time in which the chain
// stood still. It runs before every other module's, so that all of the block
// sees the sum that holds at its time.
func (k *Keeper) BeginBlock(ctx context.Context) error {
	params, err := k.Parameters.Get(ctx)
	if err != nil {
		return err
	}
	halt, err := k.Halt.Get(ctx)
	if err != nil {
		return err
	}
	now := blockTime(ctx)
	if halt.LastBlockTime != nil {
		if gap := now.Sub(*halt.LastBlockTime); gap > params.MaxBlockGap {
			halt.Total += gap
			if err := emit(ctx, &machine.EventHalt{Gap: gap, Total: halt.Total}); err != nil {
				return err
			}
		}
	}
	// A chain that starts from an export has a first block at its genesis time,
	// which may lie before the exported chain's last block.
	if halt.LastBlockTime == nil || halt.LastBlockTime.Before(now) {
		halt.LastBlockTime = &now
	}
	return k.Halt.Set(ctx, halt)
}

// Halted is the sum of all time in which the chain stood still, the gap before
// the current block included.
func (k *Keeper) Halted(ctx context.Context) (time.Duration, error) {
	halt, err := k.Halt.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return 0, nil
	}
	return halt.Total, err
}
