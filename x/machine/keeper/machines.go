package keeper

import (
	"context"
	"errors"
	"time"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/internal/account"
	"github.com/dbc-network/dbc/x/machine"
)

// GetMachine returns a machine as it is at this block's time: offline if a
// challenge's deadline has passed that no block has closed yet.
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
			return machine.Machine{}, err
		}
		return machine.Machine{}, detail.Add(machine.ErrNotFound.Wrapf("machine_id %s: no such machine; look for a wrong digit", id),
			detail.Map{"machine_id": id})
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

// change stores a stored machine as edited, and keeps the offers consistent.
func (k *Keeper) change(ctx context.Context, id string, edit func(*machine.Machine) error) (machine.Machine, error) {
	old, err := k.load(ctx, id)
	if err != nil {
		return machine.Machine{}, err
	}
	m := old
	if err := edit(&m); err != nil {
		return m, err
	}
	if err := k.Bonds.Set(ctx, m.Id, m); err != nil {
		return m, err
	}
	return m, k.moveOffer(ctx, old, m)
}

// touch closes a challenge of a machine whose deadline has passed and returns the
// machine as stored. Messages call it first, so that none acts on an outdated state.
func (k *Keeper) touch(ctx context.Context, id string) (machine.Machine, error) {
	if err := k.SettleChallenge(ctx, id); err != nil {
		return machine.Machine{}, err
	}
	return k.load(ctx, id)
}

// operated is touch for a message of the machine's operator; it refuses other signers.
func (k *Keeper) operated(ctx context.Context, id, operator string) (machine.Machine, error) {
	m, err := k.load(ctx, id)
	if err != nil {
		return machine.Machine{}, err
	}
	if m.Operator != account.Canonical(operator) {
		return machine.Machine{}, detail.Add(machine.ErrUnauthorized.Wrapf("signer %s: must be the operator %s of machine %s", machine.Clip(operator), m.Operator, id),
			detail.Map{"machine_id": id, "operator": m.Operator})
	}
	if m.State == machine.MACHINE_STATE_RETIRED {
		return machine.Machine{}, retired(m)
	}
	return k.touch(ctx, id)
}

// retired says what has to be done before a retired machine can change state,
// with the same error as a new bond of it.
func retired(m machine.Machine) error {
	if m.Stake != 0 {
		return detail.Add(machine.ErrState.Wrapf("machine %s is retired; its owner must withdraw its stake, once it has unbonded, and then bond it again", m.Id),
			detail.Map{"machine_id": m.Id, "state": m.State.Word()})
	}
	return detail.Add(machine.ErrState.Wrapf("machine %s is retired; bond it again first", m.Id),
		detail.Map{"machine_id": m.Id, "state": m.State.Word()})
}

// owned is touch for a message of the machine's owner; it refuses other signers.
func (k *Keeper) owned(ctx context.Context, id, owner string) (machine.Machine, error) {
	m, err := k.load(ctx, id)
	if err != nil {
		return machine.Machine{}, err
	}
	if m.Owner != account.Canonical(owner) {
		return machine.Machine{}, detail.Add(machine.ErrUnauthorized.Wrapf("signer %s: must be the owner %s of machine %s", machine.Clip(owner), m.Owner, id),
			detail.Map{"machine_id": id, "owner": m.Owner})
	}
	return k.touch(ctx, id)
}

// RecordRentalEnd stores the latest end of a rental, from which unbonding counts.
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
