package chain

import (
	"context"
	"fmt"
	"strings"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
)

// DryRun is the end of a Broadcast with Config.DryRun that the chain would take now.
type DryRun struct {
	Messages []string
	// Fee in udbc that its gas would cost, about.
	Fee uint64
}

// Error says that nothing happened.
func (d *DryRun) Error() string {
	return fmt.Sprintf("nothing was sent: %s was only tried", strings.Join(d.Messages, ", "))
}

// tryOut asks the chain what would come of the messages. No key is asked.
func (c *Client) tryOut(ctx context.Context, a *account, signer Signer, msgs []*codectypes.Any) error {
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
