package chain

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cosmos/gogoproto/proto"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdktx "github.com/cosmos/cosmos-sdk/types/tx"
)

// TxResult is a transaction that a block has.
type TxResult struct {
	Hash   string
	Height int64
	// Time is the block's.
	Time   time.Time
	Events []abci.Event
	// Responses are the messages' answers, in the order of the messages.
	Responses []*codectypes.Any
	GasUsed   uint64
	// Fee is what the gas cost, in udbc.
	Fee uint64
}

// Response decodes the answer to message i.
func (r TxResult) Response(i int, into proto.Message) error {
	if i >= len(r.Responses) {
		return fmt.Errorf("read answer %d of transaction %s: it has %d", i, r.Hash, len(r.Responses))
	}
	if want := "/" + proto.MessageName(into); r.Responses[i].TypeUrl != want {
		return fmt.Errorf("read answer %d of transaction %s: got %s, want %s", i, r.Hash, r.Responses[i].TypeUrl, want)
	}
	return proto.Unmarshal(r.Responses[i].Value, into)
}

// poll is how often a transaction is looked up. A block takes a second or
// more, so this adds a tenth to the wait and nothing to the chain's load.
const poll = 100 * time.Millisecond

// await returns when a block has the transaction, when none will, or when ctx
// is done. A dbcd that is down for a moment does not end it.
func (c *Client) await(ctx context.Context, s sending) (TxResult, error) {
	what := "wait for transaction " + s.hash
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for {
		// Asked for before the lookup: a height past the last valid one must
		// be older than the answer that the transaction is not there.
		past := c.isPast(ctx, s.last)
		res, err := sdktx.NewServiceClient(c.conn).GetTx(ctx, &sdktx.GetTxRequest{Hash: s.hash})
		if err == nil {
			return newTxResult(res.TxResponse, s.fee)
		}
		err = queryError(ctx, what, err)
		switch {
		case errors.Is(err, ErrNotFound) && past:
			return TxResult{}, fmt.Errorf("%s: %w", what, ErrExpired)
		case errors.Is(err, ErrNotFound), errors.Is(err, ErrUnreachable):
		default:
			return TxResult{}, err
		}
		select {
		case <-ctx.Done():
			return TxResult{}, fmt.Errorf("%s: %w", what, context.Cause(ctx))
		case <-c.ctx.Done():
			return TxResult{}, fmt.Errorf("%s: %w", what, ErrUnreachable)
		case <-ticker.C:
		}
	}
}

// indexLag blocks are given to the node's index of transactions.
const indexLag = 2

func (c *Client) isPast(ctx context.Context, last uint64) bool {
	status, err := c.status(ctx)
	return err == nil && status.SyncInfo.LatestBlockHeight > int64(last)+indexLag
}

func newTxResult(r *sdk.TxResponse, fee uint64) (TxResult, error) {
	if r.Code != 0 {
		return TxResult{}, fmt.Errorf("transaction %s in block %d: %w", r.TxHash, r.Height,
			&Refused{Codespace: r.Codespace, Code: r.Code, Log: r.RawLog})
	}
	at, err := time.Parse(time.RFC3339Nano, r.Timestamp)
	if err != nil {
		return TxResult{}, fmt.Errorf("read time of transaction %s: %w", r.TxHash, err)
	}
	data, err := hex.DecodeString(r.Data)
	if err != nil {
		return TxResult{}, fmt.Errorf("read answers of transaction %s: %w", r.TxHash, err)
	}
	var msgs sdk.TxMsgData
	if err := proto.Unmarshal(data, &msgs); err != nil {
		return TxResult{}, fmt.Errorf("read answers of transaction %s: %w", r.TxHash, err)
	}
	return TxResult{
		Hash: r.TxHash, Height: r.Height, Time: at, Events: r.Events,
		Responses: msgs.MsgResponses, GasUsed: uint64(max(r.GasUsed, 0)), Fee: fee,
	}, nil
}
