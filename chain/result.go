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

	"github.com/dbc-network/dbc/chain/outbox"
)

// TxResult is the result of a transaction in a block.
type TxResult struct {
	Hash   string
	Height int64
	// Time is the block time.
	Time   time.Time
	Events []abci.Event
	// Responses are the responses to the messages, in their order.
	Responses []*codectypes.Any
	GasUsed   uint64
	// Fee is the gas cost in udbc.
	Fee uint64
	// Earlier reports that nothing was sent now, because an earlier call with
	// the same request had sent it at SentAt without seeing the outcome.
	Earlier bool
	SentAt  time.Time
}

// Response decodes the response to message i.
func (r TxResult) Response(i int, into proto.Message) error {
	if i >= len(r.Responses) {
		return fmt.Errorf("read answer %d of transaction %s: it has %d", i, r.Hash, len(r.Responses))
	}
	if want := "/" + proto.MessageName(into); r.Responses[i].TypeUrl != want {
		return fmt.Errorf("read answer %d of transaction %s: got %s, want %s", i, r.Hash, r.Responses[i].TypeUrl, want)
	}
	return proto.Unmarshal(r.Responses[i].Value, into)
}

// poll is the interval at which a transaction is looked up. A block takes a
// second or more, so this adds a tenth to the wait and next to no load on the
// chain.
const poll = 100 * time.Millisecond

// repost is the interval at which a transaction that is in no block is sent
// again, because a restarted dbcd has lost its mempool.
const repost = 3 * time.Second

// wait is the state of waiting for a transaction.
type wait struct {
	// posted is when this program last sent it, or zero.
	posted time.Time
	// doubtful reports that its sequence seems to be used.
	doubtful bool
	// refusal is the mempool's refusal. It stands unless a block up to until,
	// or one soon after, includes the transaction nevertheless.
	refusal error
	until   uint64
}

// errOpen means that there is nothing new.
var errOpen = errors.New("not known yet")

// await returns when a block includes the transaction, when none will, or when
// ctx is done. A dbcd that is briefly down does not end the wait, and a lost
// transaction is sent again.
func (c *Client) await(ctx context.Context, s outbox.Sent, w wait) (TxResult, error) {
	if w.until == 0 {
		w.until = s.Last
	}
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for {
		result, err := c.lookUp(ctx, s, &w)
		if !errors.Is(err, errOpen) {
			return result, err
		}
		select {
		case <-ctx.Done():
			return TxResult{}, &Unsettled{Hash: s.Hash, Last: s.Last, Err: context.Cause(ctx)}
		case <-c.ctx.Done():
			return TxResult{}, &Unsettled{Hash: s.Hash, Last: s.Last, Err: ErrUnreachable}
		case <-ticker.C:
		}
	}
}

// lookUp queries the outcome once.
func (c *Client) lookUp(ctx context.Context, s outbox.Sent, w *wait) (TxResult, error) {
	// Query this before the lookup: a height past the last valid one must be
	// older than the answer that the transaction is not there.
	past := c.isPast(ctx, w.until)
	res, err := sdktx.NewServiceClient(c.conn).GetTx(ctx, &sdktx.GetTxRequest{Hash: s.Hash})
	if err == nil {
		return newTxResult(res.TxResponse, s.Fee)
	}
	err = queryError(ctx, "look up transaction "+s.Hash, err)
	refused := new(Refused)
	switch {
	case ctx.Err() != nil || errors.Is(err, ErrUnreachable):
		return TxResult{}, errOpen
	case errors.As(err, &refused): // this dbcd cannot tell, for example because it has no index
		return TxResult{}, &Unsettled{Hash: s.Hash, Last: s.Last, Err: err}
	case !errors.Is(err, ErrNotFound):
		return TxResult{}, &Unsettled{Hash: s.Hash, Last: s.Last, Err: err}
	}
	if past || w.doubtful {
		if err := c.verdict(ctx, s, past, w); err != nil {
			return TxResult{}, err
		}
	}
	if !past && w.refusal == nil && time.Since(w.posted) >= repost {
		w.posted = time.Now()
		w.doubtful = w.doubtful || isTaken(c.post(ctx, s))
	}
	return TxResult{}, errOpen
}

// Included returns the result of a transaction of which it is certain that it was
// settled before: ok is false if no block has it. What a block has and did nothing is
// *Refused. fee is what was paid for its gas.
func (c *Client) Included(ctx context.Context, hash string, fee uint64) (result TxResult, ok bool, err error) {
	res, err := sdktx.NewServiceClient(c.conn).GetTx(ctx, &sdktx.GetTxRequest{Hash: hash})
	err = queryError(ctx, "look up transaction "+hash, err)
	switch {
	case errors.Is(err, ErrNotFound):
		return TxResult{}, false, nil
	case err != nil:
		return TxResult{}, false, err
	}
	result, err = newTxResult(res.TxResponse, fee)
	return result, err == nil, err
}

// verdict reports that a transaction which no block includes can never be
// included: either its sequence is unused past its last block, so that whatever
// is signed next excludes it, or another transaction used the sequence. If the
// dbcd shows neither, waiting continues.
func (c *Client) verdict(ctx context.Context, s outbox.Sent, past bool, w *wait) error {
	what := "transaction " + s.Hash
	account, err := c.account(ctx, s.Address)
	if err != nil {
		return nil //nolint:nilerr // asked again soon
	}
	if account.Sequence <= s.Sequence {
		switch {
		case !past:
			return nil
		case w.refusal != nil:
			return w.refusal
		}
		return fmt.Errorf("%s: %w", what, ErrExpired)
	}
	other, err := c.usedBy(ctx, s.Address, s.Sequence)
	if err != nil || other == "" || other == s.Hash {
		return nil //nolint:nilerr // the index lags behind, or nobody answered
	}
	return fmt.Errorf("%s: %w: %s", what, ErrReplaced, other)
}

// usedBy returns the transaction that used a sequence of an account, or "".
func (c *Client) usedBy(ctx context.Context, addr string, sequence uint64) (string, error) {
	query := fmt.Sprintf("%s.%s='%s/%d'", sdk.EventTypeTx, sdk.AttributeKeyAccountSequence, addr, sequence)
	res, err := c.rpc.TxSearch(ctx, query, false, nil, nil, "asc")
	if err != nil {
		return "", rpcError(ctx, "ask who used a sequence", err)
	}
	if len(res.Txs) == 0 {
		return "", nil
	}
	return res.Txs[0].Hash.String(), nil
}

// indexLag is the number of blocks by which the node's index of transactions
// may lag.
const indexLag = 2

func (c *Client) isPast(ctx context.Context, last uint64) bool {
	status, err := c.status(ctx)
	return err == nil && status.SyncInfo.LatestBlockHeight > int64(last)+indexLag
}

func newTxResult(r *sdk.TxResponse, fee uint64) (TxResult, error) {
	if r.Code != 0 {
		return TxResult{}, fmt.Errorf("transaction %s in block %d: %w", r.TxHash, r.Height,
			&Refused{Codespace: r.Codespace, Code: r.Code, Log: r.RawLog, GasWanted: r.GasWanted, GasUsed: r.GasUsed})
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
