package keeper

import (
	"context"
	"errors"
	"time"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/internal/account"
	"github.com/dbc-network/dbc/x/machine"
)

// GetMachine returns a machine as it is at this block's time: offline if a
// challenge's deadline passed that no block has closed yet.
func (k *Keeper) GetMachine(ctx context.Context, id string) (machine.Machine, error) {
	m, err := k.load(ctx, id)
	if err != nil {
		return machine.Machine{}, err
	}
	return k.effective(ctx, m)
}

// load returns a machine as it is stored.
func (k *Keeper) load(ctx context.Context, id string) (machine.Machine, error) {
	m, err := k.Bonds.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		if _, err := machine.ParseID(id); err != nil {
			return m, err
		}
		return m, errorsmod.Wrapf(machine.ErrNotFound, "machine_id %s: no such machine; see the query machines", id)
	}
	return m, err
}

func (k *Keeper) effective(ctx context.Context, m machine.Machine) (machine.Machine, error) {
	halted, err := k.Halted(ctx)
	if err != nil {
		return m, err
	}
	c, open, err := k.oldest(ctx, m)
	if err != nil {
		return m, err
	}
	if open && c.Due(blockTime(ctx), halted) {
		m = unanswered(m, c)
	}
	return m, nil
}

// change stores what edit made of a stored machine, and keeps the offers right.
func (k *Keeper) change(ctx context.Context, id string, edit func(*machine.Machine) error) (machine.Machine, error) {
	old, err := k.load(ctx, id)
	if err != nil {
		return old, err
	}
	m := old
	if err := edit(&m); err != nil {
		return m, err
	}
	if err := k.Bonds.Set(ctx, m.Id, m); err != nil {
		return m, err
	}
	return m, k.moveOffers(ctx, old, m)
}

// touch settles everything that is due on a machine and returns it as stored.
// Each message calls it first, so that none acts on a state that is over.
func (k *Keeper) touch(ctx context.Context, id string) (machine.Machine, error) {
	if _, err := k.load(ctx, id); err != nil {
		return machine.Machine{}, err
	}
	if err := k.SettleChallenge(ctx, id); err != nil {
		return machine.Machine{}, err
	}
	if err := k.hooks.BeforeMachineChange(ctx, id); err != nil {
		return machine.Machine{}, err
	}
	return k.load(ctx, id)
}

// operated is touch for a message of the machine's operator.
func (k *Keeper) operated(ctx context.Context, id, operator string) (machine.Machine, error) {
	m, err := k.touch(ctx, id)
	if err != nil {
		return m, err
	}
	if m.Operator != account.Canonical(operator) {
		return m, errorsmod.Wrapf(machine.ErrUnauthorized, "signer %s: must be the operator %s of machine %s", machine.Clip(operator), m.Operator, id)
	}
	if m.State == machine.MACHINE_STATE_RETIRED {
		return m, errorsmod.Wrapf(machine.ErrState, "machine %s is retired; bond it again first", id)
	}
	return m, nil
}

// owned is touch for a message of the machine's owner.
func (k *Keeper) owned(ctx context.Context, id, owner string) (machine.Machine, error) {
	m, err := k.touch(ctx, id)
	if err != nil {
		return m, err
	}
	if m.Owner != account.Canonical(owner) {
		return m, errorsmod.Wrapf(machine.ErrUnauthorized, "signer %s: must be the owner %s of machine %s", machine.Clip(owner), m.Owner, id)
	}
	return m, nil
}

// RecordRentalEnd keeps the latest end of a rental, from which unbonding counts.
func (k *Keeper) RecordRentalEnd(ctx context.Context, id string, end time.Time) error {
	_, err := k.change(ctx, id, func(m *machine.Machine) error {
		if m.LastRentalEnd == nil || m.LastRentalEnd.Before(end) {
			m.LastRentalEnd = &end
		}
		return nil
	})
	return err
}

func blockTime(ctx context.Context) time.Time { return sdk.UnwrapSDKContext(ctx).BlockTime() }
