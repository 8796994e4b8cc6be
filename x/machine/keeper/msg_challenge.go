package keeper

import (
	"context"
	"slices"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/internal/halt"
	"github.com/dbc-network/dbc/x/machine"
)

// Challenge demands that a machine prove it is there; the deposit goes to the
// operator if it does and is returned if it does not.
func (k msgServer) Challenge(ctx context.Context, msg *machine.MsgChallenge) (*machine.MsgChallengeResponse, error) {
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
	// Online means that no challenge is due: the challenger does not pay to close one.
	if m.State != machine.MACHINE_STATE_ONLINE {
		return nil, detail.Add(machine.ErrState.Wrapf("machine %s is %s: only an online machine can be challenged", m.Id, m.State.Word()),
			detail.Map{"machine_id": m.Id, "state": m.State.Word()})
	}
	if by := challenger.String(); by == m.Owner || by == m.Operator {
		return nil, machine.ErrUnauthorized.Wrapf("challenger %s: must not be the owner or the operator of machine %s", by, m.Id)
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
		return nil, errorsmod.Wrapf(err, "deposit %dudbc of a challenge", c.Deposit)
	}
	return &machine.MsgChallengeResponse{ChallengeId: c.Id}, emit(ctx, &machine.EventChallenged{
		MachineId: m.Id, ChallengeId: c.Id, Challenger: c.Challenger, Height: c.Height, Deadline: c.Effective(c.Halted).Deadline,
	})
}

// place returns where a new challenge is counted: 0 while none is open; in addition to
// others only a renter of the machine may challenge, once, by one of the rented slots. So
// a host that challenges itself keeps no renter from challenging, and a machine never has
// more than one per slot besides the common one.
func (k *Keeper) place(ctx context.Context, m machine.Machine, challenger sdk.AccAddress) (uint32, error) {
	if len(m.OpenChallenges) == 0 {
		return 0, nil
	}
	rented, err := k.RentedSlots(ctx, m.Id, challenger)
	if err != nil {
		return 0, err
	}
	if len(rented) == 0 {
		return 0, detail.Add(machine.ErrChallengeOpen.Wrapf("machine %s: challenge %d must be closed first; only a renter of the machine may ask meanwhile",
			m.Id, m.OpenChallenges[0]),
			detail.Map{"machine_id": m.Id, "challenge_id": m.OpenChallenges[0]})
	}
	mine, err := k.openOf(ctx, m, challenger)
	if err != nil {
		return 0, err
	}
	if mine != 0 {
		return 0, detail.Add(machine.ErrChallengeOpen.Wrapf("machine %s: your challenge %d must be closed first", m.Id, mine),
			detail.Map{"machine_id": m.Id, "challenge_id": mine})
	}
	var first uint64
	for _, slot := range rented {
		taken, err := k.openOf(ctx, m, placeTerm(slot+1))
		if err != nil || taken == 0 {
			return slot + 1, err
		}
		if first == 0 {
			first = taken
		}
	}
	return 0, detail.Add(machine.ErrChallengeOpen.Wrapf("machine %s: challenge %d by an earlier renter of slot %d must be closed first",
		m.Id, first, rented[0]),
		detail.Map{"machine_id": m.Id, "challenge_id": first})
}

// openChallenge stores a challenge with its deadline, which is never before that of an
// older one: a shorter answer_window takes effect once those are over.
func (k *Keeper) openChallenge(ctx context.Context, m machine.Machine, c machine.Challenge) (machine.Challenge, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return c, err
	}
	clock, err := halt.Now(ctx, k)
	if err != nil {
		return c, err
	}
	if c.Id, err = k.NextChallenge.Next(ctx); err != nil {
		return c, err
	}
	c.MachineId, c.Deposit = m.Id, params.ChallengeDeposit
	c.Height, c.Time, c.Halted = clock.Height, clock.Now, clock.Halted
	c.Deadline = clock.Stored(c.Time.Add(params.AnswerWindow))
	if n := len(m.OpenChallenges); n > 0 {
		last, err := k.challenge(ctx, m.OpenChallenges[n-1])
		if err != nil {
			return c, err
		}
		if last.Deadline.After(c.Deadline) {
			c.Deadline = last.Deadline
		}
	}
	if err := k.storeChallenge(ctx, c); err != nil {
		return c, err
	}
	_, err = k.change(ctx, m.Id, func(m *machine.Machine) error {
		m.OpenChallenges = append(slices.Clone(m.OpenChallenges), c.Id)
		return nil
	})
	return c, err
}
