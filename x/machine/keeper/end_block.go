package keeper

import (
	"context"
	"errors"
	"slices"
	"time"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/internal/due"
	"github.com/dbc-network/dbc/x/machine"
)

// maxDueGas bounds a block's closing of challenges in addition to max_due_per_block: each
// refunds all trials of its machine.
const maxDueGas = 25_000_000

// EndBlock closes challenges whose deadline has passed, the oldest first and at
// most max_due_per_block. One that can't be closed holds up no other. Then it
// forgets cooldowns that are over.
func (k *Keeper) EndBlock(ctx context.Context) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	limit := int(params.MaxDuePerBlock)
	ids, handler, err := k.due(ctx, limit)
	if err != nil {
		return err
	}
	if err := k.failed.Serve(ctx, ids, maxDueGas, handler); err != nil {
		return err
	}
	due.Tidy(ctx, "forget cooldowns", func(ctx context.Context) error { return k.forgetCooldowns(ctx, limit) })
	return nil
}

func (k *Keeper) due(ctx context.Context, limit int) ([]uint64, dueChallenges, error) {
	handler := dueChallenges{k, make(map[uint64]time.Time)}
	halted, err := k.Halted(ctx)
	if err != nil {
		return nil, handler, err
	}
	passed, err := due.UpTo(ctx, k.ChallengeQueue, blockTime(ctx), halted, limit)
	if err != nil {
		return nil, handler, err
	}
	for _, item := range passed {
		handler.queued[item.Key] = item.At.Add(-halted)
	}
	again, err := k.failed.Due(ctx, limit)
	return due.Oldest(limit, passed, again), handler, err
}

// dueChallenges closes challenges for the queue of failed ones.
type dueChallenges struct {
	k *Keeper
	// queued are those of ChallengeQueue with their stored deadlines, so that one is put
	// off without reading it, whatever is wrong with it.
	queued map[uint64]time.Time
}

var _ due.Handler[uint64] = dueChallenges{}

// Settle settles the machine of a challenge whose deadline has passed, and returns the
// deposit if the challenge is void. One that is gone was closed before in the same block:
// nothing of it stays.
func (d dueChallenges) Settle(ctx context.Context, id uint64) error {
	c, err := d.k.challenge(ctx, id)
	if errors.Is(err, machine.ErrNotFound) {
		if _, err := d.k.failed.Clear(ctx, id); err != nil {
			return err
		}
		return d.Leave(ctx, id)
	}
	if err != nil {
		return err
	}
	if err := d.k.SettleChallenge(ctx, c.MachineId); err != nil {
		return err
	}
	there, err := d.k.Challenges.Has(ctx, id)
	if err != nil || !there {
		return err
	}
	m, err := d.k.load(ctx, c.MachineId)
	if err != nil {
		return err
	}
	if slices.Contains(m.OpenChallenges, id) {
		return machine.ErrInvariant.Wrapf("challenge %d: machine %s has an older one that is not due", id, m.Id)
	}
	return d.k.voidChallenge(ctx, c)
}

// Leave removes a challenge from the queue by deadline.
func (d dueChallenges) Leave(ctx context.Context, id uint64) error {
	return d.k.ChallengeQueue.Remove(ctx, collections.Join(d.queued[id], id)) // zero, and so not there, if it comes from the failed ones
}

// Failed logs the cause: to everybody the machine is offline all the same.
func (d dueChallenges) Failed(ctx context.Context, id uint64, failure due.Failure, cause error) error {
	sdk.UnwrapSDKContext(ctx).Logger().Error("challenge not closed", "challenge_id", id, "attempts", failure.Attempts, "next", failure.Next, "error", cause)
	return nil
}
