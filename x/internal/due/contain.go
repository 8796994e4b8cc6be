package due

import (
	"context"
	"errors"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

// ErrPanic replaces a panic wherever its text could enter the state or an event:
// that may differ between validators and goes only to the log.
var ErrPanic = errors.New("panic")

// attempt runs an action; a failing one leaves no trace. Only panics about gas
// escape: in a message they end the transaction.
func attempt(ctx context.Context, what string, key any, action func(context.Context) error) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case storetypes.ErrorOutOfGas, storetypes.ErrorGasOverflow, storetypes.ErrorNegativeGasConsumed:
			panic(r)
		default:
			sdk.UnwrapSDKContext(ctx).Logger().Error("panic contained", "queue", what, "key", key, "panic", r)
			err = ErrPanic
		}
	}()
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	if err := action(cached); err != nil { //nolint:contextcheck // an sdk.Context inherits by CacheContext
		return err
	}
	write()
	return nil
}

// contain turns any panic into an error: in an end block even one about gas must
// not escape, because it would halt the chain.
func contain(action func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = ErrPanic
		}
	}()
	return action()
}

// Tidy runs what an end block does besides what is due, such as forgetting what
// is over. If it fails or panics, it leaves no trace and the block goes on.
func Tidy(ctx context.Context, what string, action func(context.Context) error) {
	if err := contain(func() error { return attempt(ctx, what, nil, action) }); err != nil {
		sdk.UnwrapSDKContext(ctx).Logger().Error("not done", "what", what, "error", err)
	}
}
