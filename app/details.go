package app

import (
	"context"
	"errors"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/auth/signing"
	"github.com/cosmos/cosmos-sdk/x/bank"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
)

// detailed adds to the SDK's refusals before the messages what it says in sentences only:
// the sequence that is expected, and the coins that whoever pays the fee lacks.
func detailed(app *App, next sdk.AnteHandler) sdk.AnteHandler {
	return func(ctx sdk.Context, tx sdk.Tx, simulate bool) (sdk.Context, error) {
		after, err := next(ctx, tx, simulate)
		if err == nil {
			return after, nil
		}
		free := ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
		switch {
		case errors.Is(err, sdkerrors.ErrWrongSequence):
			err = app.sequenceDetails(free, tx, err)
		case errors.Is(err, sdkerrors.ErrInsufficientFunds):
			if fee, ok := tx.(sdk.FeeTx); ok {
				payer := sdk.AccAddress(fee.FeePayer())
				if granter := fee.FeeGranter(); granter != nil {
					payer = granter
				}
				err = lacking(free, app.Bank, payer, fee.GetFee(), err)
			}
		}
		return after, err
	}
}

// sequenceDetails adds the sequence of the first account that signed with another one.
func (app *App) sequenceDetails(ctx context.Context, tx sdk.Tx, err error) error {
	signed, ok := tx.(signing.SigVerifiableTx)
	if !ok {
		return err
	}
	signatures, sigErr := signed.GetSignaturesV2()
	if sigErr != nil {
		return err
	}
	for _, signature := range signatures {
		if signature.PubKey == nil {
			continue
		}
		account := app.Accounts.GetAccount(ctx, sdk.AccAddress(signature.PubKey.Address()))
		if account != nil && account.GetSequence() != signature.Sequence {
			return detail.Add(err, detail.Map{"expected": account.GetSequence(), "sequence": signature.Sequence})
		}
	}
	return err
}

// lacking adds what an account lacks of an amount.
func lacking(ctx context.Context, bank bankkeeper.Keeper, payer sdk.AccAddress, amount sdk.Coins, err error) error {
	needed := amount.AmountOf(machine.Denom)
	if !needed.IsUint64() {
		return err
	}
	return detail.Funds(err, needed.Uint64(), bank.SpendableCoins(ctx, payer).AmountOf(machine.Denom))
}

// bankModule is the SDK's, whose refusal of a transfer says what the sender lacks.
type bankModule struct {
	bank.AppModule
	keeper bankkeeper.BaseKeeper
}

// RegisterServices registers the module's messages and queries.
func (m bankModule) RegisterServices(cfg module.Configurator) {
	banktypes.RegisterMsgServer(cfg.MsgServer(), transfers{bankkeeper.NewMsgServerImpl(m.keeper), m.keeper})
	banktypes.RegisterQueryServer(cfg.QueryServer(), m.keeper)
}

type transfers struct {
	banktypes.MsgServer
	keeper bankkeeper.BaseKeeper
}

// Send moves coins from one account to another.
func (t transfers) Send(ctx context.Context, msg *banktypes.MsgSend) (*banktypes.MsgSendResponse, error) {
	reply, err := t.MsgServer.Send(ctx, msg)
	if !errors.Is(err, sdkerrors.ErrInsufficientFunds) {
		return reply, err
	}
	sender, addrErr := sdk.AccAddressFromBech32(msg.FromAddress)
	if addrErr != nil {
		return reply, err
	}
	return reply, lacking(ctx, t.keeper, sender, msg.Amount, err)
}
