package market

import (
	"context"
	"fmt"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
)

// CheckAddress refuses a text that is not an account of this chain.
func CheckAddress(address string) error {
	account, err := chain.ParseAddress(address)
	if err == nil && len(account) != 20 && len(account) != 32 {
		err = fmt.Errorf("address %.64q: %d bytes, 20 or 32 wanted", address, len(account))
	}
	return err
}

// Send sends coins. The amount is in udbc.
func (r Renter) Send(ctx context.Context, to string, udbc uint64) (chain.TxResult, error) {
	tx, err := r.Chain.Broadcast(ctx, r.Wallet, &banktypes.MsgSend{
		FromAddress: r.Wallet.Address(), ToAddress: to,
		Amount: sdk.Coins{sdk.Coin{Denom: chain.Denom, Amount: math.NewIntFromUint64(udbc)}},
	})
	if err != nil {
		return chain.TxResult{}, fmt.Errorf("send %s to %s: %w", client.FormatDBC(udbc), to, err)
	}
	return tx, nil
}
