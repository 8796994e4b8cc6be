package chain

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/dbc-network/dbc/x/detail"
)

var (
	// ErrCrowded means that other programs sign for the account without pause.
	ErrCrowded = errors.New("other programs are sending with this wallet, on this computer or another")
	// ErrUnreachable means that the dbcd did not answer, so that the outcome of
	// the request is unknown.
	ErrUnreachable = errors.New("the chain's node can't be reached")
	// ErrNotFound means that the chain has no such entry.
	ErrNotFound = errors.New("not found on the chain")
	// ErrExpired means that no block up to the last valid one included the
	// transaction, so none ever will.
	ErrExpired = errors.New("the transaction was not included in time and never will be")
	// ErrReplaced means that another transaction used the account's sequence,
	// so no block will include this one.
	ErrReplaced = errors.New("another transaction of the account took its place")
	// ErrNoAccount means that the signer never received a coin, so the chain
	// does not know the account.
	ErrNoAccount = errors.New("the account has no coins yet")
	// ErrGasPrice means that the chain's minimum gas price is higher than the
	// client's limit.
	ErrGasPrice = errors.New("the network's minimum gas price is above the limit")
	// ErrAddress means that the text is not an address of this chain.
	ErrAddress = errors.New("not an address: copy all of it, starting with dbc1")
	// ErrNoTeam means that the members behind a multisig address are not known.
	ErrNoTeam = errors.New("not a multisig of wallets that has sent a transaction")
)

// queryError classifies the error of a gRPC call.
func queryError(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", what, context.Cause(ctx))
	}
	s := status.Convert(err)
	said, _ := detail.Read(s.Message()) // its values are for programs
	switch s.Code() {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		return fmt.Errorf("%s: %w: %s", what, ErrUnreachable, said)
	case codes.NotFound:
		return fmt.Errorf("%s: %w: %s", what, ErrNotFound, said)
	default:
		return fmt.Errorf("%s: %w", what, refusedQuery(uint32(s.Code()), s.Message()))
	}
}

// rpcError: CometBFT's RPC fails if nobody answers or if the node cannot serve
// yet. In both cases the caller has no answer.
func rpcError(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", what, context.Cause(ctx))
	}
	return fmt.Errorf("%s: %w: %w", what, ErrUnreachable, err)
}
