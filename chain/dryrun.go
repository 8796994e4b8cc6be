package chain

import (
	"context"
	"fmt"
	"strings"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
)

// DryRun is returned by a Broadcast with Config.DryRun if the chain would
// accept the messages now.
type DryRun struct {
	Messages []string
	// Fee is the approximate gas cost in udbc.
	Fee uint64
}

// Error says that nothing happened.
func (d *DryRun) Error() string {
	return fmt.Sprintf("nothing was sent: %s was only tried", strings.Join(d.Messages, ", "))
}

// tryOut simulates the messages. It does not use the key. While another program's
// transaction of the account waits for its block, so does it.
func (c *Client) tryOut(ctx context.Context, a *account, signer Signer, msgs []*codectypes.Any) error {
	for range attempts {
		err := c.tryOnce(ctx, a, signer, msgs)
		if !isTaken(err) {
			return err
		}
		a.known = false
		if err := c.nextBlock(ctx); err != nil {
			return fmt.Errorf("%w; nothing was sent: %w", ErrCrowded, err)
		}
	}
	return fmt.Errorf("%w; nothing was sent, try again", ErrCrowded)
}

func (c *Client) tryOnce(ctx context.Context, a *account, signer Signer, msgs []*codectypes.Any) error {
	if err := a.load(ctx, c); err != nil {
		return err
	}
	chainID, err := c.servedChain(ctx)
	if err != nil {
		return err
	}
	gas, _, err := c.simulate(ctx, signer, draft{chainID: chainID, number: a.number, sequence: a.next, msgs: msgs})
	if err != nil {
		return err
	}
	fee, err := c.fee(ctx, gas*gasPercent/100+gasExtra)
	if err != nil {
		return err
	}
	return &DryRun{Messages: namesOf(msgs), Fee: fee}
}

func namesOf(msgs []*codectypes.Any) []string {
	names := make([]string, len(msgs))
	for i, msg := range msgs {
		names[i] = messageName(msg.TypeUrl)
	}
	return names
}
