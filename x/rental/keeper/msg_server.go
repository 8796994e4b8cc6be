package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/internal/account"
	"github.com/dbc-network/dbc/x/internal/halt"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

type msgServer struct{ Keeper }

var _ xrental.MsgServer = msgServer{}

// NewMsgServer serves the module's messages.
func NewMsgServer(k Keeper) xrental.MsgServer { return msgServer{k} }

// change records a transition of a rental that stays open.
func (k msgServer) change(ctx context.Context, old, r xrental.Rental, t rental.Transition, c halt.Clock) error {
	record(&r, t, c.Now, c.Height)
	if err := k.save(ctx, &old, r); err != nil {
		return err
	}
	if err := k.requeue(ctx, r); err != nil {
		return err
	}
	return emitTransition(ctx, r, t)
}

func (k Keeper) now(ctx context.Context) (xrental.Params, halt.Clock, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return params, halt.Clock{}, err
	}
	c, err := k.clock(ctx)
	return params, c, err
}

// renter parses the address of a party, who will receive money; modules can't.
func (k Keeper) renter(text string) (sdk.AccAddress, error) {
	renter, err := account.Party(text, k.bank)
	if err != nil {
		return nil, xrental.ErrInvalid.Wrapf("renter is %q: %s", machine.Clip(text), machine.Clip(err.Error()))
	}
	return renter, nil
}
