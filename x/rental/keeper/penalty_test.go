package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

const unbonding = 21 * 24 * time.Hour

// breakRentalIn tries a break by the renter and leaves everything as it was.
func (c *chain) breakRentalIn(renter sdk.AccAddress, id uint64) error {
	fork, _ := c.ctx.CacheContext()
	_, err := c.msg.BreakRental(fork, &xrental.MsgBreakRental{Signer: renter.String(), RentId: id})
	return err
}

func (c *chain) explain(id uint64) *xrental.QueryExplainResponse {
	c.Helper()
	told, err := c.query.Explain(c.ctx, &xrental.QueryExplainRequest{RentId: id})
	require.NoError(c, err)
	return told
}

// dear makes the penalty of a broken 60-day rental the whole stake.
func (c *chain) dear(id string) {
	m, err := c.machines.GetMachine(c.ctx, id)
	require.NoError(c, err)
	m.StakeRequired, m.PricePerDay = stake, 24*1_000*dbc
	require.NoError(c, c.machines.Bonds.Set(c.ctx, id, m))
}

// An owner who rents their own machine and breaks the rental withdraws no more
// than min_penalty before unbonding_time has passed.
func TestSelfRentDoesNotBypassUnbonding(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 1)
	c.dear(id)
	c.fund(c.owner, 2_000_000*dbc)
	before := c.balance(c.owner)
	c.mustActive(c.owner, id, 50*24*hour, 1)
	c.at(6 * time.Second)
	require.NoError(t, c.breakRental(c.owner.String(), 1))
	r := c.get(1)
	earned, fee := r.Claimed, r.Fee
	require.EqualValues(t, stake, r.FromStake, "all of it left the stake")
	require.EqualValues(t, 10*dbc, c.balance(c.owner)-(before-fee-earned), "min_penalty at once")
	require.EqualValues(t, stake-10*dbc, r.HeldPenalty)
	require.Equal(t, c.ctx.BlockTime().Add(unbonding), *r.HeldUntil)
	require.Equal(t, "penalty", c.waiting(1))
	c.sound()

	_, err := deliver(c, c.msg.ClaimRent, &xrental.MsgClaimRent{Signer: c.owner.String(), RentIds: []uint64{1}})
	require.ErrorIs(t, err, xrental.ErrState, "nor by a claim")
	c.at(6*time.Second + unbonding - 1)
	c.end()
	require.EqualValues(t, before-fee-earned+10*dbc, c.balance(c.owner))
	c.at(6*time.Second + unbonding)
	c.end()
	require.EqualValues(t, before-fee-earned+stake, c.balance(c.owner))
	require.Empty(t, c.waiting(1))
	require.Zero(t, c.get(1).HeldPenalty)
	require.Zero(t, c.module(xrental.ModuleName))
}

// A parameter change affects neither what is held nor until when.
func TestHeldPenaltyIsFixed(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 1)
	c.dear(id)
	c.fund(c.renters[0], 2_000_000*dbc)
	c.mustActive(c.renters[0], id, 50*24*hour, 1)
	require.NoError(t, c.breakRental(c.owner.String(), 1))
	params, err := c.machines.Params.Get(c.ctx)
	require.NoError(t, err)
	params.UnbondingTime = 24 * time.Hour
	require.NoError(t, c.machines.Params.Set(c.ctx, params))
	c.at(unbonding - 1)
	c.end()
	require.EqualValues(t, stake-10*dbc, c.get(1).HeldPenalty)
}

// A slash takes what is held for that machine first, oldest first, and no other's.
func TestSlashTakesHeldPenalties(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	first, other := c.bond(1, 2), c.bond(2, 1)
	c.fund(c.renters[0], 10_000_000*dbc)
	for _, id := range []string{first, other} {
		c.dear(id)
		c.mustActive(c.renters[0], id, 50*24*hour, 1)
	}
	c.mustActive(c.renters[0], first, 50*24*hour, 1)
	for id := uint64(1); id <= 3; id++ {
		require.NoError(t, c.breakRental(c.owner.String(), id))
	}
	const held = stake/2 - 10*dbc
	supply := c.module(pool)
	taken, err := c.keeper.TakeHeldPenalties(c.ctx, first, pool, held+dbc)
	require.NoError(t, err)
	require.EqualValues(t, held+dbc, taken)
	require.EqualValues(t, supply+held+dbc, c.module(pool))
	require.Zero(t, c.get(1).HeldPenalty)
	require.EqualValues(t, held, c.get(1).SlashedPenalty)
	require.EqualValues(t, held-dbc, c.get(3).HeldPenalty)
	require.EqualValues(t, stake-10*dbc, c.get(2).HeldPenalty, "another machine")
	c.sound()
	before := c.balance(c.renters[0])
	c.at(unbonding)
	c.end()
	require.EqualValues(t, before+held-dbc+stake-10*dbc, c.balance(c.renters[0]))
	taken, err = c.keeper.TakeHeldPenalties(c.ctx, first, pool, dbc)
	require.NoError(t, err)
	require.Zero(t, taken)
}

// A broken rental is known until what is held for it was paid, and then for as long as
// others.
func TestHeldRentalIsNotForgotten(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 1)
	c.dear(id)
	c.params(func(p *xrental.Params) { p.History = time.Hour })
	c.fund(c.renters[0], 2_000_000*dbc)
	c.mustActive(c.renters[0], id, 50*24*hour, 1)
	require.NoError(t, c.breakRental(c.owner.String(), 1))
	c.at(unbonding - 1)
	c.end()
	require.NotZero(t, c.get(1).HeldPenalty)
	c.at(unbonding)
	c.end()
	_, err := c.query.Rental(c.ctx, &xrental.QueryRentalRequest{RentId: 1})
	require.Error(t, err)
	c.sound()
}

// What is held is exported with its rental; queues are rebuilt.
func TestHeldPenaltySurvivesExport(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 1)
	c.dear(id)
	c.fund(c.renters[0], 2_000_000*dbc)
	c.mustActive(c.renters[0], id, 50*24*hour, 1)
	require.NoError(t, c.breakRental(c.owner.String(), 1))
	gs, err := c.keeper.ExportGenesis(c.ctx)
	require.NoError(t, err)
	require.NoError(t, gs.Validate())
	for name, wrong := range map[string]func(*xrental.Rental){
		"no time":             func(r *xrental.Rental) { r.HeldUntil = nil },
		"more than was taken": func(r *xrental.Rental) { r.HeldPenalty = r.FromStake + 1 },
		"overflow":            func(r *xrental.Rental) { r.SlashedPenalty = ^uint64(0) },
		"paid too early":      func(r *xrental.Rental) { r.HeldPenalty -= 1 },
	} {
		bad := *gs
		bad.Rentals = append([]xrental.Rental(nil), gs.Rentals...)
		wrong(&bad.Rentals[0])
		require.Error(t, bad.Validate(), name)
	}
	d, exported := c.restart()
	require.NoError(t, d.keeper.InitGenesis(d.ctx, exported))
	d.ctx = d.ctx.WithBlockTime(genesisTime.Add(unbonding))
	require.EqualValues(t, stake-10*dbc, d.get(1).HeldPenalty)
	before := d.balance(c.renters[0])
	require.NoError(t, d.keeper.EndBlock(d.ctx))
	require.EqualValues(t, before+stake-10*dbc, d.balance(c.renters[0]))
	d.sound()
}

// Each broken rental releases min_penalty at once and has cost a fee before.
func TestManySmallBreaks(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 8)
	c.fund(c.owner, 1_000*dbc)
	before := c.balance(c.owner)
	const n = 40
	for i := range uint64(n) {
		c.mustActive(c.owner, id, hour, 1)
		require.NoError(t, c.breakRental(c.owner.String(), i+1))
	}
	require.EqualValues(t, stake-n*10*dbc, c.module(machine.ModuleName))
	require.EqualValues(t, before, c.balance(c.owner), "what left the stake went to the pool as fees")
	c.sound()
}

// A stake that is short pays min_penalty first; what is left is held.
func TestStakeShorterThanThePenalty(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ left, atOnce, held uint64 }{
		{0, 0, 0}, {4 * dbc, 4 * dbc, 0}, {10 * dbc, 10 * dbc, 0}, {10*dbc + 1, 10 * dbc, 1}, {stake, 10 * dbc, stake - 10*dbc},
	} {
		f := newChain(t)
		id := f.bond(1, 1)
		f.dear(id)
		f.fund(f.renters[0], 2_000_000*dbc)
		f.mustActive(f.renters[0], id, 50*24*hour, 1)
		_, err := f.machines.TakeFromStake(f.ctx, id, pool, stake-c.left)
		require.NoError(t, err)
		before := f.balance(f.renters[0]) + f.get(1).Paid
		require.NoError(t, f.breakRental(f.owner.String(), 1))
		require.Equal(t, before+c.atOnce, f.balance(f.renters[0]))
		require.Equal(t, c.held, f.get(1).HeldPenalty)
		f.sound()
	}
}

// A rental that is broken during a challenge is settled, and its penalty held, when the
// challenge is closed.
func TestBreakDuringAChallengeHoldsFromItsEnd(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 1)
	c.dear(id)
	c.fund(c.renters[0], 2_000_000*dbc)
	c.mustActive(c.renters[0], id, 50*24*hour, 1)
	c.at(time.Minute)
	require.NoError(t, c.challenge(c.renters[1], id))
	c.at(2 * time.Minute)
	require.NoError(t, c.breakRental(c.owner.String(), 1))
	require.Equal(t, "challenge", c.waiting(1))
	require.Zero(t, c.get(1).FromStake)
	c.at(11 * time.Minute)
	c.end()
	require.Equal(t, "penalty", c.waiting(1))
	require.Equal(t, genesisTime.Add(11*time.Minute+unbonding), *c.get(1).HeldUntil)
	require.EqualValues(t, stake-10*dbc+1_666_667, c.get(1).FromStake, "the challenger's reward left the stake first, a tenth of a minute's rent came in")
	c.at(11*time.Minute + unbonding)
	c.end()
	require.Zero(t, c.module(xrental.ModuleName))
}

// One that can't be paid holds up no other, comes back later and, once parked, on its
// renter's claim.
func TestHeldPenaltyThatCannotBePaid(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.params(func(p *xrental.Params) { p.MaxDuePerBlock = 1 })
	c.fund(c.renters[0], 4_000_000*dbc)
	for n := byte(2); n >= 1; n-- {
		id := c.bond(n, 1)
		c.dear(id)
		c.mustActive(c.renters[0], id, 50*24*hour, 1)
		require.NoError(t, c.breakRental(c.owner.String(), uint64(3-n)))
		c.at(time.Second)
	}
	missing := sdk.NewCoins(sdk.NewInt64Coin(xrental.Denom, int64(c.get(2).HeldPenalty)))
	require.NoError(t, c.bank.SendCoinsFromModuleToModule(c.ctx, xrental.ModuleName, pool, missing))
	at := unbonding + time.Second
	for range 15 {
		c.at(at)
		require.NoError(t, c.keeper.EndBlock(c.ctx))
		at += 24 * time.Hour
	}
	require.NoError(t, c.bank.SendCoinsFromModuleToModule(c.ctx, pool, xrental.ModuleName, missing))
	require.Zero(t, c.get(1).HeldPenalty)
	require.Equal(t, "parked", c.waiting(2))
	_, err := deliver(c, c.msg.ClaimRent, &xrental.MsgClaimRent{Signer: c.renters[0].String(), RentIds: []uint64{2}})
	require.NoError(t, err)
	require.Zero(t, c.get(2).HeldPenalty)
	require.Empty(t, c.waiting(2))
	c.sound()
}

// An entry of the queue that should not be there pays nothing too early, and nothing twice.
func TestWrongEntryAmongHeldPenalties(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.dear(id)
	c.fund(alice, 2_000_000*dbc)
	c.mustActive(alice, id, 50*24*hour, 1)
	require.NoError(t, c.breakRental(c.owner.String(), 1))
	store := runtime.NewKVStoreService(c.store.(*storetypes.KVStoreKey))
	queue := collections.NewKeySet(collections.NewSchemaBuilder(store), xrental.HeldQueueKey, "held",
		collections.PairKeyCodec(sdk.TimeKey, collections.Uint64Key)) //nolint:staticcheck // as in the keeper
	require.NoError(t, queue.Set(c.ctx, collections.Join(genesisTime, uint64(1))))
	before := c.balance(alice)
	block := func() error { return c.keeper.EndBlock(c.ctx) }
	c.at(unbonding - 1)
	require.Empty(t, c.told(block))
	require.Equal(t, before, c.balance(alice))
	c.at(unbonding)
	require.Len(t, c.told(block), 1)
	require.EqualValues(t, before+stake-10*dbc, c.balance(alice))
	c.at(unbonding + time.Minute)
	require.Empty(t, c.told(block), "the entry is still there")
}

// The renter's right: while offline or less than a day after, and for more than a tenth or an hour.
func TestRentersRightToBreak(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 3), c.renters[0]
	c.mustActive(alice, id, hour, 1)
	c.mustActive(alice, id, 50*24*hour, 1)
	c.at(10 * time.Minute)
	require.NoError(t, c.setOffline(id))
	c.at(16 * time.Minute)
	require.ErrorIs(t, c.breakRental(alice.String(), 1), xrental.ErrState)
	require.False(t, c.explain(1).RenterBreak.Allowed)
	c.at(16*time.Minute + 1)
	require.True(t, c.explain(1).RenterBreak.Allowed)
	require.Nil(t, c.explain(1).RenterBreak.Until)
	require.Equal(t, 6*time.Minute, c.explain(1).RenterBreak.Limit)
	require.NoError(t, c.breakRental(alice.String(), 1), "a rental of an hour")
	require.ErrorIs(t, c.breakRental(alice.String(), 2), xrental.ErrState)

	back := 70*time.Minute + 1
	c.at(back)
	require.NoError(t, c.setOnline(id))
	told := c.explain(2).RenterBreak
	require.True(t, told.Allowed)
	require.Equal(t, time.Hour+1, told.Outage)
	require.Equal(t, genesisTime.Add(back+24*time.Hour), *told.Until)
	require.EqualValues(t, 16_800_000, told.Penalty)
	c.at(back + 24*time.Hour - 1)
	require.NoError(t, c.breakRentalIn(alice, 2))
	c.at(back + 24*time.Hour)
	require.ErrorIs(t, c.breakRental(alice.String(), 2), xrental.ErrState, "long over")
	require.False(t, c.explain(2).RenterBreak.Allowed)
	c.at(30 * 24 * time.Hour)
	require.ErrorIs(t, c.breakRental(alice.String(), 2), xrental.ErrState)
	require.NoError(t, c.breakRental(c.owner.String(), 2), "the owner may at any time, for the whole penalty")
	require.EqualValues(t, (20*24+1)*dbc/10+1, c.get(2).FromStake, "what was not earned: twenty days and the outage")
}

// A halt is neither an outage nor part of the day after one.
func TestHaltAndTheRightToBreak(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustActive(alice, id, 50*24*hour, 1)
	c.at(time.Minute)
	require.NoError(t, c.setOffline(id))
	c.halt(10 * time.Hour)
	require.ErrorIs(t, c.breakRental(alice.String(), 1), xrental.ErrState)
	require.Zero(t, c.explain(1).RenterBreak.Outage)
	c.at(11*time.Hour + 2*time.Minute)
	require.NoError(t, c.breakRentalIn(alice, 1))
	require.NoError(t, c.setOnline(id))
	c.at(34 * time.Hour)
	c.halt(20 * time.Hour)
	require.NoError(t, c.breakRentalIn(alice, 1), "23 hours after the outage, of which the chain stood still 20 more")
	require.Equal(t, genesisTime.Add(55*time.Hour+2*time.Minute), *c.explain(1).RenterBreak.Until)
	c.at(55*time.Hour + 2*time.Minute)
	require.ErrorIs(t, c.breakRental(alice.String(), 1), xrental.ErrState)
}

// A penalty caused by the renter covers at most seven days, at the rental's own price.
func TestRentersPenaltyAfterAPriceChange(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustActive(alice, id, 24*hour, 1)
	c.price(id, 48*dbc)
	_, err := c.relet(alice, 1, 40*24*hour)
	require.NoError(t, err)
	c.price(id, 24*1_000*dbc)
	require.NoError(t, c.setOffline(id))
	c.at(2 * time.Hour)
	require.NoError(t, c.breakRental(alice.String(), 1))
	require.EqualValues(t, (24+6*48)*dbc/10, c.get(1).FromStake)
}

// Whatever an owner rents from themselves and breaks, at whatever price and
// pace: before unbonding_time no more than min_penalty per break is withdrawn.
func TestNoOrderOfSelfRentsEmptiesAStake(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		c := newChain(r)
		ids := []string{c.bond(1, 3), c.bond(2, 1)}
		c.fund(c.owner, 1<<50)
		c.at(0)
		var breaks, rented uint64
		var after time.Duration
		r.Repeat(map[string]func(*rapid.T){
			"rent": func(t *rapid.T) {
				id := rapid.SampledFrom(ids).Draw(t, "machine")
				c.price(id, rapid.Uint64Range(1440, 200*price).Draw(t, "price"))
				hours := rapid.Uint64Range(1, 60*24).Draw(t, "hours")
				if made, err := c.rent(c.owner, id, hours*hour, rapid.Uint32Range(0, 2).Draw(t, "slots")); err == nil {
					rented++
					_ = c.confirm(c.owner, made.RentId)
				}
			},
			"break": func(t *rapid.T) {
				if rented > 0 && c.breakRental(c.owner.String(), rapid.Uint64Range(1, rented).Draw(t, "rental")) == nil {
					breaks++
				}
			},
			"challenge": func(t *rapid.T) { _ = c.challenge(c.renters[0], rapid.SampledFrom(ids).Draw(t, "machine")) },
			"answer":    func(t *rapid.T) { _ = c.answer(rapid.SampledFrom(ids).Draw(t, "machine")) },
			"block": func(t *rapid.T) {
				after = min(after+time.Duration(rapid.Int64Range(1, int64(5*time.Minute)).Draw(t, "time")), unbonding-1)
				c.at(after)
				c.end()
			},
			"": func(t *rapid.T) {
				c.sound()
				challenges := c.balance(c.renters[0]) + c.balance(c.operator) // deposits and rewards
				var held uint64
				for id := uint64(1); id <= rented; id++ {
					held += c.get(id).HeldPenalty
				}
				require.GreaterOrEqual(c, c.module(machine.ModuleName)+held+breaks*10*dbc+challenges, uint64(2*stake+start))
			},
		})
	})
}
