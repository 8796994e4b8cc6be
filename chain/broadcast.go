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
	"github.com/dbc-network/dbc/x/guard"
)

const (
	// A simulation runs on the newest state, the block on a later one, which
	// may have more to settle. Unused gas is paid for, but has no other effect.
	gasPercent = 150
	gasExtra   = 20_000
	// gasSalt bounds a random addition to the gas limit. Without it two
	// computers with the same wallet that request the same thing in the same
	// block would sign identical bytes, and take one payment for two.
	gasSalt = 4096
	// validBlocks is how long a transaction may wait for its block. After that
	// it has certainly failed.
	validBlocks = 30
	// postLimit is the time that a dbcd has to answer a broadcast. After that
	// the transaction is looked up.
	postLimit = 5 * time.Second
	// attempts for an account whose sequence is also used by programs that do
	// not share the outbox. One of them gets into each block, and each waits
	// for all before it. Usually the caller's context ends first.
	attempts = 100
)

// Broadcast signs the messages as one transaction, pays for its gas, and waits
// until a block includes it. If the chain refuses it, Broadcast returns *Refused,
// whether in simulation, mempool or block; a fee is lost only in the last case.
//
// If the transaction was sent and no block includes it yet, Broadcast returns
// *Unsettled. Nothing new is signed for the account until its outcome is known:
// the next call settles it first and, if that call requests the same thing,
// returns the result with Earlier set. With Config.Outbox this also holds for
// other programs and across crashes.
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

// inTurn holds the account from reading the sequence to the mempool, so that
// transactions of one signer are sent in order; with an outbox it holds it
// until a block includes the transaction. It returns either what is in the
// mempool or the result.
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
	raised := false // the floor of gas prices rose once after it was asked for
	for try := range attempts {
		if try > 1 && !raised {
			// The sequence was just read and is still taken: another program's
			// transaction waits in the mempool, and the sequence advances with
			// its block.
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
		if isUnderFloor(err) && !raised {
			// Signed anew for the same sequence: at most one of the two is ever
			// included, whatever becomes of the floor.
			raised, a.known = true, true
			continue
		}
		a.known = false
		if raised || !isTaken(err) && !errors.Is(err, ErrReplaced) {
			return nil, TxResult{}, err
		}
	}
	return nil, TxResult{}, fmt.Errorf("%w; nothing was sent, try again", ErrCrowded)
}

// attempt signs, stores and sends the messages once.
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
	if c.signed != nil {
		if err := c.signed(s); err != nil {
			return nil, TxResult{}, fmt.Errorf("nothing was sent: %w", err)
		}
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
		// Something in between may have sent it twice, and this may be the
		// answer to the second copy. The following blocks decide.
		w.refusal, w.until = err, uint64(max(s.Height, 0))+1
	}
	result, err := c.await(ctx, s, w)
	return nil, result, c.conclude(a, err)
}

// conclude keeps a transaction whose outcome is unknown, or whose result the
// caller has yet to acknowledge.
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

// servedChain returns the id of the chain to sign for.
func (c *Client) servedChain(ctx context.Context) (string, error) {
	if c.chainID != "" {
		return c.chainID, nil
	}
	head, err := c.Newest(ctx)
	return head.ChainID, err
}

// post adds a transaction to the mempool. After any error but *Refused it is
// unknown whether it is there.
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

// isTaken reports whether the account's sequence was used by another
// transaction, or by this very one sent by another program.
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

// isUnderFloor reports whether the chain's floor of gas prices is above what a
// transaction pays, which was read when it was signed.
func isUnderFloor(err error) bool {
	var refused *Refused
	return errors.As(err, &refused) && refused.Codespace == guard.ErrGasPrice.Codespace() && refused.Code == guard.ErrGasPrice.ABCICode()
}

// nextBlock waits for a newer block.
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
