package lost

import (
	"context"
	"sync/atomic"

	errorsmod "cosmossdk.io/errors"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	sdktx "github.com/cosmos/cosmos-sdk/types/tx"
)

// answerLost: the dbcd has the transaction, but the program does not know.
func answerLost() fault {
	return first(func(_ context.Context, _ string, ask forward) ([]byte, error) {
		_, _ = ask()
		return nil, errAway
	})
}

// answerLate: the answer arrives when nobody waits for it any longer.
func answerLate() fault {
	return first(func(ctx context.Context, _ string, ask forward) ([]byte, error) {
		reply, err := ask()
		<-ctx.Done()
		return reply, err
	})
}

// answerTwice: the request arrives twice, and the answer is that to the second.
func answerTwice() fault {
	return first(func(_ context.Context, _ string, ask forward) ([]byte, error) {
		_, _ = ask()
		return ask()
	})
}

// answerWrong: the request arrives, and something in between answers with its
// own error.
func answerWrong() fault {
	return first(func(_ context.Context, _ string, ask forward) ([]byte, error) {
		_, _ = ask()
		return nil, status.Error(codes.Internal, "502 bad gateway")
	})
}

// answerSays: the dbcd has the transaction, and the answer is a refusal like
// that of a second copy: its sequence is used, it is in the mempool's cache, or
// its fee is no longer there.
func answerSays(refusal *errorsmod.Error) fault {
	return first(func(_ context.Context, _ string, ask forward) ([]byte, error) {
		_, _ = ask()
		return (&sdktx.BroadcastTxResponse{TxResponse: &sdk.TxResponse{
			Codespace: refusal.Codespace(), Code: refusal.ABCICode(), RawLog: refusal.Error(),
		}}).Marshal()
	})
}

// refuses: the dbcd refuses the transaction and says so.
func refuses() fault {
	return first(func(context.Context, string, forward) ([]byte, error) {
		return (&sdktx.BroadcastTxResponse{TxResponse: &sdk.TxResponse{
			Codespace: sdkerrors.RootCodespace, Code: sdkerrors.ErrInsufficientFee.ABCICode(), RawLog: "insufficient fee",
		}}).Marshal()
	})
}

// requestLost: neither side knows.
func requestLost() fault {
	return first(func(context.Context, string, forward) ([]byte, error) { return nil, errAway })
}

// awayAfter: the first transaction arrives, and then nothing answers any more.
func awayAfter() fault {
	var away atomic.Bool
	return func(_ context.Context, method string, ask forward) ([]byte, error) {
		if away.Load() {
			return nil, errAway
		}
		if method == broadcastTx {
			away.Store(true)
			_, _ = ask()
			return nil, errAway
		}
		return ask()
	}
}

// denies: the dbcd includes transactions and claims that it has none.
func denies() fault {
	return func(_ context.Context, method string, ask forward) ([]byte, error) {
		switch method {
		case broadcastTx:
			_, _ = ask()
			return nil, errAway
		case getTx:
			return nil, status.Error(codes.NotFound, "tx not found")
		}
		return ask()
	}
}

// killer kills the program at its first transaction, before or after it
// arrived.
func killer(arrives bool, kill func()) fault {
	return first(func(_ context.Context, _ string, ask forward) ([]byte, error) {
		if arrives {
			_, _ = ask()
		}
		kill()
		return nil, errAway
	})
}
