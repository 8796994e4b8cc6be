package keeper

import (
	"context"
	"slices"
	"time"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
)

// AnswerChallenge proves with the machine's key that the machine is there.
func (k msgServer) AnswerChallenge(ctx context.Context, msg *machine.MsgAnswerChallenge) (*machine.MsgAnswerChallengeResponse, error) {
	c, err := k.answerable(ctx, msg)
	if err != nil {
		return nil, err
	}
	m, err := k.operated(ctx, msg.MachineId, msg.Operator)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(m.OpenChallenges, c.Id) {
		return nil, detail.Add(machine.ErrChallengeClosed.Wrapf("challenge_id %d: void, because an older one was not answered; set the machine online again", c.Id),
			detail.Map{"challenge_id": c.Id})
	}
	text := machine.AnswerText(chainID(ctx), m.Id, c.Id, c.Height)
	if err := machine.VerifySignature(m.Id, text, msg.Signature); err != nil {
		return nil, err
	}
	if _, err := k.change(ctx, m.Id, func(m *machine.Machine) error {
		m.OpenChallenges = without(m.OpenChallenges, c.Id)
		return nil
	}); err != nil {
		return nil, err
	}
	if err := k.removeChallenge(ctx, c, m.Operator, 0); err != nil {
		return nil, err
	}
	if err := k.hooks.AfterChallengeClosed(ctx, m.Id, c.Id, true); err != nil {
		return nil, err
	}
	return &machine.MsgAnswerChallengeResponse{}, emit(ctx, &machine.EventChallengeClosed{MachineId: m.Id, ChallengeId: c.Id, Answered: true})
}

// answerable returns the stored challenge that a message may still answer, unless an older
// one has run out, which shows when the machine is settled. Late answers are distinguished
// from wrong ones before anything is settled, so that the refusal says so.
func (k *Keeper) answerable(ctx context.Context, msg *machine.MsgAnswerChallenge) (machine.Challenge, error) {
	m, err := k.load(ctx, msg.MachineId)
	if err != nil {
		return machine.Challenge{}, err
	}
	if !slices.Contains(m.OpenChallenges, msg.ChallengeId) {
		return machine.Challenge{}, detail.Add(machine.ErrChallengeClosed.Wrapf("challenge_id %d: open of machine %s are %v", msg.ChallengeId, m.Id, m.OpenChallenges),
			detail.Map{"challenge_id": msg.ChallengeId})
	}
	c, err := k.challenge(ctx, msg.ChallengeId)
	if err != nil {
		return c, err
	}
	halted, err := k.Halted(ctx)
	if err != nil {
		return c, err
	}
	if c.Due(blockTime(ctx), halted) {
		return machine.Challenge{}, detail.Add(machine.ErrChallengeClosed.Wrapf("challenge_id %d: its deadline %s has passed; set the machine online again",
			c.Id, c.Effective(halted).Deadline.Format(time.RFC3339)),
			detail.Map{"challenge_id": c.Id})
	}
	if msg.Height != c.Height {
		return machine.Challenge{}, machine.ErrSignature.Wrapf("height %d: must be the challenge's, %d", msg.Height, c.Height)
	}
	return c, nil
}
