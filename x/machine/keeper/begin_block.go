package keeper

import "context"

// BeginBlock counts a long gap since the last block as time in which the chain
// was halted. It runs before every other module's, so that the whole block sees
// the sum that is valid at its time.
func (k *Keeper) BeginBlock(ctx context.Context) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	return k.Record.BeginBlock(ctx, params.MaxBlockGap)
}
