package keeper_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
)

const deposit = 10_000_000

func TestAnsweredChallengePaysTheOperator(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	c := f.challenged(n)
	require.EqualValues(t, wealth-deposit, f.balance(challenger))
	f.check()
	f.pass(10*time.Minute - time.Second)
	_, err := f.msgs.AnswerChallenge(f.ctx, n.answer(c))
	require.NoError(t, err)
	require.EqualValues(t, wealth+deposit, f.balance(operator))
	require.Equal(t, []string{"challenge 1 answered true"}, f.hooks.take())
	require.Equal(t, machine.MACHINE_STATE_ONLINE, f.machine(n.id).State)
	f.pass(time.Hour)
	require.Equal(t, machine.MACHINE_STATE_ONLINE, f.machine(n.id).State)
	f.check()
}

func TestUnansweredChallengeTakesOfflineFromItsTime(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	f.next(5 * time.Second)
	c := f.challenged(n)
	f.pass(10 * time.Minute)
	require.Equal(t, machine.MACHINE_STATE_OFFLINE, f.machine(n.id).State, "at its deadline, before the end block reached it")
	_, err := f.msgs.AnswerChallenge(f.ctx, n.answer(c))
	require.ErrorIs(t, err, machine.ErrChallengeClosed, "an answer at the deadline is late")
	f.next(time.Second)
	require.Equal(t, []string{"offline since +5s by 1", "challenge 1 answered false"}, f.hooks.take())
	require.Equal(t, c.Time, *f.machine(n.id).OfflineSince)
	require.EqualValues(t, wealth+deposit, f.balance(challenger), "the deposit, and as much from the stake")
	require.EqualValues(t, 2_000*dbc-deposit, f.machine(n.id).Stake)
	f.check()
}

func TestHaltMovesTheDeadline(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	c := f.challenged(n)
	f.next(9 * time.Hour)
	moved, open, err := f.k.OpenChallenge(f.ctx, n.id)
	require.NoError(t, err)
	require.True(t, open)
	require.Equal(t, c.Deadline.Add(9*time.Hour), moved.Deadline)
	reply, err := f.queries.Challenge(f.ctx, &machine.QueryChallengeRequest{ChallengeId: c.Id})
	require.NoError(t, err)
	require.Equal(t, moved, reply.Challenge)
	f.pass(10 * time.Minute)
	f.next(time.Second)
	require.Equal(t, "offline since +0s by 1", f.hooks.take()[0], "a halt moves no start; it is subtracted by its overlap")
	f.check()
}

func TestChallengeRefusals(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.bonded(1, 1)
	ask := &machine.MsgChallenge{Challenger: challenger, MachineId: n.id}
	_, err := f.msgs.Challenge(f.ctx, ask)
	require.ErrorIs(t, err, machine.ErrState, "a machine that is not online is not challenged")
	_, err = f.msgs.SetOnline(f.ctx, n.online(f, 1))
	require.NoError(t, err)
	for name, party := range map[string]string{"owner": owner, "operator": operator} {
		_, err = f.msgs.Challenge(f.ctx, &machine.MsgChallenge{Challenger: party, MachineId: n.id})
		require.ErrorIs(t, err, machine.ErrUnauthorized, name)
	}
	c := f.challenged(n)
	_, err = f.msgs.Challenge(f.ctx, ask)
	require.ErrorIs(t, err, machine.ErrChallengeOpen)
	_, err = f.msgs.Retire(f.ctx, &machine.MsgRetire{Owner: owner, MachineId: n.id})
	require.ErrorIs(t, err, machine.ErrChallengeOpen)
	for name, edit := range map[string]func(*machine.MsgAnswerChallenge){
		"number":    func(m *machine.MsgAnswerChallenge) { m.ChallengeId++ },
		"height":    func(m *machine.MsgAnswerChallenge) { m.Height++ },
		"operator":  func(m *machine.MsgAnswerChallenge) { m.Operator = owner },
		"signature": func(m *machine.MsgAnswerChallenge) { m.Signature[0] ^= 1 },
	} {
		msg := n.answer(c)
		edit(msg)
		_, err = f.msgs.AnswerChallenge(f.ctx, msg)
		require.Error(t, err, name)
	}
	f.check()
}

// A hook that fails or panics must not stop the chain or other challenges.
func TestFailingHookKeepsTheChainGoing(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]func(*recorder){
		"error": func(r *recorder) { r.fail = errors.New("hook") },
		"panic": func(r *recorder) { r.panic = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			n := f.online(1, 1)
			f.challenged(n)
			broken(f.hooks)
			f.pass(11 * time.Minute)
			require.Equal(t, machine.MACHINE_STATE_OFFLINE, f.machine(n.id).State, "over, though not settled")
			f.check()
			*f.hooks = recorder{}
			f.pass(3 * time.Minute)
			require.Equal(t, []string{"offline since +0s by 1", "challenge 1 answered false"}, f.hooks.take())
			require.EqualValues(t, wealth+deposit, f.balance(challenger))
			f.check()
		})
	}
}

func TestEndBlockIsBounded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	params := machine.DefaultParams()
	params.MaxDuePerBlock = 2
	_, err := f.msgs.UpdateParams(f.ctx, &machine.MsgUpdateParams{Authority: f.k.Authority(), Params: params})
	require.NoError(t, err)
	for n := range byte(5) {
		f.challenged(f.online(n+1, 1))
	}
	f.pass(10 * time.Minute)
	for _, want := range []int{2, 4, 5, 5} {
		f.next(time.Second)
		require.Len(t, f.hooks.calls, 2*want)
	}
	f.check()
}
