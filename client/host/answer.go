//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/compute/challenge"
	"github.com/dbc-network/dbc/x/machine"
)

// ErrNoChallenge means that no challenge is open.
var ErrNoChallenge = errors.New("no challenge is open")

// Answer returns the machine's open challenges, oldest first, and the messages
// that answer them, or ErrNoChallenge.
func (h *Host) Answer(ctx context.Context, c *chain.Client, operator string) ([]sdk.Msg, []machine.Challenge, error) {
	id := h.Key.MachineID()
	listed, err := c.Machine(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	open, err := openChallenges(ctx, c, listed.Machine)
	if err != nil {
		return nil, nil, err
	}
	if len(open) == 0 {
		return nil, nil, fmt.Errorf("answer for machine %s: %w", id, ErrNoChallenge)
	}
	var answers []sdk.Msg
	for _, asked := range open {
		answers = append(answers, challenge.Answer(h.Key, h.Config.ChainID, operator, asked))
	}
	return answers, open, nil
}
