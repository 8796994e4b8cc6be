package keeper

import (
	"context"
	"time"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/internal/account"
	"github.com/dbc-network/dbc/x/machine"
)

type msgServer struct{ k *Keeper }

var _ machine.MsgServer = msgServer{}

// NewMsgServer serves the module's messages.
func NewMsgServer(k *Keeper) machine.MsgServer { return msgServer{k} }

// UpdateParams replaces all parameters; they touch later messages only.
func (s msgServer) UpdateParams(ctx context.Context, msg *machine.MsgUpdateParams) (*machine.MsgUpdateParamsResponse, error) {
	if account.Canonical(msg.Authority) != s.k.authority {
		return nil, errorsmod.Wrapf(machine.ErrUnauthorized, "authority %s: must be %s; submit a proposal to governance", machine.Clip(msg.Authority), s.k.authority)
	}
	if err := msg.Params.Validate(); err != nil {
		return nil, err
	}
	return &machine.MsgUpdateParamsResponse{}, s.k.Parameters.Set(ctx, msg.Params)
}

// signed checks a signature of a machine's key that must be used before expiry.
func signed(ctx context.Context, id string, text, signature []byte, expiry int64) error {
	now := blockTime(ctx)
	if now.Unix() >= expiry {
		return errorsmod.Wrapf(machine.ErrExpired, "expiry %s of machine %s: must be after %s; sign again with the machine's key",
			time.Unix(expiry, 0).UTC().Format(time.RFC3339), id, now.UTC().Format(time.RFC3339))
	}
	return machine.VerifySignature(id, text, signature)
}

func chainID(ctx context.Context) string { return sdk.UnwrapSDKContext(ctx).ChainID() }

// account reads the address of a party, who will receive money; modules can't.
func (k *Keeper) account(field, address string) (sdk.AccAddress, error) {
	party, err := account.Party(address, k.bank)
	if err != nil {
		return nil, errorsmod.Wrapf(machine.ErrInvalidAddress, "%s %q: must be an account of this chain: %s", field, machine.Clip(address), machine.Clip(err.Error()))
	}
	return party, nil
}

func batch(field string, n int) error {
	if n == 0 || n > machine.MaxBatch {
		return errorsmod.Wrapf(machine.ErrInvalidBatch, "%s has %d entries: must have 1 to %d; send several messages", field, n, machine.MaxBatch)
	}
	return nil
}
