package chain

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/guard"
)

const (
	defaultGasPrice    = "0.01" + Denom
	defaultMaxGasPrice = "1" + Denom
)

func parseGasPrice(s string) (sdk.DecCoin, error) {
	price, err := sdk.ParseDecCoin(s)
	if err != nil {
		return sdk.DecCoin{}, fmt.Errorf("gas price %.64q: %w", s, err)
	}
	if price.Denom != Denom {
		return sdk.DecCoin{}, fmt.Errorf("gas price %.64q: %w", s, errors.New("must be in "+Denom))
	}
	return price, nil
}

// WithinLimit returns ErrGasPrice for a price above the limit; both are as in Config. A
// client pays its own price whatever the limit is, so ask before a price that somebody
// else wrote becomes a client's own.
func WithinLimit(price, limit string) error {
	own, err := parseGasPrice(cmp.Or(price, defaultGasPrice))
	if err != nil {
		return err
	}
	most, err := parseGasPrice(cmp.Or(limit, defaultMaxGasPrice))
	if err != nil {
		return err
	}
	if own.Amount.GT(most.Amount) {
		return fmt.Errorf("%w: it is %s for a unit of gas, and %s is the maximum", ErrGasPrice, own, most)
	}
	return nil
}

// feeOf rounds up, because a fee that is one udbc too low is refused.
func feeOf(price sdk.DecCoin, gas uint64) math.Int {
	return price.Amount.MulInt(math.NewIntFromUint64(gas)).Ceil().TruncateInt()
}

// GuardParams returns the parameters of the chain's guard, including the
// minimum gas price.
func (c *Client) GuardParams(ctx context.Context) (guard.Params, error) {
	res, err := guard.NewQueryClient(c.conn).Params(ctx, &guard.QueryParamsRequest{})
	if err != nil {
		return guard.Params{}, queryError(ctx, "ask for the floor of gas prices", err)
	}
	return res.Params, nil
}

// fee returns the cost of an amount of gas at the client's own price, or at the
// chain's floor if that is higher and within the client's limit.
func (c *Client) fee(ctx context.Context, gas uint64) (uint64, error) {
	params, err := c.GuardParams(ctx)
	if err != nil {
		return 0, err
	}
	own, most := feeOf(c.gasPrice, gas), feeOf(c.maxPrice, gas)
	least, ok := params.MinFee(gas)
	fee := math.MaxInt(own, math.NewIntFromUint64(least))
	if !ok || fee.GT(math.MaxInt(own, most)) || !fee.IsUint64() {
		return 0, fmt.Errorf("nothing was sent: %w: it is %d%s for %d gas, and %s for each is the maximum; check whether governance set it, then allow more",
			ErrGasPrice, params.MinGasPrice, Denom, guard.PriceUnit, c.maxPrice)
	}
	return fee.Uint64(), nil
}
