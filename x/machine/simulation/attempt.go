package simulation

import (
	"context"

	errorsmod "cosmossdk.io/errors"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/dbc-network/dbc/x/machine"
)

// mostGas bounds what a message pays for gas: the simulator would take any part
// of all that the signer has, and soon nobody could rent.
const mostGas = 1_000

// Maker makes a message that is likely to be accepted, and says who signs it.
// It returns false where there is nothing to do.
type Maker[T sdk.Msg] func(ctx sdk.Context, data *simsx.ChainDataSource) (signer string, msg T, ok bool)

// Attempt is an operation of the simulator that sends what a maker makes. The
// module may refuse it with one of its error codes.
func Attempt[T sdk.Msg](isRefusal func(error) bool, make Maker[T]) simsx.SimMsgFactoryX {
	return simsx.NewSimMsgFactoryWithDeliveryResultHandler(
		func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, T, simsx.SimDeliveryResultHandler) {
			handle := func(err error) error {
				if err == nil || isRefusal(err) {
					return nil
				}
				return err
			}
			signer, msg, ok := make(sdk.UnwrapSDKContext(ctx), data)
			if !ok {
				reporter.Skip("nothing to do")
				return nil, msg, handle
			}
			account := data.GetAccount(reporter, signer)
			balance := account.LiquidBalance()
			balance.Coins = balance.Min(sdk.NewCoins(sdk.NewInt64Coin(machine.Denom, mostGas)))
			return []simsx.SimAccount{account}, msg, handle
		})
}

// IsRefusal reports whether an error has a code of one of the market's modules,
// or says that the signer has too little. A broken invariant is not a refusal.
func IsRefusal(module string, invariant error) func(error) bool {
	return func(err error) bool {
		space, _, _ := errorsmod.ABCIInfo(err, false)
		return space == module && !errorsmod.IsOf(err, invariant) || errorsmod.IsOf(err, sdkerrors.ErrInsufficientFunds)
	}
}

var refused = IsRefusal(machine.ModuleName, machine.ErrInvariant)
