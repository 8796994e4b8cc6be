package app

import (
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"

	"github.com/dbc-network/dbc/app/lane"
	"github.com/dbc-network/dbc/x/detail"
	guardkeeper "github.com/dbc-network/dbc/x/guard/keeper"

	"github.com/dbc-network/dbc/x/guard"
	"github.com/dbc-network/dbc/x/machine"
)

// newAnteHandler returns the checks that every transaction passes before its
// messages: the SDK's and, before them, the limits that hold for the whole
// network, in blocks as well as in mempools, regardless of a node's
// configuration.
func newAnteHandler(app *App) sdk.AnteHandler {
	accounts := app.Accounts
	return sdk.ChainAnteDecorators(
		ante.NewSetUpContextDecorator(),
		bounds{},
		floor{app.Guard},
		admission{app.pool},
		known{app.pool},
		ante.NewExtensionOptionsDecorator(nil),
		ante.NewValidateBasicDecorator(),
		ante.NewTxTimeoutHeightDecorator(),
		ante.NewValidateMemoDecorator(accounts),
		ante.NewConsumeGasForTxSizeDecorator(accounts),
		ante.NewDeductFeeDecorator(accounts, app.Bank, app.FeeGrant, nil),
		ante.NewSetPubKeyDecorator(accounts),
		ante.NewValidateSigCountDecorator(accounts),
		ante.NewSigGasConsumeDecorator(accounts, ante.DefaultSigVerificationGasConsumer),
		ante.NewSigVerificationDecorator(accounts, app.TxConfig.SignModeHandler()),
		ante.NewIncrementSequenceDecorator(accounts),
	)
}

// bounds limits a transaction's bytes and gas to its share of a block.
type bounds struct{}

// AnteHandle refuses a transaction that is too large.
func (bounds) AnteHandle(ctx sdk.Context, tx sdk.Tx, simulate bool, next sdk.AnteHandler) (sdk.Context, error) {
	if size := len(ctx.TxBytes()); size > MaxTxBytes {
		return ctx, detail.Add(guard.ErrTooLarge.Wrapf("%d bytes: must be at most %d; send several", size, MaxTxBytes),
			detail.Map{"size": size, "limit": MaxTxBytes})
	}
	fee, ok := tx.(sdk.FeeTx)
	if !ok {
		return ctx, sdkerrors.ErrTxDecode.Wrap("transaction has no fee")
	}
	if block := ctx.ConsensusParams().Block; block != nil && block.MaxGas > 0 {
		most := uint64(block.MaxGas) / txGasShare
		if simulate { // not signed or paid for, so it ends where the transaction would
			return next(ctx.WithGasMeter(storetypes.NewGasMeter(most)), tx, simulate)
		}
		if fee.GetGas() > most {
			return ctx, detail.Add(guard.ErrTooLarge.Wrapf("%d gas wanted: must be at most %d, 1/%d of a block; send several", fee.GetGas(), most, txGasShare),
				detail.Map{"gas_wanted": fee.GetGas(), "limit": most})
		}
	}
	return next(ctx, tx, simulate)
}

// floor makes every transaction in a block pay for its gas, so that no
// validator can fill blocks for free.
type floor struct{ guard guardkeeper.Keeper }

// AnteHandle refuses a fee below the floor.
func (f floor) AnteHandle(ctx sdk.Context, tx sdk.Tx, simulate bool, next sdk.AnteHandler) (sdk.Context, error) {
	if simulate || ctx.BlockHeight() == 0 { // genesis transactions of founders pay nothing
		return next(ctx, tx, simulate)
	}
	params, err := f.guard.Params.Get(ctx)
	if err != nil {
		return ctx, err
	}
	fee := tx.(sdk.FeeTx) // checked by bounds
	least, ok := params.MinFee(fee.GetGas())
	if paid := fee.GetFee().AmountOf(machine.Denom); !ok || !paid.IsUint64() || paid.Uint64() < least {
		return ctx, detail.Add(guard.ErrGasPrice.Wrapf("fee is %s%s for %d gas: must be at least %d%s", paid, machine.Denom, fee.GetGas(), least, machine.Denom),
			detail.Map{"needed": least})
	}
	return next(ctx, tx, simulate)
}

// admission refuses a transaction for which the node's mempool has no room,
// before its signatures are verified.
type admission struct{ pool *lane.Pool }

// AnteHandle asks the node's mempool, if there is one, in the checks before a
// block.
func (a admission) AnteHandle(ctx sdk.Context, tx sdk.Tx, simulate bool, next sdk.AnteHandler) (sdk.Context, error) {
	switch {
	case simulate || !ctx.IsCheckTx():
	case ctx.IsReCheckTx():
		if !a.pool.Has(tx) {
			return ctx, sdkerrors.ErrMempoolIsFull.Wrap("no longer in the mempool")
		}
	default:
		if err := a.pool.Admit(ctx, tx); err != nil {
			return ctx, err
		}
	}
	return next(ctx, tx, simulate)
}

// known skips verifying a proposal's signatures if this node verified the same
// bytes when they arrived: whether a signature is valid depends only on what is
// signed. Sequences are still checked, and everything is verified when the
// block is executed, whoever proposed it.
type known struct{ pool *lane.Pool }

// AnteHandle disables verification in proposals for transactions that the pool
// holds.
func (k known) AnteHandle(ctx sdk.Context, tx sdk.Tx, simulate bool, next sdk.AnteHandler) (sdk.Context, error) {
	if mode := ctx.ExecMode(); (mode == sdk.ExecModePrepareProposal || mode == sdk.ExecModeProcessProposal) && k.pool.Checked(ctx.TxBytes()) {
		ctx = ctx.WithIsSigverifyTx(false)
	}
	return next(ctx, tx, simulate)
}
