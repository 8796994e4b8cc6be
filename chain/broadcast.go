package chain

import (
	"context"
	"errors"
	"fmt"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	sdktx "github.com/cosmos/cosmos-sdk/types/tx"
)

const (
	// A simulation runs on the newest state, the block on a later one, which
	// may have more to settle; unused gas is paid for but bounds nothing.
	gasPercent = 150
	gasExtra   = 20_000
	// validBlocks is how long a transaction may wait for its block. Past it
	// the answer is no for certain.
	validBlocks = 30
	// attempts for an account whose sequence another process moved.
	attempts = 5
)

// Broadcast signs the messages as one transaction, pays its gas, and waits
// until a block has it. What the chain refuses comes back as *Refused, in
// simulation, mempool or block alike; a fee is lost only in the last case.
func (c *Client) Broadcast(ctx context.Context, signer Signer, msgs ...sdk.Msg) (TxResult, error) {
	packed, err := packMsgs(msgs)
	if err != nil {
		return TxResult{}, err
	}
	addr := Address(signer.PubKey())
	sent, err := c.send(ctx, signer, addr, draft{msgs: packed})
	if err != nil {
		return TxResult{}, err
	}
	result, err := c.await(ctx, sent)
	if errors.Is(err, ErrExpired) {
		c.signers.forget(addr)
	}
	return result, err
}

// sending is a transaction that is in the mempool.
type sending struct {
	hash string
	last uint64
	fee  uint64
}

// send holds the account from its sequence to the mempool, so transactions of
// one signer go out in order.
func (c *Client) send(ctx context.Context, signer Signer, addr string, d draft) (sending, error) {
	if d.chainID = c.chainID; d.chainID == "" {
		head, err := c.Newest(ctx)
		if err != nil {
			return sending{}, err
		}
		d.chainID = head.ChainID
	}
	a := c.signers.of(addr)
	a.mu.Lock()
	defer a.mu.Unlock()
	var err error
	for try := range attempts {
		if try > 1 {
			// Read anew and still taken: another program's transaction waits in
			// the mempool, and the account moves on with its block.
			if err := c.nextBlock(ctx); err != nil {
				return sending{}, err
			}
		}
		if err = a.load(ctx, c, addr); err != nil {
			return sending{}, err
		}
		d.number, d.sequence = a.number, a.next
		var s sending
		if s, err = c.offer(ctx, signer, d); err == nil {
			a.next++
			return s, nil
		}
		a.known = false
		if !isTaken(err) {
			return sending{}, err
		}
	}
	return sending{}, err
}

// offer simulates the draft, signs it and puts it into the mempool.
func (c *Client) offer(ctx context.Context, signer Signer, d draft) (sending, error) {
	gas, height, err := c.simulate(ctx, signer, d)
	if err != nil {
		return sending{}, err
	}
	d.gas = gas*gasPercent/100 + gasExtra
	d.fee = feeOf(c.gasPrice, d.gas)
	d.last = height + validBlocks
	raw, err := d.sign(ctx, signer, false)
	if err != nil {
		return sending{}, err
	}
	res, err := sdktx.NewServiceClient(c.conn).BroadcastTx(ctx, &sdktx.BroadcastTxRequest{
		TxBytes: raw, Mode: sdktx.BroadcastMode_BROADCAST_MODE_SYNC,
	})
	if err != nil {
		return sending{}, queryError(ctx, "send transaction", err)
	}
	if r := res.TxResponse; r.Code != 0 {
		return sending{}, fmt.Errorf("send transaction: %w",
			&Refused{Codespace: r.Codespace, Code: r.Code, Log: r.RawLog})
	}
	return sending{hash: res.TxResponse.TxHash, last: d.last, fee: d.fee}, nil
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
