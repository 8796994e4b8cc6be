package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// books are the accounts that a transition can change.
type books struct {
	renter, host, escrow, pool, stake int64
	free, cooldowns                   int
}

func (c *chain) books(id string) books {
	c.Helper()
	free, err := c.machines.FreeSlots(c.ctx, id)
	require.NoError(c, err)
	m, err := c.machines.GetMachine(c.ctx, id)
	require.NoError(c, err)
	gs, err := c.keeper.ExportGenesis(c.ctx)
	require.NoError(c, err)
	return books{
		renter: int64(c.balance(c.renters[0])), host: int64(c.balance(c.payout)), escrow: int64(c.module(xrental.ModuleName)),
		pool: int64(c.module(pool)), stake: int64(m.Stake), free: len(free), cooldowns: len(gs.Cooldowns),
	}
}

func (b books) plus(other books, sign int64) books {
	return books{
		b.renter + sign*other.renter, b.host + sign*other.host, b.escrow + sign*other.escrow, b.pool + sign*other.pool, b.stake + sign*other.stake,
		b.free + int(sign)*other.free, b.cooldowns + int(sign)*other.cooldowns,
	}
}

// effectOn says what an effect does, independently of the keeper. Only what a
// machine failed pays from the stake: the penalty is min_penalty here.
func effectOn(e rental.Effect, paid, earned int64) books {
	const penalty, slots = 10 * dbc, 1
	switch e {
	case rental.TakeFee:
		return books{renter: -fee, escrow: fee}
	case rental.TakeRent:
		return books{renter: -paid, escrow: paid}
	case rental.ReserveSlots:
		return books{free: -slots}
	case rental.ReleaseSlots:
		return books{free: slots}
	case rental.ReturnRent:
		return books{renter: paid, escrow: -paid}
	case rental.ReturnFee:
		return books{renter: fee, escrow: -fee}
	case rental.PayEarned:
		return books{host: earned, escrow: -earned}
	case rental.ReturnUnearned:
		return books{renter: paid - earned, escrow: earned - paid}
	case rental.PayPenalty:
		return books{renter: penalty, stake: -penalty}
	case rental.StartCooldown:
		return books{cooldowns: 1}
	case rental.FeeToPool:
		return books{pool: fee, escrow: -fee}
	case rental.ShareFee:
		return books{host: fee / 2, pool: fee - fee/2, escrow: -fee}
	case rental.StakeToPool:
		return books{stake: -fee, pool: fee}
	case rental.ReturnBeyond:
		return books{renter: paid, escrow: -paid}
	}
	return books{}
}

// way is how a row of the table comes about, with the rent that the row is about.
type way struct {
	before       func(c *chain, id string)
	act          func(c *chain, id string) error
	paid, earned int64
}

func (c *chain) trial(id string)  { c.mustRent(c.renters[0], id, 2*hour, 1) }
func (c *chain) active(id string) { c.mustActive(c.renters[0], id, 2*hour, 1) }

// challenged challenges the machine as somebody whose reward is none of the row's.
func (c *chain) challenged(id string) {
	c.Helper()
	m, err := c.machines.GetMachine(c.ctx, id)
	require.NoError(c, err)
	now := c.ctx.BlockTime()
	m.RewardedAt = &now
	require.NoError(c, c.machines.Bonds.Set(c.ctx, id, m))
	require.NoError(c, c.challenge(c.renters[1], id))
}

// minutes moves to a block this many minutes after genesis.
func (c *chain) minutes(n int) *chain {
	c.at(time.Duration(n) * time.Minute)
	return c
}

func ends(c *chain, _ string) error { c.end(); return nil }

// halted is a trial that reaches its end, at minute 60, before its deadline.
func halted(c *chain, id string) {
	c.mustRent(c.renters[0], id, hour, 1)
	c.minutes(10).halt(40 * time.Minute)
}

// overInChallenge is a trial that was over at minute 30 during a challenge.
func overInChallenge(c *chain, id string) {
	c.trial(id)
	c.minutes(25).challenged(id)
	c.minutes(30).end()
}

func ways() map[rental.State]map[rental.Event]way {
	alice := func(c *chain) string { return c.renters[0].String() }
	return map[rental.State]map[rental.Event]way{
		rental.StateNone: {
			rental.EventRent: {func(*chain, string) {}, func(c *chain, id string) error { c.trial(id); return nil }, 2 * dbc, 0},
		},
		rental.StateTrial: {
			rental.EventConfirm: {(*chain).trial, func(c *chain, _ string) error { return c.confirm(c.renters[0], 1) }, 2 * dbc, 0},
			rental.EventCancel: {(*chain).trial, func(c *chain, _ string) error {
				return c.cancelFor(c.renters[0], 1, xrental.CAUSE_CHANGED_MIND)
			}, 2 * dbc, 0},
			rental.EventCancelForCause: {(*chain).trial, func(c *chain, _ string) error {
				return c.cancelFor(c.renters[0], 1, xrental.CAUSE_MISMATCH)
			}, 2 * dbc, 0},
			rental.EventDeadline: {func(c *chain, id string) { c.trial(id); c.minutes(30) }, ends, 2 * dbc, 0},
			rental.EventEnd:      {func(c *chain, id string) { halted(c, id); c.minutes(60) }, ends, dbc, 0},
			rental.EventMachineOffline: {(*chain).trial, func(c *chain, id string) error {
				return c.setOffline(id)
			}, 2 * dbc, 0},
			rental.EventChallengeUnanswered: {func(c *chain, id string) {
				c.challenged(id)
				c.trial(id)
				c.minutes(10)
			}, ends, 2 * dbc, 0},
			rental.EventBreakByOwner:      {(*chain).trial, func(c *chain, _ string) error { return c.breakRental(c.owner.String(), 1) }, 2 * dbc, 0},
			rental.EventBreakByGovernance: {(*chain).trial, func(c *chain, _ string) error { return c.breakRental(c.keeper.Authority(), 1) }, 2 * dbc, 0},
			rental.EventOverInChallenge: {func(c *chain, id string) {
				c.trial(id)
				c.minutes(25).challenged(id)
				c.minutes(30)
			}, ends, 2 * dbc, 0},
		},
		rental.StateRefunded: {
			rental.EventDeadline: {func(c *chain, id string) {
				overInChallenge(c, id)
				require.NoError(c, c.minutes(34).answer(id))
			}, ends, 2 * dbc, 0},
			rental.EventEnd: {func(c *chain, id string) {
				halted(c, id)
				c.minutes(55).challenged(id)
				c.minutes(60).end()
				require.NoError(c, c.minutes(64).answer(id))
			}, ends, dbc, 0},
			rental.EventChallengeUnanswered: {func(c *chain, id string) { overInChallenge(c, id); c.minutes(35) }, ends, 2 * dbc, 0},
		},
		rental.StateActive: {
			rental.EventRenew: {(*chain).active, func(c *chain, _ string) error {
				_, err := c.relet(c.renters[0], 1, hour)
				return err
			}, dbc, 0},
			rental.EventLeave: {func(c *chain, id string) {
				c.notice(id, time.Hour)
				c.active(id)
				c.minutes(15)
			}, func(c *chain, _ string) error { _, err := c.leaveRental(c.renters[0], 1); return err }, dbc * 45 / 60, 0},
			rental.EventEnd: {func(c *chain, id string) {
				c.active(id)
				require.NoError(c, c.minutes(30).setOffline(id))
				require.NoError(c, c.minutes(60).setOnline(id))
				c.minutes(120)
			}, ends, 2 * dbc, dbc + dbc/2},
			rental.EventBreakByOwner: {func(c *chain, id string) { c.active(id); c.minutes(60) }, func(c *chain, _ string) error {
				return c.breakRental(c.owner.String(), 1)
			}, 2 * dbc, dbc},
			rental.EventBreakByGovernance: {func(c *chain, id string) { c.active(id); c.minutes(60) }, func(c *chain, _ string) error {
				return c.breakRental(c.keeper.Authority(), 1)
			}, 2 * dbc, dbc},
			rental.EventBreakByRenter: {func(c *chain, id string) {
				c.active(id)
				require.NoError(c, c.minutes(30).setOffline(id))
				c.minutes(60)
			}, func(c *chain, _ string) error { return c.breakRental(alice(c), 1) }, 2 * dbc, dbc / 2},
		},
	}
}

// Every row of the table does what its effects say, all of it and nothing else.
func TestEveryRowHasItsEffects(t *testing.T) {
	t.Parallel()
	all := ways()
	for _, row := range rental.Table() {
		t.Run(row.From.String()+", "+row.Event.String(), func(t *testing.T) {
			t.Parallel()
			way, known := all[row.From][row.Event]
			require.True(t, known, "no way to this row")
			c := newChain(t)
			id := c.bond(1, 1)
			way.before(c, id)
			before := c.books(id)
			require.NoError(t, way.act(c, id))
			r, err := c.keeper.Rentals.Get(c.ctx, 1)
			require.NoError(t, err)
			last := r.Transitions[len(r.Transitions)-1]
			require.Equal(t, []any{xrental.RentalState(row.From), xrental.RentalState(row.To), xrental.Reason(row.Reason)}, []any{last.From, last.To, last.Reason})

			var want books
			for _, e := range row.Effects {
				one := effectOn(e, way.paid, way.earned)
				require.NotEqual(t, books{}, one, "%s is unknown here", e)
				want = want.plus(one, 1)
			}
			require.Equal(t, want, c.books(id).plus(before, -1))
			c.sound()
		})
	}
}
