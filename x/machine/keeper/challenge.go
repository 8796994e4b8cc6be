package keeper

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
)

// retryDelay keeps a challenge that could not be closed from holding up others.
const retryDelay = time.Minute

// OpenChallenge is a machine's open challenge with its effective deadline;
// false without one.
func (k *Keeper) OpenChallenge(ctx context.Context, id string) (machine.Challenge, bool, error) {
	m, err := k.load(ctx, id)
	if err != nil || m.OpenChallenge == 0 {
		return machine.Challenge{}, false, err
	}
	c, err := k.challenge(ctx, m.OpenChallenge)
	if err != nil {
		return machine.Challenge{}, false, err
	}
	halted, err := k.Halted(ctx)
	return c.Effective(halted), err == nil, err
}

// SettleChallenge closes a machine's challenge if its deadline has come.
func (k *Keeper) SettleChallenge(ctx context.Context, id string) error {
	m, err := k.load(ctx, id)
	if err != nil || m.OpenChallenge == 0 {
		return err
	}
	c, err := k.challenge(ctx, m.OpenChallenge)
	if err != nil {
		return err
	}
	halted, err := k.Halted(ctx)
	if err != nil || !c.Due(blockTime(ctx), halted) {
		return err
	}
	return k.closeUnanswered(ctx, c)
}

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
// because one that leaves the end block stops the chain. A challenge that is
// gone was closed by a message.
func (k *Keeper) expire(ctx context.Context, id uint64) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	c, err := k.challenge(ctx, id)
	if errorsmod.IsOf(err, machine.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	if err := k.closeUnanswered(cached, c); err != nil { //nolint:contextcheck // cached is made from ctx
		return err
	}
	write()
	return nil
}

// unanswered is what becomes of a machine that let its challenge's deadline pass.
func unanswered(m machine.Machine, c machine.Challenge) machine.Machine {
	since := c.Time.Add(-c.Halted)
	m.State, m.OfflineSince, m.OpenChallenge = machine.MACHINE_STATE_OFFLINE, &since, 0
	return m
}

func (k *Keeper) closeUnanswered(ctx context.Context, c machine.Challenge) error {
	var from machine.MachineState
	m, err := k.change(ctx, c.MachineId, func(m *machine.Machine) error {
		from = m.State
		*m = unanswered(*m, c)
		return nil
	})
	if err != nil {
		return err
	}
	challenger, err := sdk.AccAddressFromBech32(c.Challenger)
	if err != nil {
		return err
	}
	if err := k.removeChallenge(ctx, c, challenger); err != nil {
		return err
	}
	halted, err := k.Halted(ctx)
	if err != nil {
		return err
	}
	since := *m.Effective(halted).OfflineSince
	if err := k.hooks.AfterMachineOffline(ctx, m.Id, since, c.Id); err != nil {
		return err
	}
	if err := emit(ctx, &machine.EventStateChanged{MachineId: m.Id, From: from, To: m.State, Since: since, ChallengeId: c.Id}); err != nil {
		return err
	}
	return k.closed(ctx, c, false)
}

// removeChallenge takes a challenge out of the store and its deposit to whom it belongs now.
func (k *Keeper) removeChallenge(ctx context.Context, c machine.Challenge, deposit sdk.AccAddress) error {
	if err := k.Challenges.Remove(ctx, c.Id); err != nil {
		return err
	}
	if err := k.ChallengeQueue.Remove(ctx, collections.Join(c.Deadline, c.Id)); err != nil {
		return err
	}
	return k.pay(ctx, deposit, c.Deposit)
}

func (k *Keeper) closed(ctx context.Context, c machine.Challenge, answered bool) error {
	if err := k.hooks.AfterChallengeClosed(ctx, c.MachineId, c.Id, answered); err != nil {
		return err
	}
	return emit(ctx, &machine.EventChallengeClosed{MachineId: c.MachineId, ChallengeId: c.Id, Answered: answered})
}

func (k *Keeper) challenge(ctx context.Context, id uint64) (machine.Challenge, error) {
	c, err := k.Challenges.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return c, errorsmod.Wrapf(machine.ErrNotFound, "challenge_id %d: no such open challenge", id)
	}
	return c, err
}
