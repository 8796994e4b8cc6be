package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// leave makes rentals that are over and wait for the machine's open challenge.
func (c *chain) leave(id string, renter sdk.AccAddress, n int) {
	c.Helper()
	for range n {
		rented := c.mustActive(renter, id, hour, 1)
		require.NoError(c, c.breakRental(c.keeper.Authority(), rented))
	}
}

// unsettled counts what is over and not settled.
func (c *chain) unsettled() int {
	c.Helper()
	gs, err := c.keeper.ExportGenesis(c.ctx)
	require.NoError(c, err)
	return len(gs.Unsettled)
}

func (c *chain) withoutPenalties() {
	c.params(func(p *xrental.Params) { p.MinPenalty, p.PenaltyRatioBps, p.MaxOpenTrials = 0, 0, 100 })
}

// crowded is a machine of 67 slots at one hour, with a challenge that is open, an
// active rental (1) and a trial of the first renter, the last one, and rentals of
// the second one that nobody has settled.
func crowded(t *testing.T, unsettled, due int) (*chain, string) {
	t.Helper()
	c := newChain(t)
	c.withoutPenalties()
	id, alice, bob := c.bond(1, 67), c.renters[0], c.renters[1]
	c.mustActive(alice, id, 10*hour, 1)
	for range due {
		c.mustActive(bob, id, hour, 1)
	}
	c.at(55 * time.Minute)
	require.NoError(t, c.challenge(c.renters[2], id))
	c.at(56 * time.Minute)
	c.leave(id, bob, unsettled)
	c.mustRent(alice, id, 10*hour, 1)
	c.at(time.Hour)
	return c, id
}

// What others left on a machine makes nobody's message expensive.
func TestGasDoesNotGrowWithWhatOthersLeft(t *testing.T) {
	t.Parallel()
	costs := func(unsettled, due int) map[string]uint64 {
		c, id := crowded(t, unsettled, due)
		alice := c.renters[0]
		trial, err := c.keeper.NextID.Peek(c.ctx)
		require.NoError(t, err)
		trial--
		spent := make(map[string]uint64)
		for name, send := range map[string]func() error{
			"renewal": func() error { _, err := c.relet(alice, 1, hour); return err },
			"confirm": func() error { return c.confirm(alice, trial) },
			"rent":    func() error { _, err := c.rent(alice, id, hour, 1); return err },
			"cancel": func() error {
				_, err := deliver(c, c.msg.CancelRent, &xrental.MsgCancelRent{Renter: alice.String(), RentId: trial})
				return err
			},
			"claim":  func() error { _, err := c.claim(1); return err },
			"answer": func() error { return c.answer(id) },
			"price": func() error {
				_, err := deliver(c, c.machine.SetPrice, &machine.MsgSetPrice{Operator: c.operator.String(), Prices: []machine.PriceChange{{MachineId: id, PricePerDay: price}}})
				return err
			},
		} {
			before := c.ctx
			c.ctx, _ = before.CacheContext()
			c.ctx = c.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
			require.NoError(t, send(), name)
			spent[name] = c.ctx.GasMeter().GasConsumed()
			c.ctx = before
		}
		return spent
	}
	alone := costs(0, 0)
	for name, gas := range costs(800, 64) {
		t.Logf("%s: %d gas alone, %d among 800 unsettled and 64 due rentals", name, alone[name], gas)
		require.LessOrEqual(t, 2*gas, 3*alone[name], name)
	}
}

// However many waited, a block settles no more than it may, in order with the rest.
func TestWhatWaitedIsSettledWithinTheBound(t *testing.T) {
	t.Parallel()
	const limit, waiting = 300, 1_000
	c := newChain(t)
	c.withoutPenalties()
	c.params(func(p *xrental.Params) { p.MaxDuePerBlock = limit })
	id, other := c.bond(1, 2), c.bond(2, 1)
	trial := c.mustRent(c.renters[2], other, hour, 1)
	require.NoError(t, c.challenge(c.renters[2], id))
	c.at(time.Second)
	c.leave(id, c.renters[0], waiting)
	require.Equal(t, waiting, c.unsettled())
	c.end()
	require.Equal(t, waiting, c.unsettled())
	require.Equal(t, "challenge", c.waiting(trial+1))
	c.at(2 * time.Second)
	require.NoError(t, c.answer(id))
	require.Empty(t, c.waiting(trial+1), "to be settled by one of the next blocks")
	require.Equal(t, waiting, c.unsettled(), "no message settles it")
	c.sound()
	c.at(30 * time.Minute)
	for n, left := range []int{700, 400, 100, 0} {
		begin := time.Now()
		require.NoError(t, c.keeper.EndBlock(c.ctx))
		t.Logf("block %d: %s", n, time.Since(begin))
		require.Equal(t, left, c.unsettled())
		c.sound()
	}
	require.Equal(t, []bool{true}, c.over(trial), "the other machine's had its turn")
	gs, err := c.keeper.ExportGenesis(c.ctx)
	require.NoError(t, err)
	require.Empty(t, gs.Verdicts)
	require.Zero(t, c.module(xrental.ModuleName))
}

// Each rental is settled by the verdict that concerns it, whatever happens to
// the machine before a block reaches it.
func TestEachIsSettledByItsVerdict(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.withoutPenalties()
	id, alice, bob := c.bond(1, 4), c.renters[0], c.renters[1]
	c.params(func(p *xrental.Params) { p.MaxDuePerBlock = 1 })
	for range 3 {
		c.mustActive(alice, id, 10*hour, 1)
	}
	c.at(time.Hour)
	require.NoError(t, c.challenge(bob, id))
	c.at(time.Hour + 5*time.Minute)
	require.NoError(t, c.breakRental(c.keeper.Authority(), 1)) // earned 65 min: answered
	c.at(time.Hour + 6*time.Minute)
	require.NoError(t, c.answer(id))
	require.NoError(t, c.challenge(bob, id))
	c.at(time.Hour + 10*time.Minute)
	require.NoError(t, c.breakRental(c.keeper.Authority(), 2)) // earned 66 min: unanswered
	c.at(time.Hour + 16*time.Minute)
	require.NoError(t, c.setOnline(id), "it closes the challenge and is back")
	require.NoError(t, c.challenge(bob, id))
	c.at(time.Hour + 17*time.Minute)
	require.NoError(t, c.breakRental(c.keeper.Authority(), 3)) // earned 66 + 1 min: answered
	require.NoError(t, c.answer(id))
	require.NoError(t, c.setOffline(id))
	c.at(time.Hour + 20*time.Minute)
	require.NoError(t, c.setOnline(id))
	gs, err := c.keeper.ExportGenesis(c.ctx)
	require.NoError(t, err)
	require.Len(t, gs.Verdicts, 3)
	c.sound()

	n, imported := c.restart()
	require.NoError(t, n.keeper.InitGenesis(n.ctx, imported))
	for _, chain := range []*chain{c, n} {
		before := chain.balance(chain.payout)
		for _, minutes := range []uint64{65, 66, 67} {
			chain.end()
			require.EqualValues(t, minutes*dbc/60, chain.balance(chain.payout)-before)
			before = chain.balance(chain.payout)
		}
		require.EqualValues(t, 4*time.Minute, chain.get(2).OutageNs)
		require.EqualValues(t, 10*time.Minute, chain.get(3).OutageNs)
		require.Zero(t, chain.module(xrental.ModuleName))
		left, err := chain.keeper.ExportGenesis(chain.ctx)
		require.NoError(t, err)
		require.Empty(t, left.Verdicts)
	}
}

// One of several challenges is answered: what waits for a younger one keeps waiting.
func TestVerdictReachesToTheNextOpenChallenge(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.withoutPenalties()
	id, alice, bob := c.bond(1, 4), c.renters[0], c.renters[1]
	for range 2 {
		c.mustActive(alice, id, 10*hour, 1)
	}
	c.mustActive(bob, id, 10*hour, 1)
	c.at(time.Hour)
	require.NoError(t, c.challenge(c.renters[2], id))
	c.at(time.Hour + time.Minute)
	require.NoError(t, c.breakRental(c.keeper.Authority(), 1))
	c.at(time.Hour + 2*time.Minute)
	require.NoError(t, c.challenge(bob, id))
	c.at(time.Hour + 3*time.Minute)
	require.NoError(t, c.breakRental(c.keeper.Authority(), 2))
	require.NoError(t, c.answer(id))
	c.end()
	require.Empty(t, c.waiting(1))
	require.Equal(t, "challenge", c.waiting(2))
	require.EqualValues(t, 61*dbc/60, c.balance(c.payout))
	c.sound()
	n, gs := c.restart()
	require.NoError(t, n.keeper.InitGenesis(n.ctx, gs))
	paid := n.balance(n.payout)
	require.EqualValues(t, 61*dbc/60, c.balance(c.payout))
	for chain, before := range map[*chain]uint64{c: 61 * dbc / 60, n: paid} {
		chain.at(time.Hour + 12*time.Minute)
		chain.end()
		require.EqualValues(t, 62*dbc/60, chain.balance(chain.payout)-before, "paid until the one that was not answered")
	}
}

// What a verdict decided and can't be settled is set aside, is parked in the
// end, and holds up nothing.
func TestJudgedThatFails(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.withoutPenalties()
	c.params(func(p *xrental.Params) { p.MaxDuePerBlock = 2 })
	id, other, alice := c.bond(1, 4), c.bond(2, 1), c.renters[0]
	c.mustActive(alice, other, 2*hour, 1)
	for range 3 {
		c.mustActive(alice, id, 10*hour, 1)
	}
	c.at(time.Hour)
	require.NoError(t, c.challenge(c.renters[1], id))
	now := time.Hour + time.Minute
	c.at(now)
	for rented := range uint64(3) {
		require.NoError(t, c.breakRental(c.keeper.Authority(), rented+2))
	}
	c.flaky.poor[id] = true
	require.NoError(t, c.answer(id))
	c.end()
	c.sound()
	c.end()
	require.Equal(t, 3, c.unsettled())
	c.sound()
	n, gs := c.restart()
	require.NoError(t, n.keeper.InitGenesis(n.ctx, gs))
	for range 2 {
		n.end()
	}
	require.Zero(t, n.unsettled(), "import tries anew")
	for range 2_000 {
		now += time.Minute
		c.at(now)
		c.end()
	}
	require.Equal(t, []bool{true}, c.over(1), "the other machine's was served")
	require.Equal(t, "parked", c.waiting(2))
	c.sound()
	c.flaky.poor[id] = false
	require.NoError(t, c.setOffline(id))
	require.Equal(t, 3, c.unsettled(), "others pay for none of it")
	renter := func(by sdk.AccAddress, ids ...uint64) error {
		_, err := deliver(c, c.msg.ClaimRent, &xrental.MsgClaimRent{Signer: by.String(), RentIds: ids})
		return err
	}
	require.ErrorIs(t, renter(c.renters[1], 2), xrental.ErrUnauthorized)
	require.NoError(t, renter(alice, 2), "the renter has it tried again")
	require.Equal(t, 2, c.unsettled())
	require.Empty(t, c.waiting(2))
	claimed, err := c.claim(3, 4)
	require.NoError(t, err)
	require.EqualValues(t, 2*61*dbc/60, claimed+1, "and the host")
	require.Zero(t, c.module(xrental.ModuleName))
	c.sound()
}
