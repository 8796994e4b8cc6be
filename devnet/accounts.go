package devnet

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client/market"
)

// AccountPrefix is the prefix of the names of the devnet's own wallets.
const AccountPrefix = "devnet-"

// The devnet's wallets. Payout receives only rent, so that its balance shows
// what the host has earned.
const (
	Validator = AccountPrefix + "validator"
	Owner     = AccountPrefix + "owner"
	Operator  = AccountPrefix + "operator"
	Payout    = AccountPrefix + "payout"
	Faucet    = AccountPrefix + "faucet"
)

const dbc = 1_000_000

// allotment is the balance of each account in genesis, in udbc.
var allotment = map[string]uint64{
	Validator: 2_000_000 * dbc,
	Owner:     10_000_000 * dbc,
	Operator:  1_000 * dbc,
	Faucet:    100_000_000 * dbc,
}

const validatorStake = 1_000_000 * dbc

// openAccounts opens or creates the wallets and returns their addresses.
func openAccounts(ring *market.Keyring) (map[string]string, error) {
	addresses := map[string]string{}
	for _, name := range []string{Validator, Owner, Operator, Payout, Faucet} {
		wallet, err := ring.Wallet(name)
		if errors.Is(err, market.ErrNoWallet) {
			wallet, _, err = ring.Create(name)
		}
		if err != nil {
			return nil, err
		}
		addresses[name] = wallet.Address()
	}
	return addresses, nil
}

// Fund sends coins from the devnet's faucet wallet.
func Fund(
	ctx context.Context, c *chain.Client, ring *market.Keyring, to string, udbc uint64,
) (chain.TxResult, error) {
	faucet, err := ring.Wallet(Faucet)
	if err != nil {
		return chain.TxResult{}, fmt.Errorf("only a devnet has a faucet: %w", err)
	}
	return c.Broadcast(ctx, faucet, &banktypes.MsgSend{
		FromAddress: faucet.Address(), ToAddress: to,
		Amount: sdk.Coins{sdk.Coin{Denom: chain.Denom, Amount: math.NewIntFromUint64(udbc)}},
	})
}
