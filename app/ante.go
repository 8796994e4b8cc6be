package app

import (
	errorsmod "cosmossdk.io/errors"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"

	"github.com/dbc-network/dbc/app/lane"
	guardkeeper "github.com/dbc-network/dbc/x/guard/keeper"

	"github.com/dbc-network/dbc/x/guard"
	"github.com/dbc-network/dbc/x/machine"
)

// newAnteHandler builds what every transaction passes before its messages: the
// SDK's checks, and before them the bounds that hold for all of the network, in
// blocks as in mempools, whatever a single node is configured for.
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

// bounds holds a transaction's bytes and gas within what one may take of a block.
type bounds struct{}

// AnteHandle refuses what is larger than a transaction may be.
func (bounds) AnteHandle(ctx sdk.Context, tx sdk.Tx, simulate bool, next sdk.AnteHandler) (sdk.Context, error) {
	if size := len(ctx.TxBytes()); size > MaxTxBytes {
		return ctx, errorsmod.Wrapf(guard.ErrTooLarge, "%d bytes: must be at most %d; send several", size, MaxTxBytes)
	}
	fee, ok := tx.(sdk.FeeTx)
	if !ok {
		return ctx, errorsmod.Wrap(sdkerrors.ErrTxDecode, "transaction has no fee")
	}
	if block := ctx.ConsensusParams().Block; block != nil && block.MaxGas > 0 {
		most := uint64(block.MaxGas) / txGasShare
		if simulate { // which nobody signed or pays for: it ends where the transaction would
			return next(ctx.WithGasMeter(storetypes.NewGasMeter(most)), tx, simulate)
		}
		if fee.GetGas() > most {
			return ctx, errorsmod.Wrapf(guard.ErrTooLarge, "%d gas wanted: must be at most %d, 1/%d of a block; send several", fee.GetGas(), most, txGasShare)
		}
	}
	return next(ctx, tx, simulate)
}

// floor makes every transaction in a block pay for its gas, so that no validator can fill blocks for nothing.
type floor struct{ guard guardkeeper.Keeper }

// AnteHandle refuses a fee below the floor.
func (f floor) AnteHandle(ctx sdk.Context, tx sdk.Tx, simulate bool, next sdk.AnteHandler) (sdk.Context, error) {
	if simulate || ctx.BlockHeight() == 0 { // the genesis transactions of founders pay nothing
		return next(ctx, tx, simulate)
	}
	params, err := f.guard.Params.Get(ctx)
	if err != nil {
		return ctx, err
	}
	fee := tx.(sdk.FeeTx) // bounds saw it
	least, ok := params.MinFee(fee.GetGas())
	if paid := fee.GetFee().AmountOf(machine.Denom); !ok || !paid.IsUint64() || paid.Uint64() < least {
		return ctx, errorsmod.Wrapf(guard.ErrGasPrice, "fee is %s%s for %d gas: must be at least %d%s", paid, machine.Denom, fee.GetGas(), least, machine.Denom)
	}
	return next(ctx, tx, simulate)
}

// admission refuses what the node's mempool has no room for before its signatures are checked.
type admission struct{ pool *lane.Pool }

// AnteHandle asks the node's mempool, where there is one: in the checks before a block.
func (a admission) AnteHandle(ctx sdk.Context, tx sdk.Tx, simulate bool, next sdk.AnteHandler) (sdk.Context, error) {
	switch {
	case simulate || !ctx.IsCheckTx():
	case ctx.IsReCheckTx():
		if !a.pool.Has(tx) {
			return ctx, errorsmod.Wrap(sdkerrors.ErrMempoolIsFull, "no longer in the mempool")
		}
	default:
		if err := a.pool.Admit(ctx, tx); err != nil {
			return ctx, err
		}
	}
	return next(ctx, tx, simulate)
}

// known saves a proposal's signatures from being verified again where this node
// verified just these bytes when they came: a signature is good or not by what is
// signed alone. Sequences are checked all the same, and when the block is executed
// everything is verified, whoever proposed it.
type known struct{ pool *lane.Pool }

// AnteHandle turns verification off in proposals, for what the pool holds.
func (k known) AnteHandle(ctx sdk.Context, tx sdk.Tx, simulate bool, next sdk.AnteHandler) (sdk.Context, error) {
	if mode := ctx.ExecMode(); (mode == sdk.ExecModePrepareProposal || mode == sdk.ExecModeProcessProposal) && k.pool.Checked(ctx.TxBytes()) {
		ctx = ctx.WithIsSigverifyTx(false)
	}
	return next(ctx, tx, simulate)
}
