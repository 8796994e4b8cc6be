package chain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdktx "github.com/cosmos/cosmos-sdk/types/tx"

	"github.com/dbc-network/dbc/chain/outbox"
	"github.com/dbc-network/dbc/x/rental"
)

// Unsettled is a transaction that was sent and may still be included.
type Unsettled struct {
	Hash string
	// Last block that may include it.
	Last uint64
	// Err is why the wait for it ended.
	Err error
}

// Error names the transaction.
func (u *Unsettled) Error() string {
	return fmt.Sprintf("sent, may still be included: transaction %s, up to block %d: %v", u.Hash, u.Last, u.Err)
}

// Unwrap returns why the wait ended.
func (u *Unsettled) Unwrap() error { return u.Err }

// Earlier is the outcome of a transaction that an earlier call sent without
// seeing it.
type Earlier struct {
	Hash     string
	Messages []string
	// At is when it was signed.
	At time.Time
	// Err is nil if a block executed it.
	Err error
}

// Earlier settles what the account sent before, if anything. It returns the
// result if that requested the same as msgs. ok is false if a Broadcast of msgs
// would be a new transaction.
func (c *Client) Earlier(ctx context.Context, signer Signer, msgs ...sdk.Msg) (result TxResult, ok bool, err error) {
	packed, err := packMsgs(msgs)
	if err != nil {
		return TxResult{}, false, err
	}
	a := c.signers.of(Address(signer.PubKey()))
	if err := a.enter(ctx); err != nil {
		return TxResult{}, false, err
	}
	defer a.leave()
	if c.dryRun {
		return TxResult{}, false, nil
	}
	return c.settle(ctx, a, packed)
}

// Settle waits for the outcome of what the account sent before, and passes it
// to Config.Earlier. It reports whether there was anything.
func (c *Client) Settle(ctx context.Context, address string) (bool, error) {
	pending, err := c.Pending(ctx, address)
	if err != nil || pending == nil {
		return false, err
	}
	a := c.signers.of(address)
	if err := a.enter(ctx); err != nil {
		return false, err
	}
	defer a.leave()
	_, _, err = c.settle(ctx, a, nil)
	return true, err
}

// Acknowledge records that the results which Broadcast returned have been
// processed: a later program that requests the same pays again.
func (c *Client) Acknowledge() error {
	var failed []error
	for _, a := range c.signers.all() {
		a.turn <- struct{}{}
		if a.told {
			failed = append(failed, a.drop())
		}
		a.leave()
	}
	return errors.Join(failed...)
}

// Pending returns the account's transaction whose outcome is unknown, or nil.
// It reads only the outbox, not the chain.
func (c *Client) Pending(ctx context.Context, address string) (*outbox.Sent, error) {
	a := c.signers.of(address)
	if err := a.enter(ctx); err != nil {
		return nil, err
	}
	defer a.leave()
	chainID, err := c.servedChain(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.openBox(ctx, c, chainID); err != nil {
		return nil, err
	}
	return a.open, nil
}

// Forget drops the pending transaction with the given hash. If a block includes
// it nevertheless, whatever is signed next is paid in addition.
func (c *Client) Forget(ctx context.Context, address, hash string) error {
	pending, err := c.Pending(ctx, address)
	if err != nil {
		return err
	}
	if pending == nil || pending.Hash != hash {
		return fmt.Errorf("transaction %.64s of %s: %w", hash, address, ErrNotFound)
	}
	a := c.signers.of(address)
	if err := a.enter(ctx); err != nil {
		return err
	}
	defer a.leave()
	a.known = false
	return a.drop()
}

// settle waits for the outcome of what the account sent before.
func (c *Client) settle(ctx context.Context, a *account, msgs []*codectypes.Any) (TxResult, bool, error) {
	chainID, err := c.servedChain(ctx)
	if err != nil {
		return TxResult{}, false, err
	}
	if err := a.openBox(ctx, c, chainID); err != nil {
		return TxResult{}, false, err
	}
	if a.told { // by an earlier call of this program, which continued
		return TxResult{}, false, a.drop()
	}
	if a.open == nil {
		return TxResult{}, false, nil
	}
	s := *a.open
	if s.ChainID != chainID || c.isOther(ctx, s) {
		a.known = false
		return TxResult{}, false, a.drop()
	}
	result, err := c.await(ctx, s, wait{})
	if unsettled := new(Unsettled); errors.As(err, &unsettled) {
		return TxResult{}, false, fmt.Errorf("nothing new was signed; an earlier transaction (%s of %s) comes first: %w",
			strings.Join(s.Messages, ", "), s.At.Local().Format(time.DateTime), err)
	}
	if err == nil && sameRequest(s.Bytes, msgs) {
		result.Earlier, result.SentAt = true, s.At
		return result, true, c.conclude(a, nil)
	}
	if c.earlier != nil {
		c.earlier(Earlier{Hash: s.Hash, Messages: s.Messages, At: s.At, Err: err})
	}
	a.known = false
	return TxResult{}, false, a.drop()
}

// isOther reports whether the dbcd is certainly on another chain than the one
// that s was signed for, such as a devnet that was created anew.
func (c *Client) isOther(ctx context.Context, s outbox.Sent) bool {
	if s.Height <= 0 || len(s.Block) == 0 {
		return false
	}
	hash, err := c.blockHash(ctx, s.Height)
	return err == nil && len(hash) > 0 && !bytes.Equal(hash, s.Block)
}

// sameRequest reports whether a transaction requests the same as msgs. Bounds that
// result from a quote are ignored, because the quote has changed since.
func sameRequest(tx []byte, msgs []*codectypes.Any) bool {
	var raw sdktx.TxRaw
	var body sdktx.TxBody
	if raw.Unmarshal(tx) != nil || body.Unmarshal(raw.BodyBytes) != nil || len(body.Messages) != len(msgs) {
		return false
	}
	for i, msg := range msgs {
		if had := body.Messages[i]; had.TypeUrl != msg.TypeUrl || !bytes.Equal(request(had), request(msg)) {
			return false
		}
	}
	return true
}

// request returns a message without the bounds of a quote, and without the cause
// of a cancellation, which a later command may judge differently.
func request(msg *codectypes.Any) []byte {
	var (
		rent   rental.MsgRentMachine
		relet  rental.MsgReletMachine
		cancel rental.MsgCancelRent
		out    []byte
		err    error
	)
	switch msg.TypeUrl {
	case sdk.MsgTypeURL(&rent):
		if err = rent.Unmarshal(msg.Value); err == nil {
			rent.MaxTotal, rent.ListingVersion = 0, 0
			out, err = rent.Marshal()
		}
	case sdk.MsgTypeURL(&relet):
		if err = relet.Unmarshal(msg.Value); err == nil {
			relet.MaxTotal, relet.ListingVersion = 0, 0
			out, err = relet.Marshal()
		}
	case sdk.MsgTypeURL(&cancel):
		if err = cancel.Unmarshal(msg.Value); err == nil {
			cancel.Cause = rental.CAUSE_UNSPECIFIED
			out, err = cancel.Marshal()
		}
	default:
		return msg.Value
	}
	if err != nil {
		return msg.Value
	}
	return out
}
