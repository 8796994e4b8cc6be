package keeper_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
)

// news returns this module's events of an action, in order.
func (f *fixture) news(act func() error) []proto.Message {
	f.ctx = f.ctx.WithEventManager(sdk.NewEventManager())
	require.NoError(f.t, act())
	var all []proto.Message
	for _, event := range f.ctx.EventManager().ABCIEvents() {
		if !strings.HasPrefix(event.Type, "dbc.machine.") {
			continue // the bank's
		}
		message, err := sdk.ParseTypedEvent(event)
		require.NoError(f.t, err)
		all = append(all, message)
	}
	return all
}

// The events of a machine's life, step by step.
func TestEventsOfAMachine(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := newNode(1)
	const bonded, on, off = machine.MACHINE_STATE_BONDED, machine.MACHINE_STATE_ONLINE, machine.MACHINE_STATE_OFFLINE
	state := func(from, to machine.MachineState) *machine.EventStateChanged {
		return &machine.EventStateChanged{MachineId: n.id, From: from, To: to, Since: f.ctx.BlockTime()}
	}
	step := func(act func() error, want ...proto.Message) {
		t.Helper()
		require.Equal(t, want, f.news(act))
		f.check()
	}
	bond := n.bond(f, 1, 1)
	required := machine.DefaultParams().RequiredStake(1, bond.PricePerDay)
	step(func() error {
		_, err := f.msgs.BondMachines(f.ctx, &machine.MsgBondMachines{Owner: owner, Bonds: []machine.Bond{bond}})
		return err
	}, &machine.EventBonded{MachineId: n.id, Owner: owner, Operator: operator, Stake: required, ListingVersion: 1})
	f.next(time.Minute)
	online := func() error { _, err := f.msgs.SetOnline(f.ctx, n.online(f, f.machine(n.id).BondSeq)); return err }
	step(online, state(bonded, on))
	step(func() error {
		_, err := f.msgs.SetPrice(f.ctx, &machine.MsgSetPrice{Operator: operator, Prices: []machine.PriceChange{{MachineId: n.id, PricePerDay: 7}}})
		return err
	}, &machine.EventListingChanged{MachineId: n.id, ListingVersion: 2, PricePerDay: 7})
	step(func() error {
		response, err := f.msgs.UpdateFacts(f.ctx, n.update(f, 2, n.facts(2)))
		require.EqualValues(t, 3, response.ListingVersion)
		return err
	}, &machine.EventListingChanged{MachineId: n.id, ListingVersion: 3, PricePerDay: 7})
	for range 2 {
		step(func() error {
			response, err := f.msgs.SetSlots(f.ctx, &machine.MsgSetSlots{Operator: operator, MachineId: n.id, OutOfService: []uint32{1}})
			require.EqualValues(t, 4, response.ListingVersion)
			return err
		}, map[bool][]proto.Message{true: {&machine.EventListingChanged{MachineId: n.id, ListingVersion: 4, PricePerDay: 7}}}[len(f.machine(n.id).OutOfService) == 0]...)
	}
	from := f.ctx.BlockTime().Add(30 * 24 * time.Hour)
	for _, at := range []*time.Time{&from, nil} {
		step(func() error {
			_, err := f.msgs.Drain(f.ctx, &machine.MsgDrain{Operator: operator, MachineIds: []string{n.id}, From: at})
			return err
		}, &machine.EventDrain{MachineId: n.id, From: at})
	}
	step(func() error {
		_, err := f.msgs.AddStake(f.ctx, &machine.MsgAddStake{Sender: account("stranger"), MachineId: n.id, Amount: 5})
		return err
	}, &machine.EventStakeChanged{MachineId: n.id, Stake: required + 5})
	f.next(time.Minute)
	step(func() error {
		_, err := f.msgs.SetOffline(f.ctx, &machine.MsgSetOffline{Operator: operator, MachineId: n.id})
		return err
	}, state(on, off))
	f.next(time.Minute)
	step(online, state(off, on))
	gpu := n.facts(2).GPUIDs()[1]
	step(func() error {
		response, err := f.msgs.ReleaseGPU(f.ctx, &machine.MsgReleaseGPU{Authority: f.k.Authority(), GpuId: gpu})
		require.Equal(t, n.id, response.MachineId)
		return err
	}, &machine.EventGpuReleased{GpuId: gpu, MachineId: n.id, Owner: owner}, state(on, off))
	step(func() error {
		response, err := f.msgs.ReleaseGPU(f.ctx, &machine.MsgReleaseGPU{Authority: f.k.Authority(), GpuId: gpu})
		require.Empty(t, response.MachineId)
		return err
	}, &machine.EventGpuReleased{GpuId: gpu, Owner: owner})
	f.next(time.Minute)
	step(func() error {
		_, err := f.msgs.Retire(f.ctx, &machine.MsgRetire{Owner: owner, MachineId: n.id})
		return err
	}, state(off, machine.MACHINE_STATE_RETIRED))
	params, err := f.k.Params.Get(f.ctx)
	require.NoError(t, err)
	f.ctx = f.ctx.WithBlockTime(f.ctx.BlockTime().Add(params.UnbondingTime))
	step(func() error {
		response, err := f.msgs.WithdrawStake(f.ctx, &machine.MsgWithdrawStake{Owner: owner, MachineId: n.id})
		require.EqualValues(t, required+5, response.Amount)
		return err
	}, &machine.EventStakeChanged{MachineId: n.id})
	bond = n.bond(f, 3, 1)
	step(func() error {
		_, err := f.msgs.BondMachines(f.ctx, &machine.MsgBondMachines{Owner: owner, Bonds: []machine.Bond{bond}})
		return err
	}, &machine.EventBonded{MachineId: n.id, Owner: owner, Operator: operator, Stake: required, ListingVersion: 5})
}

// The events of challenges: an answered one, an unanswered one and the one that
// this voids, and of a halt.
func TestEventsOfChallenges(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	stake := f.machine(n.id).Stake
	params, err := f.k.Params.Get(f.ctx)
	require.NoError(t, err)
	f.next(time.Minute)
	opened := func(id uint64, by string) *machine.EventChallenged {
		return &machine.EventChallenged{
			MachineId: n.id, ChallengeId: id, Challenger: by, Height: f.ctx.BlockHeight(), Deadline: f.ctx.BlockTime().Add(params.AnswerWindow),
		}
	}
	ask := func(by string) func() error {
		return func() error {
			_, err := f.msgs.Challenge(f.ctx, &machine.MsgChallenge{Challenger: by, MachineId: n.id})
			return err
		}
	}
	require.Equal(t, []proto.Message{opened(1, challenger)}, f.news(ask(challenger)))
	c, err := f.k.Challenges.Get(f.ctx, 1)
	require.NoError(t, err)
	require.Equal(t, []proto.Message{&machine.EventChallengeClosed{MachineId: n.id, ChallengeId: 1, Answered: true}},
		f.news(func() error { _, err := f.msgs.AnswerChallenge(f.ctx, n.answer(c)); return err }))
	require.EqualValues(t, wealth+params.ChallengeDeposit, f.balance(operator))

	require.Equal(t, []proto.Message{opened(2, challenger)}, f.news(ask(challenger)))
	since := f.ctx.BlockTime()
	f.next(time.Minute)
	f.hooks.rents = map[string][]uint32{account("stranger"): {0}}
	require.Equal(t, []proto.Message{opened(3, account("stranger"))}, f.news(ask(account("stranger"))))
	f.pass(params.AnswerWindow - time.Minute)
	require.Equal(t, []proto.Message{
		&machine.EventStakeChanged{MachineId: n.id, Stake: stake - params.ChallengeDeposit},
		&machine.EventStateChanged{MachineId: n.id, From: machine.MACHINE_STATE_ONLINE, To: machine.MACHINE_STATE_OFFLINE, Since: since, ChallengeId: 2},
		&machine.EventChallengeClosed{MachineId: n.id, ChallengeId: 2, Reward: params.ChallengeDeposit},
	}, f.news(func() error { return f.k.EndBlock(f.ctx) }))
	require.Equal(t, []proto.Message{&machine.EventChallengeClosed{MachineId: n.id, ChallengeId: 3, Void: true}},
		f.news(func() error { f.next(0); f.next(time.Minute); f.next(0); return nil }))
	require.EqualValues(t, wealth, f.balance(account("stranger")))
	require.Equal(t, []proto.Message{&machine.EventHalt{Gap: 2 * time.Hour, Total: 2 * time.Hour}},
		f.news(func() error { f.next(2 * time.Hour); return nil }))
}
