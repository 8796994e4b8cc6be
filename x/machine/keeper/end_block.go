package keeper

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
)

// retryDelay keeps a challenge that could not be closed from holding up others.
const retryDelay = time.Minute

// EndBlock closes challenges whose deadline has come, each in a cache context:
// one that fails comes back after a delay, and the others are served. It then
// forgets cool-downs that are over.
func (k *Keeper) EndBlock(ctx context.Context) error {
	params, err := k.Parameters.Get(ctx)
	if err != nil {
		return err
	}
	halted, err := k.Halted(ctx)
	if err != nil {
		return err
	}
	stored := blockTime(ctx).Add(-halted)
	due, err := k.due(ctx, stored, params.MaxDuePerBlock)
	if err != nil {
		return err
	}
	for _, key := range due {
		if err := k.expire(ctx, key.K2()); err != nil {
			sdk.UnwrapSDKContext(ctx).Logger().Error("close challenge", "challenge", key.K2(), "error", err)
			if err := k.postpone(ctx, key, stored.Add(retryDelay)); err != nil {
				return err
			}
			continue
		}
		if err := k.ChallengeQueue.Remove(ctx, key); err != nil {
			return err
		}
	}
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	if err := k.forgetCooldowns(cached, params.MaxDuePerBlock); err != nil { //nolint:contextcheck // an sdk.Context inherits by CacheContext
		cached.Logger().Error("cool-downs not forgotten", "error", err) // tidying up must not halt the chain
		return nil
	}
	write()
	return nil
}

func (k *Keeper) due(ctx context.Context, stored time.Time, most uint32) ([]collections.Pair[time.Time, uint64], error) {
	var due []collections.Pair[time.Time, uint64]
	err := k.ChallengeQueue.Walk(ctx, collections.NewPrefixUntilPairRange[time.Time, uint64](stored),
		func(key collections.Pair[time.Time, uint64]) (bool, error) {
			due = append(due, key)
			return uint32(len(due)) >= most, nil
		})
	return due, err
}

func (k *Keeper) postpone(ctx context.Context, key collections.Pair[time.Time, uint64], until time.Time) error {
	if err := k.ChallengeQueue.Remove(ctx, key); err != nil {
		return err
	}
	return k.ChallengeQueue.Set(ctx, collections.Join(until, key.K2()))
}

// expire closes one challenge, or changes nothing; a panic counts as an error,
// because one that leaves the end block stops the chain.
func (k *Keeper) expire(ctx context.Context, id uint64) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	if err := k.close(cached, id); err != nil { //nolint:contextcheck // cached is made from ctx
		return err
	}
	write()
	return nil
}

// close settles the machine of a challenge whose deadline has come, and returns
// the deposit if the challenge is void. One that is gone was closed by a message.
func (k *Keeper) close(ctx context.Context, id uint64) error {
	c, err := k.challenge(ctx, id)
	if errorsmod.IsOf(err, machine.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := k.SettleChallenge(ctx, c.MachineId); err != nil {
		return err
	}
	there, err := k.Challenges.Has(ctx, id)
	if err != nil || !there {
		return err
	}
	m, err := k.load(ctx, c.MachineId)
	if err != nil {
		return err
	}
	if slices.Contains(m.OpenChallenges, id) {
		return errorsmod.Wrapf(machine.ErrInvariant, "challenge %d: machine %s has an older one that is not due", id, m.Id)
	}
	return k.voidChallenge(ctx, c)
}
