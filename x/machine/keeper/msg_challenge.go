package keeper

import (
	"context"
	"time"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
)

// Challenge asks whether a machine is there; the deposit goes to the operator
// if it is and comes back if it is not.
func (s msgServer) Challenge(ctx context.Context, msg *machine.MsgChallenge) (*machine.MsgChallengeResponse, error) {
	k := s.k
	challenger, err := k.account("challenger", msg.Challenger)
	if err != nil {
		return nil, err
	}
	m, err := k.touch(ctx, msg.MachineId)
	if err != nil {
		return nil, err
	}
	if m.State != machine.MACHINE_STATE_ONLINE {
		return nil, errorsmod.Wrapf(machine.ErrState, "machine %s is %s: only an online machine can be challenged", m.Id, m.State.Word())
	}
	if m.OpenChallenge != 0 {
		return nil, errorsmod.Wrapf(machine.ErrChallengeOpen, "machine %s: challenge %d must be closed first", m.Id, m.OpenChallenge)
	}
	c, err := k.openChallenge(ctx, m.Id, msg.Challenger)
	if err != nil {
		return nil, err
	}
	if err := k.take(ctx, challenger, c.Deposit); err != nil {
		return nil, errorsmod.Wrapf(err, "deposit %d udbc of a challenge", c.Deposit)
	}
	return &machine.MsgChallengeResponse{ChallengeId: c.Id}, emit(ctx, &machine.EventChallenged{
		MachineId: m.Id, ChallengeId: c.Id, Challenger: c.Challenger, Height: c.Height, Deadline: c.Effective(c.Halted).Deadline,
	})
}

func (k *Keeper) openChallenge(ctx context.Context, id, challenger string) (machine.Challenge, error) {
	params, err := k.Parameters.Get(ctx)
	if err != nil {
		return machine.Challenge{}, err
	}
	halted, err := k.Halted(ctx)
	if err != nil {
		return machine.Challenge{}, err
	}
	number, err := k.NextChallenge.Next(ctx)
	if err != nil {
		return machine.Challenge{}, err
	}
	now := blockTime(ctx)
	c := machine.Challenge{
		Id: number, MachineId: id, Challenger: challenger, Deposit: params.ChallengeDeposit,
		Height: sdk.UnwrapSDKContext(ctx).BlockHeight(), Time: now, Deadline: now.Add(params.AnswerWindow - halted), Halted: halted,
	}
	if err := k.Challenges.Set(ctx, c.Id, c); err != nil {
		return c, err
	}
	if err := k.ChallengeQueue.Set(ctx, collections.Join(c.Deadline, c.Id)); err != nil {
		return c, err
	}
	_, err = k.change(ctx, id, func(m *machine.Machine) error {
		m.OpenChallenge = c.Id
		return nil
	})
	return c, err
}

// AnswerChallenge proves by the machine's key that the machine is there.
func (s msgServer) AnswerChallenge(ctx context.Context, msg *machine.MsgAnswerChallenge) (*machine.MsgAnswerChallengeResponse, error) {
	k := s.k
	c, err := k.answerable(ctx, msg)
	if err != nil {
		return nil, err
	}
	m, err := k.operated(ctx, msg.MachineId, msg.Operator)
	if err != nil {
		return nil, err
	}
	text := machine.AnswerText(chainID(ctx), m.Id, c.Id, c.Height)
	if err := machine.VerifySignature(m.Id, text, msg.Signature); err != nil {
		return nil, err
	}
	if _, err := k.change(ctx, m.Id, func(m *machine.Machine) error {
		m.OpenChallenge = 0
		return nil
	}); err != nil {
		return nil, err
	}
	operator, err := sdk.AccAddressFromBech32(m.Operator)
	if err != nil {
		return nil, err
	}
	if err := k.removeChallenge(ctx, c, operator); err != nil {
		return nil, err
	}
	return &machine.MsgAnswerChallengeResponse{}, k.closed(ctx, c, true)
}

// answerable is the stored challenge that a message may still answer. Late is
// told apart from wrong before anything is settled, so that the refusal says so.
func (k *Keeper) answerable(ctx context.Context, msg *machine.MsgAnswerChallenge) (machine.Challenge, error) {
	m, err := k.load(ctx, msg.MachineId)
	if err != nil {
		return machine.Challenge{}, err
	}
	if m.OpenChallenge == 0 || m.OpenChallenge != msg.ChallengeId {
		return machine.Challenge{}, errorsmod.Wrapf(machine.ErrChallengeClosed, "challenge_id %d: the open one of machine %s is %d (0: none)", msg.ChallengeId, m.Id, m.OpenChallenge)
	}
	c, err := k.challenge(ctx, m.OpenChallenge)
	if err != nil {
		return c, err
	}
	halted, err := k.Halted(ctx)
	if err != nil {
		return c, err
	}
	if c.Due(blockTime(ctx), halted) {
		return c, errorsmod.Wrapf(machine.ErrChallengeClosed, "challenge_id %d: its deadline %s has passed; set the machine online again",
			c.Id, c.Effective(halted).Deadline.Format(time.RFC3339))
	}
	if msg.Height != c.Height {
		return c, errorsmod.Wrapf(machine.ErrSignature, "height %d: must be the challenge's, %d", msg.Height, c.Height)
	}
	return c, nil
}
