package keeper_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

func (c *chain) setPrice(id string, perDay uint64) {
	c.Helper()
	_, err := deliver(c, c.machine.SetPrice, &machine.MsgSetPrice{Operator: c.operator.String(), Prices: []machine.PriceChange{{MachineId: id, PricePerDay: perDay}}})
	require.NoError(c, err)
}

func (c *chain) cancelFor(renter sdk.AccAddress, id uint64, cause xrental.Cause) error {
	_, err := deliver(c, c.msg.CancelRent, &xrental.MsgCancelRent{Renter: renter.String(), RentId: id, Cause: cause})
	return err
}

// Fresh wallets hold all slots of an expensive machine with one trial after the other. A
// window costs them what a renter pays for it, and half of that is the host's.
func TestTrialsOfFreshWalletsPayTheHost(t *testing.T) {
	t.Parallel()
	const perDay, windows = 400 * dbc, 48
	for _, slots := range []uint64{8, 64} {
		t.Run(fmt.Sprint(slots), func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			id := c.bond(1, int(slots))
			c.setPrice(id, perDay)
			m, err := c.machines.Bonds.Get(c.ctx, id)
			require.NoError(t, err)
			c.fundModule(machine.ModuleName, m.StakeRequired-m.Stake)
			m.Stake = m.StakeRequired
			require.NoError(t, c.machines.Bonds.Set(c.ctx, id, m))
			for n := range windows {
				wallet := account(byte(100 + n))
				c.fund(wallet, 100_000*dbc)
				c.mustRent(wallet, id, hour, 0)
				c.at(time.Duration(n+1) * 30 * time.Minute)
				c.end()
			}
			paid := c.balance(c.payout) + c.module(pool)
			window := perDay * slots / windows
			require.EqualValues(t, windows*window, paid)
			require.EqualValues(t, windows*(window/2), c.balance(c.payout), "half a day's rent")
			require.Zero(t, c.module(xrental.ModuleName))
		})
	}
}

// Who gets the fee in the end, for each way out of a trial.
func TestWhoReceivesTheFee(t *testing.T) {
	t.Parallel()
	const odd = fee + 1
	cancel := func(cause xrental.Cause) func(*chain, string) {
		return func(c *chain, _ string) { require.NoError(c, c.cancelFor(c.renters[0], 1, cause)) }
	}
	breakBy := func(who func(*chain) string) func(*chain, string) {
		return func(c *chain, _ string) { require.NoError(c, c.breakRental(who(c), 1)) }
	}
	shared := [4]uint64{0, odd / 2, odd - odd/2, 0}
	failed := [4]uint64{odd, 0, odd, odd}
	tests := map[string]struct {
		do   func(c *chain, id string)
		want [4]uint64 // back to the renter, to the host, to the pool, from the stake
		free bool      // no cooldown
	}{
		"confirmed":            {func(c *chain, _ string) { require.NoError(c, c.confirm(c.renters[0], 1)) }, [4]uint64{0, 0, odd, 0}, true},
		"cancelled":            {cancel(xrental.CAUSE_UNSPECIFIED), shared, false},
		"mind changed":         {cancel(xrental.CAUSE_CHANGED_MIND), shared, false},
		"not ready":            {cancel(xrental.CAUSE_NOT_READY), [4]uint64{0, 0, odd, 0}, false},
		"unreachable":          {cancel(xrental.CAUSE_UNREACHABLE), [4]uint64{0, 0, odd, 0}, false},
		"mismatch":             {cancel(xrental.CAUSE_MISMATCH), [4]uint64{0, 0, odd, 0}, false},
		"deadline":             {func(c *chain, _ string) { c.at(30 * time.Minute); c.end() }, shared, false},
		"end by a halt":        {func(c *chain, _ string) { c.halt(time.Hour); c.end() }, [4]uint64{odd, 0, 0, 0}, false},
		"offline":              {func(c *chain, id string) { require.NoError(c, c.setOffline(id)) }, failed, true},
		"broken by owner":      {breakBy(func(c *chain) string { return c.owner.String() }), failed, true},
		"broken by governance": {breakBy(func(c *chain) string { return c.keeper.Authority() }), failed, true},
		"challenge unanswered": {func(c *chain, id string) {
			require.NoError(c, c.challenge(c.renters[1], id))
			c.at(10 * time.Minute)
			c.end()
		}, failed, true},
		"deadline in a challenge that is answered": {func(c *chain, id string) {
			c.overInChallenge(id)
			require.NoError(c, c.answer(id))
			c.end()
		}, shared, false},
		"deadline in a challenge that is not answered": {func(c *chain, id string) {
			c.overInChallenge(id)
			c.at(35 * time.Minute)
			c.end()
		}, failed, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			c.params(func(p *xrental.Params) { p.Fee = odd })
			id := c.bond(1, 1)
			c.at(0)
			c.mustRent(c.renters[0], id, hour, 1)
			require.EqualValues(t, odd+dbc, c.module(xrental.ModuleName))
			rewarded := c.balance(c.renters[1])
			test.do(c, id)
			c.sound()
			r := c.get(1)
			rent := r.Paid
			if r.State == xrental.RENTAL_STATE_ACTIVE {
				rent = 0
			}
			reward := max(c.balance(c.renters[1]), rewarded) - rewarded
			got := [4]uint64{c.balance(c.renters[0]) + r.Paid + odd - start - rent, c.balance(c.payout), c.module(pool), stake - c.module(machine.ModuleName) - reward}
			require.Equal(t, test.want, got)
			require.Equal(t, test.want[3], r.FromStake)
			require.Equal(t, test.want[1], r.FeeToHost())
			cooldowns := 1
			if test.free {
				cooldowns = 0
			}
			require.Equal(t, cooldowns, c.cooldowns())
		})
	}
}

// Where governance sets no fee, trials still come to their ends.
func TestTrialsWithoutAFee(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]func(*chain, string){
		"confirmed": func(c *chain, _ string) { require.NoError(c, c.confirm(c.renters[0], 1)) },
		"cancelled": func(c *chain, _ string) { require.NoError(c, c.cancelFor(c.renters[0], 1, xrental.CAUSE_UNSPECIFIED)) },
		"for cause": func(c *chain, _ string) { require.NoError(c, c.cancelFor(c.renters[0], 1, xrental.CAUSE_NOT_READY)) },
		"deadline":  func(c *chain, _ string) { c.at(30 * time.Minute); c.end() },
		"offline":   func(c *chain, id string) { require.NoError(c, c.setOffline(id)) },
		"undecided": func(c *chain, id string) { c.overInChallenge(id); require.NoError(c, c.answer(id)); c.end() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			c.params(func(p *xrental.Params) { p.Fee, p.TrialFeeRatioBps = 0, 0 })
			id := c.bond(1, 1)
			c.mustRent(c.renters[0], id, hour, 1)
			way(c, id)
			require.NotEqual(t, xrental.RENTAL_STATE_TRIAL, c.get(1).State)
			require.False(t, c.get(1).Undecided())
			require.Zero(t, c.module(pool))
			require.EqualValues(t, stake, c.module(machine.ModuleName))
			c.sound()
		})
	}
}

// A rental that is shorter than a trial window, where that is allowed, has no free trial:
// only a halt of the chain can make its end come before the deadline.
func TestTrialShorterThanItsWindow(t *testing.T) {
	t.Parallel()
	for name, halted := range map[string]bool{"no halt": false, "a halt": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			c.params(func(p *xrental.Params) { p.TrialWindow = 2 * time.Hour })
			id := c.bond(1, 1)
			c.at(0)
			c.mustRent(c.renters[0], id, hour, 1)
			require.Equal(t, c.get(1).End, c.get(1).Deadline)
			want := xrental.REASON_NOT_CONFIRMED
			if halted {
				want = xrental.REASON_END_REACHED
				c.halt(time.Hour)
			} else {
				c.at(time.Hour)
			}
			c.end()
			require.Equal(t, want, c.get(1).Transitions[1].Reason)
			if halted {
				require.EqualValues(t, start, c.balance(c.renters[0]))
			} else {
				require.EqualValues(t, fee/2, c.balance(c.payout))
			}
			c.sound()
		})
	}
}

// overInChallenge lets a trial's deadline pass five minutes after a challenge.
func (c *chain) overInChallenge(id string) {
	c.Helper()
	c.at(25 * time.Minute)
	require.NoError(c, c.challenge(c.renters[1], id))
	c.at(30 * time.Minute)
	require.ErrorIs(c, c.confirm(c.renters[0], 1), xrental.ErrLate)
	c.end()
}

// A trial's deadline passes while a challenge is open that is never answered:
// the renter can't confirm, loses nothing, and may rent again at once.
func TestDeadlineInAChallengeNobodyAnswers(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustRent(alice, id, hour, 1)
	c.overInChallenge(id)
	r := c.get(1)
	require.Equal(t, xrental.REASON_CHALLENGE_OPEN, r.Transitions[1].Reason)
	require.EqualValues(t, start-fee, c.balance(alice), "the rent is back at once")
	require.EqualValues(t, fee, c.module(xrental.ModuleName))
	told, err := c.query.Explain(c.ctx, &xrental.QueryExplainRequest{RentId: 1})
	require.NoError(t, err)
	require.Equal(t, "challenge", told.Waiting)
	_, err = c.rent(alice, id, hour, 1)
	require.ErrorIs(t, err, xrental.ErrCooldown, "nobody knows yet whose fault it was")
	c.mustRent(c.renters[2], id, hour, 1) // the slot is free

	c.at(35 * time.Minute)
	c.end()
	r = c.get(1)
	require.Equal(t, xrental.REASON_CHALLENGE_UNANSWERED, r.Transitions[2].Reason)
	at, over := r.ClosedAt()
	require.True(t, over)
	require.Equal(t, genesisTime.Add(30*time.Minute), at)
	require.EqualValues(t, start, c.balance(alice))
	require.EqualValues(t, start, c.balance(c.renters[2]), "a trial that began meanwhile too")
	require.EqualValues(t, 2*fee, c.module(pool))
	require.NoError(t, c.setOnline(id))
	c.mustRent(alice, id, hour, 1)
}

// The machine is back before its undecided trials are reached: it still counts as offline
// then.
func TestUndecidedAfterTheMachineIsBack(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustRent(alice, id, hour, 1)
	c.overInChallenge(id)
	c.at(35 * time.Minute)
	require.NoError(t, c.machines.EndBlock(c.ctx)) // without x/rental's
	c.at(40 * time.Minute)
	c.flaky.fail[1] = true
	require.NoError(t, c.setOnline(id))
	c.at(50 * time.Minute)
	c.end()
	require.Equal(t, xrental.REASON_CHALLENGE_UNANSWERED, c.get(1).Transitions[2].Reason)
	require.EqualValues(t, start, c.balance(alice))
}

// A trial whose deadline has passed no longer counts, whether or not a block has recorded
// it and whatever a challenge will say about its fee: it holds no slot.
func TestUndecidedCountsAsNoOpenTrial(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.params(func(p *xrental.Params) { p.MaxOpenTrials = 1 })
	first, second, third, alice := c.bond(1, 1), c.bond(2, 1), c.bond(3, 1), c.renters[0]
	c.mustRent(alice, first, hour, 1)
	c.at(25 * time.Minute)
	require.NoError(t, c.challenge(c.renters[1], first))
	_, err := c.rent(alice, second, hour, 1)
	require.ErrorIs(t, err, xrental.ErrTooManyTrials, "a challenge alone ends no trial")
	c.at(30 * time.Minute)
	c.mustRent(alice, second, hour, 1) // before the end block
	c.end()
	require.True(t, c.get(1).Undecided())
	_, err = c.rent(alice, third, hour, 1)
	require.ErrorIs(t, err, xrental.ErrTooManyTrials)
	require.NoError(t, c.cancelFor(alice, 2, xrental.CAUSE_CHANGED_MIND))
	c.mustRent(alice, third, hour, 1)
	c.at(35 * time.Minute)
	c.end()
	require.False(t, c.get(1).Undecided())
	_, err = c.rent(alice, first, hour, 1)
	require.Error(t, err, "the decision opens no trial and frees none")
	c.sound()
}

// An owner who rents their own machine and lets it fail, or walks away, has
// less than before: the owner never gets what the stake pays.
func TestNobodyEarnsByTryingHisOwnMachine(t *testing.T) {
	t.Parallel()
	ways := map[string]func(*chain, string){
		"confirm and break": func(c *chain, _ string) {
			require.NoError(c, c.confirm(c.owner, 1))
			require.NoError(c, c.breakRental(c.owner.String(), 1))
		},
		"cancel":           func(c *chain, _ string) { require.NoError(c, c.cancelFor(c.owner, 1, xrental.CAUSE_UNSPECIFIED)) },
		"cancel for cause": func(c *chain, _ string) { require.NoError(c, c.cancelFor(c.owner, 1, xrental.CAUSE_NOT_READY)) },
		"deadline":         func(c *chain, _ string) { c.at(30 * time.Minute); c.end() },
		"offline":          func(c *chain, id string) { require.NoError(c, c.setOffline(id)) },
		"break":            func(c *chain, _ string) { require.NoError(c, c.breakRental(c.owner.String(), 1)) },
		"challenge": func(c *chain, id string) {
			require.NoError(c, c.challenge(c.renters[1], id))
			c.at(10 * time.Minute)
			c.end()
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			id := c.bond(1, 1)
			c.fund(c.owner, 100*dbc)
			all := func() uint64 {
				mine := c.balance(c.owner) + c.balance(c.payout) + c.balance(c.renters[1]) + c.module(machine.ModuleName)
				return mine + c.get(1).HeldPenalty
			}
			before := c.balance(c.owner) + c.balance(c.payout) + c.balance(c.renters[1]) + c.module(machine.ModuleName)
			c.mustRent(c.owner, id, hour, 1)
			way(c, id)
			require.LessOrEqual(t, all(), before-fee/2)
			require.Equal(t, before, all()+c.module(pool), "nothing is lost on the way")
		})
	}
}

// A later challenge can't decide about a trial that was over before it.
func TestChallengeAfterTheDeadline(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustRent(alice, id, hour, 1)
	c.at(30 * time.Minute)
	require.NoError(t, c.challenge(c.renters[1], id)) // no block has closed the trial yet
	c.at(40 * time.Minute)
	c.end()
	require.Equal(t, xrental.REASON_NOT_CONFIRMED, c.get(1).Transitions[1].Reason)
	require.EqualValues(t, start-fee, c.balance(alice))
	require.EqualValues(t, fee/2, c.balance(c.payout))
}

// The stake pays at most its share for the slots, even if the fee is more.
func TestStakePaysNoMoreThanItsShare(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 8), c.renters[0]
	const share = stake / 10 * 9 / 8
	c.params(func(p *xrental.Params) { p.Fee = 3 * share })
	c.mustRent(alice, id, hour, 1)
	require.NoError(t, c.setOffline(id))
	require.EqualValues(t, start, c.balance(alice))
	require.EqualValues(t, share, c.get(1).FromStake)
	require.EqualValues(t, share, c.module(pool))
	require.EqualValues(t, stake-share, c.module(machine.ModuleName))
	c.sound()
}

// An undecided trial survives an export, however it is decided after it.
func TestUndecidedIsExported(t *testing.T) {
	t.Parallel()
	for name, answered := range map[string]bool{"answered": true, "not answered": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			id, alice := c.bond(1, 1), c.renters[0]
			c.mustRent(alice, id, hour, 1)
			c.overInChallenge(id)
			n, gs := c.restart()
			require.Equal(t, []uint64{1}, gs.Unsettled)
			require.NoError(t, n.keeper.InitGenesis(n.ctx, gs))
			n.fund(alice, 100*dbc)
			n.end()
			require.True(t, n.get(1).Undecided(), "the challenge is still open")
			_, err := n.rent(alice, id, hour, 1)
			require.ErrorIs(t, err, xrental.ErrCooldown)
			if answered {
				require.NoError(t, n.answer(id))
			} else {
				n.at(35 * time.Minute)
			}
			n.end()
			require.Zero(t, n.module(xrental.ModuleName))
			if answered {
				require.EqualValues(t, fee/2, n.balance(n.payout))
				require.Equal(t, 1, n.cooldowns())
				return
			}
			require.EqualValues(t, 100*dbc+fee, n.balance(alice))
			require.Zero(t, n.cooldowns())
		})
	}
}

func TestUnknownCause(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.mustRent(c.renters[0], c.bond(1, 1), hour, 1)
	require.ErrorIs(t, c.cancelFor(c.renters[0], 1, 5), xrental.ErrInvalid)
	require.ErrorIs(t, c.cancelFor(c.renters[0], 1, -1), xrental.ErrInvalid)
	res, err := deliver(c, c.msg.CancelRent, &xrental.MsgCancelRent{Renter: c.renters[0].String(), RentId: 1, Cause: xrental.CAUSE_MISMATCH})
	require.NoError(t, err)
	require.Equal(t, &xrental.MsgCancelRentResponse{RentId: 1, Refunded: dbc, FeeToPool: fee}, res)
	c.mustRent(c.renters[1], c.bond(2, 1), hour, 1)
	res, err = deliver(c, c.msg.CancelRent, &xrental.MsgCancelRent{Renter: c.renters[1].String(), RentId: 2})
	require.NoError(t, err)
	require.Equal(t, &xrental.MsgCancelRentResponse{RentId: 2, Refunded: dbc, FeeToHost: fee / 2, FeeToPool: fee / 2}, res)
	told, err := c.query.Explain(c.ctx, &xrental.QueryExplainRequest{RentId: 1})
	require.NoError(t, err)
	require.Contains(t, told.Lines[1], "the renter's word: the machine was not as listed")
}

// The same account in capital letters is the same renter, owner and governance.
func TestAccountsInCapitals(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), strings.ToUpper(c.renters[0].String())
	_, err := deliver(c, c.msg.RentMachine, &xrental.MsgRentMachine{Renter: alice, MachineId: id, DurationSeconds: 2 * hour})
	require.NoError(t, err)
	require.Equal(t, c.renters[0].String(), c.get(1).Renter)
	_, err = deliver(c, c.msg.ConfirmRent, &xrental.MsgConfirmRent{Renter: alice, MachineId: id})
	require.NoError(t, err)
	_, err = deliver(c, c.msg.ReletMachine, &xrental.MsgReletMachine{Renter: alice, RentId: 1, AddDurationSeconds: hour})
	require.NoError(t, err)
	c.at(time.Hour)
	_, err = deliver(c, c.msg.ClaimRent, &xrental.MsgClaimRent{Signer: strings.ToUpper(c.payout.String()), RentIds: []uint64{1}})
	require.NoError(t, err)
	require.NoError(t, c.breakRental(strings.ToUpper(c.owner.String()), 1))
	c.mustRent(c.renters[0], id, hour, 0)
	_, err = deliver(c, c.msg.CancelRent, &xrental.MsgCancelRent{Renter: alice, RentId: 2})
	require.NoError(t, err)
	_, err = deliver(c, c.msg.UpdateParams, &xrental.MsgUpdateParams{Authority: strings.ToUpper(c.keeper.Authority()), Params: xrental.DefaultParams()})
	require.NoError(t, err)
}

// A module can't sign another message: what it rented would be stuck for ever.
func TestModulesRentNothing(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 1)
	gov := authtypes.NewModuleAddress("gov")
	require.NoError(t, c.bank.SendCoins(c.ctx, c.renters[1], gov, sdk.NewCoins(sdk.NewInt64Coin(xrental.Denom, 1_000*dbc))))
	for _, renter := range []string{gov.String(), strings.ToUpper(gov.String()), "", "x"} {
		_, err := deliver(c, c.msg.RentMachine, &xrental.MsgRentMachine{Renter: renter, MachineId: id, DurationSeconds: hour})
		require.ErrorIs(t, err, xrental.ErrInvalid, renter)
	}
	c.mustRent(c.renters[0], id, hour, 0)
	n, gs := c.restart()
	gs.Rentals[0].Renter = gov.String()
	require.ErrorIs(t, n.keeper.InitGenesis(n.ctx, gs), xrental.ErrInvalid)
	n, gs = c.restart()
	gs.Rentals[0].Renter = strings.ToUpper(gs.Rentals[0].Renter)
	require.NoError(t, n.keeper.InitGenesis(n.ctx, gs))
	require.Equal(t, c.renters[0].String(), n.get(1).Renter)
	require.NoError(t, n.confirm(c.renters[0], 1))
}
