package keeper

import (
	"context"
	"time"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
)

// UnbondingTime returns how long a stake is held after a machine's last rental.
func (k *Keeper) UnbondingTime(ctx context.Context) (time.Duration, error) {
	params, err := k.Params.Get(ctx)
	return params.UnbondingTime, err
}

// PayFromStake pays an amount, at most what a machine's stake holds, to an
// account, and returns how much it was.
func (k *Keeper) PayFromStake(ctx context.Context, id string, to sdk.AccAddress, amount uint64) (uint64, error) {
	return k.leaveStake(ctx, id, amount, func(paid uint64) error { return k.pay(ctx, to, paid) })
}

// TakeFromStake moves an amount, at most what a machine's stake holds, to a module, such
// as the one that holds a penalty until it is paid, and returns how much it was.
func (k *Keeper) TakeFromStake(ctx context.Context, id, module string, amount uint64) (uint64, error) {
	return k.leaveStake(ctx, id, amount, func(taken uint64) error {
		return k.bank.SendCoinsFromModuleToModule(ctx, machine.ModuleName, module, coins(taken))
	})
}

func (k *Keeper) leaveStake(ctx context.Context, id string, amount uint64, move func(uint64) error) (uint64, error) {
	var taken uint64
	m, err := k.change(ctx, id, func(m *machine.Machine) error {
		taken = min(amount, m.Stake)
		m.Stake -= taken
		return nil
	})
	if err != nil {
		return 0, err
	}
	if taken == 0 {
		return 0, nil
	}
	if err := move(taken); err != nil {
		return 0, err
	}
	return taken, emit(ctx, &machine.EventStakeChanged{MachineId: id, Stake: m.Stake})
}

// PayHost pays rent out of a module's account to a machine's payout address.
// While the stake is short a tenth of it, rounded up, goes into the stake; it
// returns that part.
func (k *Keeper) PayHost(ctx context.Context, id, module string, amount uint64) (uint64, error) {
	if amount == 0 {
		return 0, nil
	}
	m, err := k.load(ctx, id)
	if err != nil {
		return 0, err
	}
	kept := m.StakeTithe(amount)
	if kept > 0 {
		if err := k.bank.SendCoinsFromModuleToModule(ctx, module, machine.ModuleName, coins(kept)); err != nil {
			return 0, err
		}
		if err := k.addStake(ctx, id, kept); err != nil {
			return 0, err
		}
	}
	if kept == amount {
		return kept, nil
	}
	payout, err := sdk.AccAddressFromBech32(m.Payout)
	if err != nil {
		return 0, err
	}
	return kept, k.bank.SendCoinsFromModuleToAccount(ctx, module, payout, coins(amount-kept))
}

// addStake credits a machine with what the module account received for it.
func (k *Keeper) addStake(ctx context.Context, id string, amount uint64) error {
	m, err := k.change(ctx, id, func(m *machine.Machine) error {
		m.Stake += amount
		return nil
	})
	if err != nil {
		return err
	}
	return emit(ctx, &machine.EventStakeChanged{MachineId: id, Stake: m.Stake})
}

func (k *Keeper) take(ctx context.Context, from sdk.AccAddress, amount uint64) error {
	if err := k.bank.SendCoinsFromAccountToModule(ctx, from, machine.ModuleName, coins(amount)); err != nil {
		return detail.Funds(err, amount, k.bank.SpendableCoins(ctx, from).AmountOf(machine.Denom))
	}
	return nil
}

func (k *Keeper) pay(ctx context.Context, to sdk.AccAddress, amount uint64) error {
	return k.bank.SendCoinsFromModuleToAccount(ctx, machine.ModuleName, to, coins(amount))
}

func coins(amount uint64) sdk.Coins {
	return sdk.NewCoins(sdk.NewCoin(machine.Denom, math.NewIntFromUint64(amount)))
}

func emit(ctx context.Context, event interface {
	Reset()
	String() string
	ProtoMessage()
},
) error {
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(event)
}
