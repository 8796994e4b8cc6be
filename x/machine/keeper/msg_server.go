package keeper

import (
	"context"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/internal/account"
	"github.com/dbc-network/dbc/x/machine"
)

type msgServer struct{ *Keeper }

var _ machine.MsgServer = msgServer{}

// NewMsgServer serves the module's messages.
func NewMsgServer(k *Keeper) machine.MsgServer { return msgServer{k} }

// signed checks a signature of a machine's key that must be used before expiry.
func signed(ctx context.Context, id string, text, signature []byte, expiry int64) error {
	now := blockTime(ctx)
	if now.Unix() >= expiry {
		return machine.ErrExpired.Wrapf("expiry %s of machine %s: must be after %s; sign again with the machine's key",
			time.Unix(expiry, 0).UTC().Format(time.RFC3339), id, now.UTC().Format(time.RFC3339))
	}
	return machine.VerifySignature(id, text, signature)
}

func chainID(ctx context.Context) string { return sdk.UnwrapSDKContext(ctx).ChainID() }

// account parses the address of a party, who will receive money; modules can't.
func (k *Keeper) account(field, address string) (sdk.AccAddress, error) {
	party, err := account.Party(address, k.bank)
	if err != nil {
		return nil, machine.ErrInvalidAddress.Wrapf("%s %q: must be an account of this chain: %s", field, machine.Clip(address), machine.Clip(err.Error()))
	}
	return party, nil
}

func batch(field string, n int) error {
	if n == 0 || n > machine.MaxBatch {
		return machine.ErrInvalidBatch.Wrapf("%s has %d entries: must have 1 to %d; send several messages", field, n, machine.MaxBatch)
	}
	return nil
}
