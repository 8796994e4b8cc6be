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

// answerLost: the dbcd has the transaction, the program does not know.
func answerLost() fault {
	return first(func(_ context.Context, _ string, ask forward) ([]byte, error) {
		_, _ = ask()
		return nil, errAway
	})
}

// answerLate: it comes when nobody waits for it any longer.
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

// answerWrong: the request arrives, and something on the way answers with an error of its own.
func answerWrong() fault {
	return first(func(_ context.Context, _ string, ask forward) ([]byte, error) {
		_, _ = ask()
		return nil, status.Error(codes.Internal, "502 bad gateway")
	})
}

// answerSays: the dbcd has the transaction, and the answer is that it does not
// take it, as one to a second copy says: its sequence is used, it is in the
// mempool's cache, or its fee is no longer there.
func answerSays(refusal *errorsmod.Error) fault {
	return first(func(_ context.Context, _ string, ask forward) ([]byte, error) {
		_, _ = ask()
		return (&sdktx.BroadcastTxResponse{TxResponse: &sdk.TxResponse{
			Codespace: refusal.Codespace(), Code: refusal.ABCICode(), RawLog: refusal.Error(),
		}}).Marshal()
	})
}

// refuses: the dbcd does not take the transaction, and says so.
func refuses() fault {
	return first(func(context.Context, string, forward) ([]byte, error) {
		return (&sdktx.BroadcastTxResponse{TxResponse: &sdk.TxResponse{
			Codespace: sdkerrors.RootCodespace, Code: sdkerrors.ErrInsufficientFee.ABCICode(), RawLog: "insufficient fee",
		}}).Marshal()
	})
}

// requestLost: neither knows.
func requestLost() fault {
	return first(func(context.Context, string, forward) ([]byte, error) { return nil, errAway })
}

// awayAfter: the first transaction arrives, and then nobody answers anything.
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

// denies: the dbcd includes transactions and says that it has none.
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

// killer ends the program at its first transaction, after it arrived or before.
func killer(arrives bool, kill func()) fault {
	return first(func(_ context.Context, _ string, ask forward) ([]byte, error) {
		if arrives {
			_, _ = ask()
		}
		kill()
		return nil, errAway
	})
}
