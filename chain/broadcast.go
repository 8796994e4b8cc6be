package chain

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	errorsmod "cosmossdk.io/errors"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	sdktx "github.com/cosmos/cosmos-sdk/types/tx"

	"github.com/dbc-network/dbc/chain/outbox"
)

const (
	// A simulation runs on the newest state, the block on a later one, which
	// may have more to settle; unused gas is paid for but bounds nothing.
	gasPercent = 150
	gasExtra   = 20_000
	// gasSalt bounds what is added by chance: two computers with the same wallet
	// that ask for the same in the same block would else sign the same bytes, and
	// take one payment for two.
	gasSalt = 4096
	// validBlocks is how long a transaction may wait for its block. Past it
	// the answer is no for certain.
	validBlocks = 30
	// postLimit is what a dbcd may take to answer a transaction; past it the
	// transaction is looked for.
	postLimit = 5 * time.Second
	// attempts for an account whose sequence others move, who share no outbox:
	// one of them gets a block, and each waits for all before it. The caller's
	// context ends it before, as a rule.
	attempts = 100
)

// Broadcast signs the messages as one transaction, pays its gas, and waits
// until a block has it. What the chain refuses comes back as *Refused, in
// simulation, mempool or block alike; a fee is lost only in the last case.
//
// What was sent and is in no block yet comes back as *Unsettled. Until it is
// known what became of it nothing new is signed for the account: the next call
// first settles it, and returns its result, with Earlier set, if it wished for
// the same. With Config.Outbox that holds for other programs and across crashes.
func (c *Client) Broadcast(ctx context.Context, signer Signer, msgs ...sdk.Msg) (TxResult, error) {
	packed, err := packMsgs(msgs)
	if err != nil {
		return TxResult{}, err
	}
	addr := Address(signer.PubKey())
	sent, result, err := c.inTurn(ctx, c.signers.of(addr), signer, packed)
	if err != nil || sent == nil {
		return result, err
	}
	result, err = c.await(ctx, *sent, wait{posted: time.Now()})
	if errors.Is(err, ErrExpired) || errors.Is(err, ErrReplaced) {
		c.signers.forget(addr)
	}
	return result, err
}

// inTurn holds the account from its sequence to the mempool, so transactions of
// one signer go out in order; with an outbox until a block has the transaction.
// It returns either what is in the mempool or the result.
func (c *Client) inTurn(
	ctx context.Context, a *account, signer Signer, msgs []*codectypes.Any,
) (*outbox.Sent, TxResult, error) {
	if err := a.enter(ctx); err != nil {
		return nil, TxResult{}, err
	}
	defer a.leave()
	if c.dryRun {
		return nil, TxResult{}, c.tryOut(ctx, a, signer, msgs)
	}
	earlier, same, err := c.settle(ctx, a, msgs)
	if err != nil || same {
		return nil, earlier, err
	}
	for try := range attempts {
		if try > 1 {
			// Read anew and still taken: another program's transaction waits in
			// the mempool, and the account moves on with its block.
			if err = c.nextBlock(ctx); err != nil {
				return nil, TxResult{}, fmt.Errorf("%w; nothing was sent: %w", ErrCrowded, err)
			}
		}
		var (
			sent   *outbox.Sent
			result TxResult
		)
		if sent, result, err = c.attempt(ctx, a, signer, msgs); err == nil {
			return sent, result, nil
		}
		a.known = false
		if !isTaken(err) && !errors.Is(err, ErrReplaced) {
			return nil, TxResult{}, err
		}
	}
	return nil, TxResult{}, fmt.Errorf("%w; nothing was sent, try again", ErrCrowded)
}

// attempt signs, keeps and sends the messages once.
func (c *Client) attempt(
	ctx context.Context, a *account, signer Signer, msgs []*codectypes.Any,
) (*outbox.Sent, TxResult, error) {
	if err := a.load(ctx, c); err != nil {
		return nil, TxResult{}, err
	}
	s, err := c.prepare(ctx, a, signer, msgs)
	if err != nil {
		return nil, TxResult{}, err
	}
	if ctx.Err() != nil {
		return nil, TxResult{}, fmt.Errorf("nothing was sent: %w", context.Cause(ctx))
	}
	if err := a.keep(s); err != nil {
		return nil, TxResult{}, err
	}
	err = c.post(ctx, s)
	w := wait{posted: time.Now()}
	refused := new(Refused)
	switch {
	case err == nil && a.box == nil:
		a.next++
		return &s, TxResult{}, a.drop()
	case errors.As(err, &refused) && a.box == nil:
		return nil, TxResult{}, errors.Join(err, a.drop())
	case isTaken(err):
		w.doubtful = true
	case errors.As(err, &refused):
		// Something on the way may have sent it twice, and this be the answer
		// to the second: the blocks that follow tell.
		w.refusal, w.until = err, uint64(max(s.Height, 0))+1
	}
	result, err := c.await(ctx, s, w)
	return nil, result, c.conclude(a, err)
}

// conclude keeps what is not known, and what the caller has yet to hand on.
func (c *Client) conclude(a *account, err error) error {
	if unsettled := new(Unsettled); errors.As(err, &unsettled) {
		return err
	}
	if err == nil && a.box != nil {
		a.told = true
		a.next++
		return nil
	}
	a.known = false
	return errors.Join(err, a.drop())
}

// prepare simulates the messages and signs them.
func (c *Client) prepare(
	ctx context.Context, a *account, signer Signer, msgs []*codectypes.Any,
) (outbox.Sent, error) {
	chainID, err := c.servedChain(ctx)
	if err != nil {
		return outbox.Sent{}, err
	}
	d := draft{chainID: chainID, number: a.number, sequence: a.next, msgs: msgs}
	gas, newest, err := c.simulate(ctx, signer, d)
	if err != nil {
		return outbox.Sent{}, err
	}
	d.gas = gas*gasPercent/100 + gasExtra + rand.Uint64N(gasSalt) //nolint:gosec // no secret
	if d.fee, err = c.fee(ctx, d.gas); err != nil {
		return outbox.Sent{}, err
	}
	d.last = uint64(max(newest.LatestBlockHeight, 0)) + validBlocks
	raw, err := d.sign(ctx, signer, false)
	if err != nil {
		return outbox.Sent{}, err
	}
	return outbox.Sent{
		ChainID: chainID, Address: a.address, Sequence: a.next, Hash: fmt.Sprintf("%X", sha256.Sum256(raw)), Bytes: raw,
		Last: d.last, Fee: d.fee, Messages: namesOf(msgs), At: time.Now(),
		Height: newest.LatestBlockHeight, Block: newest.LatestBlockHash,
	}, nil
}

// servedChain is the chain that is signed for.
func (c *Client) servedChain(ctx context.Context) (string, error) {
	if c.chainID != "" {
		return c.chainID, nil
	}
	head, err := c.Newest(ctx)
	return head.ChainID, err
}

// post puts a transaction into the mempool. Any error but *Refused leaves open
// whether it is there.
func (c *Client) post(ctx context.Context, s outbox.Sent) error {
	ctx, cancel := context.WithTimeout(ctx, postLimit)
	defer cancel()
	res, err := sdktx.NewServiceClient(c.conn).BroadcastTx(ctx, &sdktx.BroadcastTxRequest{
		TxBytes: s.Bytes, Mode: sdktx.BroadcastMode_BROADCAST_MODE_SYNC,
	})
	if err != nil {
		return fmt.Errorf("send transaction: %w: %w", ErrUnreachable, err)
	}
	if r := res.TxResponse; r != nil && r.Code != 0 {
		return fmt.Errorf("send transaction: %w", &Refused{Codespace: r.Codespace, Code: r.Code, Log: r.RawLog})
	}
	return nil
}

// isTaken: the account's sequence was used by another transaction, or by this
// very one sent by another program.
func isTaken(err error) bool {
	var refused *Refused
	if !errors.As(err, &refused) {
		return false
	}
	for _, taken := range []*errorsmod.Error{sdkerrors.ErrWrongSequence, sdkerrors.ErrTxInMempoolCache} {
		if refused.Codespace == taken.Codespace() && refused.Code == taken.ABCICode() {
			return true
		}
	}
	return false
}

// nextBlock returns when there is a newer block than now.
func (c *Client) nextBlock(ctx context.Context) error {
	before, err := c.Newest(ctx)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	wakes, err := c.Watch(ctx)
	if err != nil {
		return err
	}
	for range wakes {
		now, err := c.Newest(ctx)
		if err != nil {
			return err
		}
		if now.Height > before.Height {
			return nil
		}
	}
	return fmt.Errorf("wait for a block: %w", context.Cause(ctx))
}
