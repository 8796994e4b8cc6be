package keeper

import (
	"context"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
)

// PayFromStake pays at most what a machine's stake holds, and says how much it was.
func (k *Keeper) PayFromStake(ctx context.Context, id string, to sdk.AccAddress, amount uint64) (uint64, error) {
	var paid uint64
	m, err := k.change(ctx, id, func(m *machine.Machine) error {
		paid = min(amount, m.Stake)
		m.Stake -= paid
		return nil
	})
	if err != nil || paid == 0 {
		return 0, err
	}
	if err := k.pay(ctx, to, paid); err != nil {
		return 0, err
	}
	return paid, emit(ctx, &machine.EventStakeChanged{MachineId: id, Stake: m.Stake})
}

func (k *Keeper) take(ctx context.Context, from sdk.AccAddress, amount uint64) error {
	return k.bank.SendCoinsFromAccountToModule(ctx, from, machine.ModuleName, coins(amount))
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
