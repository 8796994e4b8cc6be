package chain

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var (
	// ErrCrowded means: other programs sign for the account without pause.
	ErrCrowded = errors.New("other programs are sending with this wallet, on this computer or another")
	// ErrUnreachable means: no answer from the dbcd; nothing is known about the wish.
	ErrUnreachable = errors.New("the chain's node can't be reached")
	// ErrNotFound means: the chain has no such thing.
	ErrNotFound = errors.New("not found on the chain")
	// ErrExpired means: the transaction was in no block up to its last valid one,
	// so it will never be.
	ErrExpired = errors.New("the transaction was not included in time and never will be")
	// ErrReplaced means: the account's sequence was used by another transaction,
	// so this one will be in no block.
	ErrReplaced = errors.New("another transaction of the account took its place")
	// ErrNoAccount means: the signer never received a coin, so the chain does not know it.
	ErrNoAccount = errors.New("the account has no coins yet")
	// ErrGasPrice means: the chain's floor of gas prices is more than the client pays.
	ErrGasPrice = errors.New("the network's least gas price is above the limit")
	// ErrAddress means: the text is no account of this chain.
	ErrAddress = errors.New("not an address: dbc1 and what follows is wanted, copied whole")
	// ErrNoTeam means: no members are known of an address that should be a multisig's.
	ErrNoTeam = errors.New("not a multisig of wallets that has sent a transaction")
)

// queryError sorts what a gRPC call returned.
func queryError(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", what, context.Cause(ctx))
	}
	s := status.Convert(err)
	switch s.Code() {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		return fmt.Errorf("%s: %w: %s", what, ErrUnreachable, s.Message())
	case codes.NotFound:
		return fmt.Errorf("%s: %w: %s", what, ErrNotFound, s.Message())
	default:
		return fmt.Errorf("%s: %w", what, refusedQuery(uint32(s.Code()), s.Message()))
	}
}

// rpcError: CometBFT's RPC fails either because nobody answers or because the
// node can't serve yet; both leave the caller without an answer.
func rpcError(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", what, context.Cause(ctx))
	}
	return fmt.Errorf("%s: %w: %w", what, ErrUnreachable, err)
}
