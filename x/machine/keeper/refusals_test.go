package keeper_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
)

// refusal is what a sender reads: the code, a part of the sentence, and the values.
type refusal struct {
	name   string
	send   func(f *fixture) error
	want   error
	says   string
	values map[string]string
}

// refuses sends each message to a chain of its own, which the refused message leaves as it is.
func refuses(t *testing.T, prepare func(f *fixture), all []refusal) {
	t.Helper()
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			prepare(f)
			stored := f.ctx
			f.ctx, _ = stored.CacheContext()
			err := c.send(f)
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.says)
			_, values := detail.Read(err.Error())
			require.Equal(t, c.values, values)
		})
	}
}

func (f *fixture) retire(who string, n node) error {
	_, err := f.msgs.Retire(f.ctx, &machine.MsgRetire{Owner: who, MachineId: n.id})
	return err
}

func (f *fixture) withdraw(who string, n node) error {
	_, err := f.msgs.WithdrawStake(f.ctx, &machine.MsgWithdrawStake{Owner: who, MachineId: n.id})
	return err
}

func (f *fixture) offline(who string, n node) error {
	_, err := f.msgs.SetOffline(f.ctx, &machine.MsgSetOffline{Operator: who, MachineId: n.id})
	return err
}

func (f *fixture) drain(who string, from time.Time, nodes ...node) error {
	msg := &machine.MsgDrain{Operator: who, From: &from}
	for _, n := range nodes {
		msg.MachineIds = append(msg.MachineIds, n.id)
	}
	_, err := f.msgs.Drain(f.ctx, msg)
	return err
}

func (f *fixture) addStake(amount uint64, n node) error {
	_, err := f.msgs.AddStake(f.ctx, &machine.MsgAddStake{Sender: challenger, MachineId: n.id, Amount: amount})
	return err
}

// Only the operator operates, and only the owner retires and withdraws.
func TestStrangersAreRefused(t *testing.T) {
	t.Parallel()
	n, unknown := newNode(1), newNode(9)
	byOperator := map[string]func(f *fixture, who string, n node) error{
		"price": func(f *fixture, who string, n node) error {
			_, err := f.msgs.SetPrice(f.ctx, &machine.MsgSetPrice{Operator: who, Prices: []machine.PriceChange{{MachineId: n.id, PricePerDay: 5}}})
			return err
		},
		"facts": func(f *fixture, who string, n node) error {
			msg := n.update(f, 2, n.facts(1))
			msg.Operator = who
			_, err := f.msgs.UpdateFacts(f.ctx, msg)
			return err
		},
		"slots": func(f *fixture, who string, n node) error {
			_, err := f.msgs.SetSlots(f.ctx, &machine.MsgSetSlots{Operator: who, MachineId: n.id, OutOfService: []uint32{0}})
			return err
		},
		"drain": func(f *fixture, who string, n node) error {
			return f.drain(who, f.ctx.BlockTime().Add(48*time.Hour), n)
		},
		"offline": (*fixture).offline,
	}
	byOwner := map[string]func(f *fixture, who string, n node) error{"retire": (*fixture).retire, "withdraw": (*fixture).withdraw}
	var all []refusal
	for name, send := range byOperator {
		all = append(all,
			refusal{name + " by the owner", func(f *fixture) error { return send(f, owner, n) }, machine.ErrUnauthorized, operator, map[string]string{"machine_id": n.id, "operator": operator}},
			refusal{name + " of no machine", func(f *fixture) error { return send(f, operator, unknown) }, machine.ErrNotFound, unknown.id, map[string]string{"machine_id": unknown.id}},
			refusal{name + " of a retired one", func(f *fixture) error {
				require.NoError(t, f.retire(owner, n))
				return send(f, operator, n)
			}, machine.ErrState, "withdraw its stake", map[string]string{"machine_id": n.id, "state": "retired"}},
			refusal{name + " of one without stake", func(f *fixture) error {
				require.NoError(t, f.retire(owner, n))
				f.next(machine.DefaultParams().UnbondingTime)
				require.NoError(t, f.withdraw(owner, n))
				return send(f, operator, n)
			}, machine.ErrState, "bond it again first", map[string]string{"machine_id": n.id, "state": "retired"}})
	}
	for name, send := range byOwner {
		all = append(all,
			refusal{name + " by the operator", func(f *fixture) error { return send(f, operator, n) }, machine.ErrUnauthorized, owner, map[string]string{"machine_id": n.id, "owner": owner}},
			refusal{name + " of no machine", func(f *fixture) error { return send(f, owner, unknown) }, machine.ErrNotFound, unknown.id, map[string]string{"machine_id": unknown.id}})
	}
	refuses(t, func(f *fixture) { f.online(1, 1) }, all)
}

// Every other refusal has its code, what to do, and its values.
func TestRefusalsSayWhy(t *testing.T) {
	t.Parallel()
	n, other := newNode(1), newNode(2)
	and := func(pairs ...string) map[string]string {
		all := map[string]string{"machine_id": n.id}
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i]] = pairs[i+1]
		}
		return all
	}
	begin := genesisTime.Add(time.Hour)
	stamp := func(at time.Time) string { return at.Format(time.RFC3339) }
	params := machine.DefaultParams()
	first, last := begin.Add(params.DrainNotice), begin.Add(10*365*24*time.Hour)
	window := map[string]string{"first": stamp(first), "last": stamp(last)}
	ask := func(f *fixture, who string, slots ...uint32) error { _, err := f.ask(n, who, slots...); return err }
	must := func(err error) { require.NoError(t, err) }
	bond := func(f *fixture, seq uint64) error { return f.bondAs(owner, n, seq, "gpu-1-0", "gpu-1-1") }
	reserve := func(f *fixture, slots uint32) error {
		_, err := f.k.ReserveSlots(f.ctx, n.id, slots, 7)
		return err
	}
	refuses(t, func(f *fixture) { f.online(1, 2); f.pass(time.Hour) }, []refusal{
		{"online already", func(f *fixture) error { _, err := f.msgs.SetOnline(f.ctx, n.online(f, 1)); return err }, machine.ErrState, "online already", and("state", "online")},
		{"offline already", func(f *fixture) error { must(f.offline(operator, n)); return f.offline(operator, n) }, machine.ErrState, "must be online", and("state", "offline")},
		{"offline in a challenge", func(f *fixture) error { f.challenged(n); return f.offline(operator, n) }, machine.ErrChallengeOpen, "challenge 1", and("challenge_id", "1")},
		{"retirement in a challenge", func(f *fixture) error { f.challenged(n); return f.retire(owner, n) }, machine.ErrChallengeOpen, "challenge 1", and("challenge_id", "1")},
		{"retirement twice", func(f *fixture) error { must(f.retire(owner, n)); return f.retire(owner, n) }, machine.ErrState, "retired already", and("state", "retired")},
		{"retirement while rented", func(f *fixture) error { must(reserve(f, 1)); return f.retire(owner, n) }, machine.ErrRentalsOpen, "drain the machine", and("slots", "1")},
		{"withdrawal before retirement", func(f *fixture) error { return f.withdraw(owner, n) }, machine.ErrState, "must be retired first", and("state", "online")},
		{"withdrawal by a module", func(f *fixture) error { return f.withdraw(moduleAddress.String(), n) }, machine.ErrInvalidAddress, "owner ", nil},
		{"withdrawal a nanosecond early", func(f *fixture) error {
			must(f.retire(owner, n))
			f.ctx = f.ctx.WithBlockTime(begin.Add(params.UnbondingTime - 1))
			return f.withdraw(owner, n)
		}, machine.ErrUnbonding, stamp(begin.Add(params.UnbondingTime)), and("retry_at", stamp(begin.Add(params.UnbondingTime)))},
		{"drain a nanosecond early", func(f *fixture) error { return f.drain(operator, first.Add(-1), n) }, machine.ErrDrain, "of notice", window},
		{"drain a nanosecond late", func(f *fixture) error { return f.drain(operator, last.Add(1), n) }, machine.ErrDrain, "of notice", window},
		{"stake of a retired one", func(f *fixture) error { must(f.retire(owner, n)); return f.addStake(1, n) }, machine.ErrState, "withdraw its stake", and("state", "retired")},
		{"stake of no machine", func(f *fixture) error { return f.addStake(1, other) }, machine.ErrNotFound, other.id, map[string]string{"machine_id": other.id}},
		{"stake by a module", func(f *fixture) error {
			_, err := f.msgs.AddStake(f.ctx, &machine.MsgAddStake{Sender: moduleAddress.String(), MachineId: n.id, Amount: 1})
			return err
		}, machine.ErrInvalidAddress, "sender ", nil},
		{"challenge in the first block", func(f *fixture) error {
			f.ctx = f.ctx.WithBlockHeight(1)
			return ask(f, "anybody")
		}, machine.ErrFirstBlock, "block 1", nil},
		{"challenge of no machine", func(f *fixture) error { _, err := f.ask(other, "anybody"); return err }, machine.ErrNotFound, other.id, map[string]string{"machine_id": other.id}},
		{"challenge of one that is offline", func(f *fixture) error { must(f.offline(operator, n)); return ask(f, "anybody") }, machine.ErrState, "only an online machine", and("state", "offline")},
		{"challenge of one that did not answer", func(f *fixture) error {
			f.challenged(n)
			f.pass(params.AnswerWindow)
			return ask(f, "anybody")
		}, machine.ErrState, "only an online machine", and("state", "offline")},
		{"challenge by a module", func(f *fixture) error {
			_, err := f.msgs.Challenge(f.ctx, &machine.MsgChallenge{Challenger: moduleAddress.String(), MachineId: n.id})
			return err
		}, machine.ErrInvalidAddress, "challenger ", nil},
		{"challenge by one without slots", func(f *fixture) error { f.challenged(n); return ask(f, "stranger") }, machine.ErrChallengeOpen, "only a renter", and("challenge_id", "1")},
		{"challenge twice", func(f *fixture) error { f.challenged(n); must(ask(f, "tenant", 0)); return ask(f, "tenant", 0, 1) }, machine.ErrChallengeOpen, "your challenge 2", and("challenge_id", "2")},
		{"challenge of slots that are taken", func(f *fixture) error {
			f.challenged(n)
			must(ask(f, "one", 1))
			must(ask(f, "two", 0))
			return ask(f, "both", 0, 1)
		}, machine.ErrChallengeOpen, "challenge 3 by an earlier renter of slot 0", and("challenge_id", "3")},
		{"bond twice", func(f *fixture) error { return bond(f, 2) }, machine.ErrBonded, owner, and("owner", owner)},
		{"bond before the withdrawal", func(f *fixture) error { must(f.retire(owner, n)); return bond(f, 2) }, machine.ErrUnbonding, "3000000000udbc", and("owner", owner, "stake", "3000000000")},
		{"facts signed for an old number", func(f *fixture) error { return f.update(n, 1, n.facts(2)) }, machine.ErrBondSeq, "above 1", map[string]string{"least": "2"}},
		{"facts that are wrong", func(f *fixture) error {
			facts := n.facts(2)
			facts.CpuCores = 0
			return f.update(n, 2, facts)
		}, machine.ErrInvalidFacts, "cpu_cores", nil},
		{"facts by another key", func(f *fixture) error {
			msg := n.update(f, 2, n.facts(2))
			msg.Signature = other.update(f, 2, n.facts(2)).Signature
			_, err := f.msgs.UpdateFacts(f.ctx, msg)
			return err
		}, machine.ErrSignature, n.id, nil},
		{"facts by an expired signature", func(f *fixture) error {
			msg := n.update(f, 2, n.facts(2))
			f.pass(time.Hour)
			_, err := f.msgs.UpdateFacts(f.ctx, msg)
			return err
		}, machine.ErrExpired, n.id, nil},
		{"GPU of another machine", func(f *fixture) error { return f.bondAs(owner, other, 1, "free", "gpu-1-1") }, machine.ErrGPUTaken, "retire it", and("gpu_id", "gpu-1-1")},
		{"GPU of another owner", func(f *fixture) error { must(f.retire(owner, n)); return f.bondAs(challenger, other, 1, "gpu-1-1") }, machine.ErrGPUTaken, "reserved for " + owner, map[string]string{"gpu_id": "gpu-1-1", "retry_at": stamp(begin.Add(params.GpuCooldown))}},
		{"GPU that governance took", func(f *fixture) error { must(f.release("gpu-1-1")); return f.bondAs(owner, other, 1, "gpu-1-1") }, machine.ErrGPUTaken, "governance took it from " + owner, map[string]string{"gpu_id": "gpu-1-1", "retry_at": stamp(begin.Add(params.GpuCooldown))}},
		{"slots of one that is offline", func(f *fixture) error { must(f.offline(operator, n)); return reserve(f, 1) }, machine.ErrState, "must be online", and("state", "offline")},
		{"slots of one that is short", func(f *fixture) error { f.price(n, 1_000*dbc); return reserve(f, 1) }, machine.ErrStake, "nine tenths", and("stake", "3000000000", "stake_required", "24000000000")},
		{"more slots than are free", func(f *fixture) error { must(reserve(f, 1)); return reserve(f, 2) }, machine.ErrNoSlots, "1 of 2", and("slots", "2", "free", "1")},
		{"slots of no machine", func(f *fixture) error { _, err := f.k.ReserveSlots(f.ctx, other.id, 1, 7); return err }, machine.ErrNotFound, other.id, map[string]string{"machine_id": other.id}},
		{"unrented slots of no machine", func(f *fixture) error { _, err := f.k.UnrentedSlots(f.ctx, other.id); return err }, machine.ErrNotFound, other.id, map[string]string{"machine_id": other.id}},
		{"an id that is none", func(f *fixture) error { _, err := f.k.UnrentedSlots(f.ctx, "x"); return err }, machine.ErrInvalidID, "x", nil},
		{"bond of an id that is none", func(f *fixture) error {
			b := n.bond(f, 2, 1)
			b.MachineId = "x"
			_, err := f.msgs.BondMachines(f.ctx, &machine.MsgBondMachines{Owner: owner, Bonds: []machine.Bond{b}})
			return err
		}, machine.ErrInvalidID, "x", nil},
		{"GPU that nobody has", func(f *fixture) error { return f.release("free") }, machine.ErrNotFound, "free", nil},
		{"GPU whose reservation is over", func(f *fixture) error {
			must(f.retire(owner, n))
			f.ctx = f.ctx.WithBlockTime(begin.Add(params.GpuCooldown))
			return f.release("gpu-1-1")
		}, machine.ErrNotFound, "neither bonded nor reserved", nil},
	})
	answers := []refusal{}
	for name, c := range map[string]struct {
		edit   func(f *fixture, msg *machine.MsgAnswerChallenge)
		want   error
		says   string
		values map[string]string
	}{
		"another number": {func(_ *fixture, msg *machine.MsgAnswerChallenge) { msg.ChallengeId = 9 }, machine.ErrChallengeClosed, "are [1]", map[string]string{"challenge_id": "9"}},
		"another height": {func(_ *fixture, msg *machine.MsgAnswerChallenge) { msg.Height++ }, machine.ErrSignature, "height 63: must be the challenge's, 62", nil},
		"the owner":      {func(_ *fixture, msg *machine.MsgAnswerChallenge) { msg.Operator = owner }, machine.ErrUnauthorized, operator, and("operator", operator)},
		"another key":    {func(_ *fixture, msg *machine.MsgAnswerChallenge) { msg.Signature[0] ^= 1 }, machine.ErrSignature, n.id, nil},
		"too late": {
			func(f *fixture, _ *machine.MsgAnswerChallenge) {
				f.ctx = f.ctx.WithBlockTime(begin.Add(params.AnswerWindow))
			},
			machine.ErrChallengeClosed, "its deadline " + stamp(begin.Add(params.AnswerWindow)),
			map[string]string{"challenge_id": "1"},
		},
	} {
		answers = append(answers, refusal{"answer: " + name, func(f *fixture) error {
			msg := n.answer(f.challenged(n))
			c.edit(f, msg)
			_, err := f.msgs.AnswerChallenge(f.ctx, msg)
			return err
		}, c.want, c.says, c.values})
	}
	answers = append(answers, refusal{"answer: void", func(f *fixture) error {
		_, err := f.ask(n, "first")
		must(err)
		f.ctx = f.ctx.WithBlockTime(begin.Add(1))
		second, err := f.ask(n, "second", 0)
		must(err)
		f.ctx = f.ctx.WithBlockTime(begin.Add(params.AnswerWindow))
		_, err = f.msgs.AnswerChallenge(f.ctx, n.answer(second))
		return err
	}, machine.ErrChallengeClosed, "void, because an older one", map[string]string{"challenge_id": "2"}})
	refuses(t, func(f *fixture) { f.online(1, 2); f.pass(time.Hour) }, answers)
}

// The bounds of AddStake: the stake never exceeds MaxStake.
func TestStakeUpToItsBound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ stake, least, most uint64 }{
		{machine.MaxStake - 10, 1, 10}, {machine.MaxStake - 1, 1, 1}, {machine.MaxStake, 1, 0}, {machine.MaxStake + 5, 1, 0},
	} {
		f := newFixture(t)
		n := f.online(1, 1)
		m := f.machine(n.id)
		m.Stake = c.stake
		require.NoError(t, f.k.Bonds.Set(f.ctx, n.id, m))
		for _, amount := range []uint64{0, c.most + 1} {
			err := f.addStake(amount, n)
			require.ErrorIs(t, err, machine.ErrInvalidAmount)
			_, values := detail.Read(err.Error())
			require.Equal(t, map[string]string{"limit": fmt.Sprint(c.most)}, values)
		}
		if c.most > 0 {
			require.NoError(t, f.addStake(c.most, n))
			require.Equal(t, uint64(machine.MaxStake), f.machine(n.id).Stake)
		}
	}
}

// Each message is answered, and a batch reaches its last machine.
func TestMessagesAreAnswered(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b := newNode(1), newNode(2)
	bonded, err := f.msgs.BondMachines(f.ctx, &machine.MsgBondMachines{Owner: owner, Bonds: []machine.Bond{a.bond(f, 1, 1), b.bond(f, 1, 1)}})
	require.NoError(t, err)
	require.NotNil(t, bonded)
	for _, n := range []node{a, b} {
		online, err := f.msgs.SetOnline(f.ctx, n.online(f, 1))
		require.NoError(t, err)
		require.NotNil(t, online)
	}
	for _, from := range []time.Duration{machine.DefaultParams().DrainNotice, 10 * 365 * 24 * time.Hour} {
		at := f.ctx.BlockTime().Add(from)
		drained, err := f.msgs.Drain(f.ctx, &machine.MsgDrain{Operator: operator, MachineIds: []string{a.id, b.id}, From: &at})
		require.NoError(t, err, "the bounds themselves")
		require.NotNil(t, drained)
		require.Equal(t, at, *f.machine(a.id).DrainFrom)
		require.Equal(t, at, *f.machine(b.id).DrainFrom)
	}
	priced, err := f.msgs.SetPrice(f.ctx, &machine.MsgSetPrice{Operator: operator, Prices: []machine.PriceChange{{MachineId: a.id, PricePerDay: 5}, {MachineId: b.id, PricePerDay: 6}}})
	require.NoError(t, err)
	require.NotNil(t, priced)
	require.Equal(t, []uint64{5, 6}, []uint64{f.machine(a.id).PricePerDay, f.machine(b.id).PricePerDay})
	answered, err := f.msgs.AnswerChallenge(f.ctx, a.answer(f.challenged(a)))
	require.NoError(t, err)
	require.NotNil(t, answered)
	added, err := f.msgs.AddStake(f.ctx, &machine.MsgAddStake{Sender: challenger, MachineId: a.id, Amount: 1})
	require.NoError(t, err)
	require.NotNil(t, added)
	offline, err := f.msgs.SetOffline(f.ctx, &machine.MsgSetOffline{Operator: operator, MachineId: a.id})
	require.NoError(t, err)
	require.NotNil(t, offline)
	retired, err := f.msgs.Retire(f.ctx, &machine.MsgRetire{Owner: owner, MachineId: a.id})
	require.NoError(t, err)
	require.NotNil(t, retired)
	released, err := f.msgs.ReleaseGPU(f.ctx, &machine.MsgReleaseGPU{Authority: strings.ToUpper(f.k.Authority()), GpuId: "gpu-1-0"})
	require.NoError(t, err)
	require.NotNil(t, released)
	params := machine.DefaultParams()
	params.MaxDuePerBlock++
	updated, err := f.msgs.UpdateParams(f.ctx, &machine.MsgUpdateParams{Authority: f.k.Authority(), Params: params})
	require.NoError(t, err)
	require.NotNil(t, updated)
	reply, err := f.queries.Params(f.ctx, &machine.QueryParamsRequest{})
	require.NoError(t, err)
	require.Equal(t, params, reply.Params)
	require.Equal(t, "cosmos10d07y265gmmuvt4z0w9aw880jnsr700j6zn9kn", f.k.Authority())
	require.NotEmpty(t, f.k.Schema.ListCollections())
	f.check()
}

// Whoever can't pay a stake or a deposit is told how much it is and how much there is.
func TestThePoorAreTold(t *testing.T) {
	t.Parallel()
	n, other := newNode(1), newNode(2)
	const poor = "poor"
	values := func(needed uint64) map[string]string {
		return map[string]string{"needed": fmt.Sprint(needed), "balance": "7", "missing": fmt.Sprint(needed - 7)}
	}
	prepare := func(f *fixture) {
		f.online(1, 1)
		require.NoError(t, f.bank.SendCoins(f.ctx, sdk.MustAccAddressFromBech32(payout), sdk.MustAccAddressFromBech32(account(poor)), udbc(7)))
	}
	refuses(t, prepare, []refusal{
		{"a stake", func(f *fixture) error { return f.bondAs(account(poor), other, 1, "gpu-2-0") }, sdkerrors.ErrInsufficientFunds, "stake 2000000000udbc of machine " + other.id, values(2_000 * dbc)},
		{"more stake", func(f *fixture) error {
			_, err := f.msgs.AddStake(f.ctx, &machine.MsgAddStake{Sender: account(poor), MachineId: n.id, Amount: 8})
			return err
		}, sdkerrors.ErrInsufficientFunds, "", values(8)},
		{"a deposit", func(f *fixture) error {
			_, err := f.msgs.Challenge(f.ctx, &machine.MsgChallenge{Challenger: account(poor), MachineId: n.id})
			return err
		}, sdkerrors.ErrInsufficientFunds, "", values(deposit)},
	})
}
