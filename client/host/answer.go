package host

import (
	"context"
	"errors"
	"fmt"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/challenge"
	"github.com/dbc-network/dbc/x/machine"
)

// ErrNoChallenge means: nobody asks whether the machine is there.
var ErrNoChallenge = errors.New("no challenge is open")

// Answer is the message that answers the machine's open challenge, which is
// returned with it; ErrNoChallenge without one.
func (h *Host) Answer(ctx context.Context, c *chain.Client, operator string) (*machine.MsgAnswerChallenge, machine.Challenge, error) {
	id := h.Key.MachineID()
	listed, err := c.Machine(ctx, id)
	if err != nil {
		return nil, machine.Challenge{}, err
	}
	if listed.Machine.OpenChallenge == 0 {
		return nil, machine.Challenge{}, fmt.Errorf("answer for machine %s: %w", id, ErrNoChallenge)
	}
	open, err := c.Challenge(ctx, listed.Machine.OpenChallenge)
	if err != nil {
		return nil, machine.Challenge{}, err
	}
	return challenge.Answer(h.Key, h.Config.ChainID, operator, open), open, nil
}
