package keeper

import (
	"context"
	"slices"
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
	if err := k.Started(ctx); err != nil {
		return nil, err
	}
	m, err := k.GetMachine(ctx, msg.MachineId)
	if err != nil {
		return nil, err
	}
	if m.State == machine.MACHINE_STATE_ONLINE { // else a challenge may be due, which the challenger does not pay to close
		if m, err = k.touch(ctx, msg.MachineId); err != nil {
			return nil, err
		}
	}
	if m.State != machine.MACHINE_STATE_ONLINE {
		return nil, errorsmod.Wrapf(machine.ErrState, "machine %s is %s: only an online machine can be challenged", m.Id, m.State.Word())
	}
	if by := challenger.String(); by == m.Owner || by == m.Operator {
		return nil, errorsmod.Wrapf(machine.ErrUnauthorized, "challenger %s: must not be the owner or the operator of machine %s", by, m.Id)
	}
	place, err := k.place(ctx, m, challenger)
	if err != nil {
		return nil, err
	}
	c, err := k.openChallenge(ctx, m, machine.Challenge{Challenger: challenger.String(), Place: place})
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

// place returns where a new challenge stands: 0 while none is open; beside others
// only a renter of the machine may ask, once, and by one of the slots that he
// rents. So a host that challenges itself keeps no tenant from asking, and a
// machine never has more than one for each slot besides the common one.
func (k *Keeper) place(ctx context.Context, m machine.Machine, challenger sdk.AccAddress) (uint32, error) {
	if len(m.OpenChallenges) == 0 {
		return 0, nil
	}
	rented, err := k.RentedSlots(ctx, m.Id, challenger)
	if err != nil {
		return 0, err
	}
	if len(rented) == 0 {
		return 0, errorsmod.Wrapf(machine.ErrChallengeOpen, "machine %s: challenge %d must be closed first; only a renter of the machine may ask meanwhile",
			m.Id, m.OpenChallenges[0])
	}
	taken := make(map[uint32]uint64)
	for _, id := range m.OpenChallenges {
		c, err := k.challenge(ctx, id)
		if err != nil {
			return 0, err
		}
		if c.Challenger == challenger.String() {
			return 0, errorsmod.Wrapf(machine.ErrChallengeOpen, "machine %s: your challenge %d must be closed first", m.Id, id)
		}
		taken[c.Place] = id
	}
	for _, slot := range rented {
		if taken[slot+1] == 0 {
			return slot + 1, nil
		}
	}
	return 0, errorsmod.Wrapf(machine.ErrChallengeOpen, "machine %s: challenge %d by an earlier renter of slot %d must be closed first",
		m.Id, taken[rented[0]+1], rented[0])
}

// openChallenge stores a challenge with its deadline, which is never before
// that of an older one: a shorter answer_window holds once those are over.
func (k *Keeper) openChallenge(ctx context.Context, m machine.Machine, c machine.Challenge) (machine.Challenge, error) {
	params, err := k.Parameters.Get(ctx)
	if err != nil {
		return c, err
	}
	if c.Halted, err = k.Halted(ctx); err != nil {
		return c, err
	}
	if c.Id, err = k.NextChallenge.Next(ctx); err != nil {
		return c, err
	}
	c.MachineId, c.Deposit = m.Id, params.ChallengeDeposit
	c.Height, c.Time = sdk.UnwrapSDKContext(ctx).BlockHeight(), blockTime(ctx)
	c.Deadline = c.Time.Add(params.AnswerWindow - c.Halted)
	if n := len(m.OpenChallenges); n > 0 {
		last, err := k.challenge(ctx, m.OpenChallenges[n-1])
		if err != nil {
			return c, err
		}
		if last.Deadline.After(c.Deadline) {
			c.Deadline = last.Deadline
		}
	}
	if err := k.Challenges.Set(ctx, c.Id, c); err != nil {
		return c, err
	}
	if err := k.ChallengeQueue.Set(ctx, collections.Join(c.Deadline, c.Id)); err != nil {
		return c, err
	}
	_, err = k.change(ctx, m.Id, func(m *machine.Machine) error {
		m.OpenChallenges = append(slices.Clone(m.OpenChallenges), c.Id)
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
	if !slices.Contains(m.OpenChallenges, c.Id) {
		return nil, errorsmod.Wrapf(machine.ErrChallengeClosed, "challenge_id %d: void, because an older one was not answered; set the machine online again", c.Id)
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

// answerable is the stored challenge that a message may still answer, unless an
// older one has run out, which turns out when the machine is settled. Late is
// told apart from wrong before anything is settled, so that the refusal says so.
func (k *Keeper) answerable(ctx context.Context, msg *machine.MsgAnswerChallenge) (machine.Challenge, error) {
	m, err := k.load(ctx, msg.MachineId)
	if err != nil {
		return machine.Challenge{}, err
	}
	if !slices.Contains(m.OpenChallenges, msg.ChallengeId) {
		return machine.Challenge{}, errorsmod.Wrapf(machine.ErrChallengeClosed, "challenge_id %d: open of machine %s are %v", msg.ChallengeId, m.Id, m.OpenChallenges)
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
		return c, errorsmod.Wrapf(machine.ErrChallengeClosed, "challenge_id %d: its deadline %s has passed; set the machine online again",
			c.Id, c.Effective(halted).Deadline.Format(time.RFC3339))
	}
	if msg.Height != c.Height {
		return c, errorsmod.Wrapf(machine.ErrSignature, "height %d: must be the challenge's, %d", msg.Height, c.Height)
	}
	return c, nil
}
