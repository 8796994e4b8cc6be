package keeper

import (
	"context"
	"errors"
	"slices"
	"time"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
)

// OpenChallenge returns the oldest open challenge of a machine with its
// effective deadline, and false if there is none. Until it is closed, rent is
// earned only up to its time.
func (k *Keeper) OpenChallenge(ctx context.Context, id string) (machine.Challenge, bool, error) {
	m, err := k.load(ctx, id)
	if err != nil {
		return machine.Challenge{}, false, err
	}
	c, open, err := k.oldest(ctx, m)
	if err != nil || !open {
		return machine.Challenge{}, false, err
	}
	halted, err := k.Halted(ctx)
	return c.Effective(halted), true, err
}

// oldest returns the machine's first open challenge as stored. No other one
// starts or ends before it.
func (k *Keeper) oldest(ctx context.Context, m machine.Machine) (machine.Challenge, bool, error) {
	if len(m.OpenChallenges) == 0 {
		return machine.Challenge{}, false, nil
	}
	c, err := k.challenge(ctx, m.OpenChallenges[0])
	return c, true, err
}

// SettleChallenge takes a machine offline if the deadline of a challenge has passed. That
// voids its other open challenges; the end block returns their deposits at their
// deadlines, so that this costs the same however many there are.
func (k *Keeper) SettleChallenge(ctx context.Context, id string) error {
	m, err := k.load(ctx, id)
	if err != nil {
		return err
	}
	c, open, err := k.oldest(ctx, m)
	if err != nil || !open {
		return err
	}
	halted, err := k.Halted(ctx)
	if err != nil || !c.Due(blockTime(ctx), halted) {
		return err
	}
	return k.closeUnanswered(ctx, c)
}

// unanswered handles a machine that let its oldest challenge's deadline pass.
func unanswered(m machine.Machine, c machine.Challenge) machine.Machine {
	since := c.Time
	m.State, m.OfflineSince, m.OpenChallenges = machine.MACHINE_STATE_OFFLINE, &since, nil
	return m
}

func (k *Keeper) closeUnanswered(ctx context.Context, c machine.Challenge) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	var reward uint64
	var from machine.MachineState
	m, err := k.change(ctx, c.MachineId, func(m *machine.Machine) error {
		from = m.State
		*m = unanswered(*m, c)
		reward = rewarded(m, c.Deposit, params.RewardInterval, blockTime(ctx))
		return nil
	})
	if err != nil {
		return err
	}
	if err := k.removeChallenge(ctx, c, c.Challenger, reward); err != nil {
		return err
	}
	if reward > 0 {
		if err := emit(ctx, &machine.EventStakeChanged{MachineId: m.Id, Stake: m.Stake}); err != nil {
			return err
		}
	}
	since := *m.OfflineSince
	if err := k.hooks.AfterMachineOffline(ctx, m.Id, since, c.Id); err != nil {
		return err
	}
	if err := emit(ctx, &machine.EventStateChanged{MachineId: m.Id, From: from, To: m.State, Since: since, ChallengeId: c.Id}); err != nil {
		return err
	}
	if err := k.hooks.AfterChallengeClosed(ctx, m.Id, c.Id, false); err != nil {
		return err
	}
	return emit(ctx, &machine.EventChallengeClosed{MachineId: m.Id, ChallengeId: c.Id, Reward: reward})
}

// rewarded takes the reward of an unanswered challenge from the stake: as much as
// its deposit, at most what is there, and nothing within an interval of the last
// one, or a host that challenges itself would withdraw its stake before it unbonds.
func rewarded(m *machine.Machine, deposit uint64, interval time.Duration, now time.Time) uint64 {
	if m.RewardedAt != nil && now.Before(m.RewardedAt.Add(interval)) {
		return 0
	}
	reward := min(deposit, m.Stake)
	m.Stake -= reward
	m.RewardedAt = &now
	return reward
}

// voidChallenge returns the deposit of a challenge whose machine went offline
// before it had to be answered.
func (k *Keeper) voidChallenge(ctx context.Context, c machine.Challenge) error {
	if err := k.removeChallenge(ctx, c, c.Challenger, 0); err != nil {
		return err
	}
	return emit(ctx, &machine.EventChallengeClosed{MachineId: c.MachineId, ChallengeId: c.Id, Void: true})
}

// removeChallenge removes a challenge from the store, and pays its deposit, and
// a reward taken from the stake, to those they belong to now.
func (k *Keeper) removeChallenge(ctx context.Context, c machine.Challenge, to string, reward uint64) error {
	if err := k.dropChallenge(ctx, c); err != nil {
		return err
	}
	account, err := sdk.AccAddressFromBech32(to)
	if err != nil {
		return err
	}
	return k.pay(ctx, account, c.Deposit+reward) // no overflow: both are parts of the coin's supply
}

func (k *Keeper) challenge(ctx context.Context, id uint64) (machine.Challenge, error) {
	c, err := k.Challenges.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return machine.Challenge{}, detail.Add(machine.ErrNotFound.Wrapf("challenge_id %d: no such open challenge", id),
			detail.Map{"challenge_id": id})
	}
	return c, err
}

// without returns the ids except one; it does not change the list.
func without(ids []uint64, id uint64) []uint64 {
	return slices.DeleteFunc(slices.Clone(ids), func(other uint64) bool { return other == id })
}
