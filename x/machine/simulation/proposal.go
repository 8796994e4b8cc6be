package simulation

import (
	"context"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
)

// Proposal is a message proposed to governance. make returns false where there is nothing
// to propose.
func Proposal[T sdk.Msg](make func(ctx sdk.Context, data *simsx.ChainDataSource, authority string) (T, bool)) simsx.SimMsgFactoryFn[T] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, T) {
		msg, ok := make(sdk.UnwrapSDKContext(ctx), data, data.ModuleAccountAddress(reporter, govtypes.ModuleName))
		if !ok {
			reporter.Skip("nothing to propose")
		}
		return nil, msg
	}
}
