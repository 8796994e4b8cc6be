package lost

import (
	"context"
	"sync/atomic"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
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
