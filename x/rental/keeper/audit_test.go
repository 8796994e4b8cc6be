package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

func (c *chain) gas(send func() error) uint64 {
	c.Helper()
	before := c.ctx
	c.ctx, _ = before.CacheContext()
	c.ctx = c.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
	require.NoError(c, send())
	spent := c.ctx.GasMeter().GasConsumed()
	c.ctx = before
	return spent
}

// Other renters' trials on a machine whose challenge runs out in this block
// make no message expensive except the operator's.
func TestAuditGasOfUnansweredChallenge(t *testing.T) {
	costs := func(trials int) map[string]uint64 {
		c := newChain(t)
		c.params(func(p *xrental.Params) { p.MaxOpenTrials = 100 })
		id := c.bond(1, 64)
		for range trials {
			c.mustRent(c.renters[0], id, hour, 1)
		}
		c.at(time.Minute)
		require.NoError(t, c.challenge(c.renters[2], id))
		c.at(11 * time.Minute)
		spent := map[string]uint64{
			"add stake": c.gas(func() error {
				_, err := deliver(c, c.machine.AddStake, &machine.MsgAddStake{Sender: c.renters[1].String(), MachineId: id, Amount: 1})
				return err
			}),
			"challenge, refused": c.gas(func() error {
				require.ErrorIs(t, c.challenge(c.renters[1], id), machine.ErrState)
				return nil
			}),
		}
		begin := time.Now()
		require.NoError(c, c.machines.EndBlock(c.ctx))
		t.Logf("machine's end block with %d trials: %s", trials, time.Since(begin))
		c.end()
		return spent
	}
	alone, crowd := costs(0), costs(64)
	for name := range alone {
		t.Logf("%s: %d gas alone, %d with 64 trials", name, alone[name], crowd[name])
		require.LessOrEqual(t, 2*crowd[name], 3*alone[name], name)
	}
}

// A trial that was over, and reported so, is open again after a halt because the end
// block's bound carried it over.
func TestAuditCarriedOverTrialStaysOver(t *testing.T) {
	c := newChain(t)
	c.params(func(p *xrental.Params) { p.MaxDuePerBlock = 1 })
	id := c.bond(1, 2)
	c.mustRent(c.renters[0], id, 5*hour, 1)
	late := c.mustRent(c.renters[1], id, 5*hour, 1)
	c.at(30 * time.Minute)
	require.ErrorIs(t, c.confirm(c.renters[1], late), xrental.ErrLate)
	c.end()
	require.Equal(t, xrental.RENTAL_STATE_REFUNDED, c.get(late).State)
	c.halt(2 * time.Minute)
	require.Equal(t, xrental.RENTAL_STATE_REFUNDED, c.get(late).State)
	require.ErrorIs(t, c.confirm(c.renters[1], late), xrental.ErrLate)
}

// The cooldown of one refund lasts as long as was set, whatever a later refund starts.
func TestAuditCooldownIsNotShortened(t *testing.T) {
	c := newChain(t)
	id, alice := c.bond(1, 3), c.renters[0]
	first := c.mustRent(alice, id, 5*hour, 1)
	second := c.mustRent(alice, id, 5*hour, 1)
	require.NoError(t, c.cancelFor(alice, first, xrental.CAUSE_CHANGED_MIND))
	c.params(func(p *xrental.Params) { p.TrialCooldown = time.Second })
	require.NoError(t, c.cancelFor(alice, second, xrental.CAUSE_CHANGED_MIND))
	c.at(time.Minute)
	_, err := c.rent(alice, id, hour, 1)
	require.ErrorIs(t, err, xrental.ErrCooldown)
}

// carried is a machine with trials of one deadline, 30 minutes, not all of
// which were reached by the blocks right after it.
func carried(t *testing.T) (c *chain, id string, left []uint64) {
	c = newChain(t)
	c.params(func(p *xrental.Params) { p.MaxDuePerBlock, p.MaxOpenTrials = 1, 100 })
	id = c.bond(1, 12)
	for range 12 {
		left = append(left, c.mustRent(c.renters[0], id, hour, 1))
	}
	c.at(30 * time.Minute)
	c.end()
	return c, id, left
}

// A trial that was over before a halt is not changed by it: not confirmed, at
// its deadline, with half of its fee for the host.
func TestAuditHaltAfterTheDeadlineReturnsNoFee(t *testing.T) {
	c, _, ids := carried(t)
	c.params(func(p *xrental.Params) { p.MaxDuePerBlock = 100 })
	for _, id := range ids {
		require.Equal(t, xrental.RENTAL_STATE_REFUNDED, c.get(id).State, "all are over")
	}
	c.halt(45 * time.Minute)
	c.end()
	for _, id := range ids {
		last := c.get(id).Transitions[1]
		require.Equal(t, xrental.REASON_NOT_CONFIRMED, last.Reason, "rental %d", id)
		require.Equal(t, genesisTime.Add(30*time.Minute), last.Time, "rental %d", id)
	}
	require.EqualValues(t, 12*fee/2, c.balance(c.payout))
	require.EqualValues(t, 12*fee/2, c.module(pool))
}

// A challenge made after a trial's deadline does not decide about the trial,
// whatever halts follow, and the stake pays nothing for it.
func TestAuditHaltDrawsNoTrialIntoALaterChallenge(t *testing.T) {
	for name, blocks := range map[string]bool{"before the challenge is closed": true, "as it is closed": false} {
		t.Run(name, func(t *testing.T) {
			c, id, _ := carried(t)
			c.at(30*time.Minute + time.Second)
			require.NoError(t, c.challenge(c.renters[1], id)) // settles four more
			c.end()
			c.params(func(p *xrental.Params) { p.MaxDuePerBlock = 100 })
			c.halt(5 * time.Minute)
			if blocks {
				c.end()
			}
			c.at(50 * time.Minute)
			c.end()
			m, err := c.machines.GetMachine(c.ctx, id)
			require.NoError(t, err)
			require.Equal(t, machine.MACHINE_STATE_OFFLINE, m.State)
			for rented := uint64(1); rented <= 12; rented++ {
				r := c.get(rented)
				require.Equal(t, xrental.REASON_NOT_CONFIRMED, r.Transitions[len(r.Transitions)-1].Reason, "rental %d", rented)
			}
			require.EqualValues(t, stake-10*dbc, m.Stake, "only the challenge's reward left the stake")
			require.EqualValues(t, 12*fee/2, c.module(pool))
		})
	}
}

// What others left on a machine makes no message more expensive that names a
// rental by its machine, nor a renter's challenge beside another one.
func TestAuditGasOfMessagesByMachine(t *testing.T) {
	costs := func(due int) map[string]uint64 {
		c := newChain(t)
		c.withoutPenalties()
		id, alice, bob := c.bond(1, 65), c.renters[0], c.renters[1]
		for range due {
			c.mustActive(bob, id, hour, 1)
		}
		c.at(55 * time.Minute)
		require.NoError(t, c.challenge(c.renters[2], id))
		c.mustRent(alice, id, 10*hour, 1)
		c.at(time.Hour)
		return map[string]uint64{
			"confirm": c.gas(func() error {
				_, err := deliver(c, c.msg.ConfirmRent, &xrental.MsgConfirmRent{Renter: alice.String(), MachineId: id})
				return err
			}),
			"challenge": c.gas(func() error { return c.challenge(alice, id) }),
		}
	}
	alone, crowd := costs(0), costs(64)
	for name := range alone {
		t.Logf("%s: %d gas alone, %d with 64 due rentals of others", name, alone[name], crowd[name])
	}
	for name := range alone {
		require.LessOrEqual(t, 2*crowd[name], 3*alone[name], name)
	}
}

// An answer costs the same, however many challenges of renters are open.
func TestAuditGasOfAnAnswerAmongOthers(t *testing.T) {
	costs := func(others int) uint64 {
		c := newChain(t)
		id := c.bond(1, 64)
		for n := range others {
			wallet := account(byte(100 + n))
			c.fund(wallet, 100*dbc)
			c.mustRent(wallet, id, hour, 1)
		}
		c.at(time.Second)
		require.NoError(t, c.challenge(c.renters[2], id))
		for n := range others {
			require.NoError(t, c.challenge(account(byte(100+n)), id))
		}
		return c.gas(func() error { return c.answer(id) })
	}
	alone, crowd := costs(0), costs(63)
	t.Logf("%d gas alone, %d among 63 challenges", alone, crowd)
	require.LessOrEqual(t, 2*crowd, 3*alone)
}

// A trial that is over and that no block has reached yet still bars its renter
// from another one on the machine.
func TestAuditCooldownOfAnUnsettledTrial(t *testing.T) {
	for name, when := range map[string]time.Duration{"at the deadline": 30 * time.Minute, "a second later": 30*time.Minute + time.Second} {
		t.Run(name, func(t *testing.T) {
			c := newChain(t)
			id, alice, bob := c.bond(1, 6), c.renters[0], c.renters[1]
			for range 5 {
				c.mustRent(bob, id, hour, 1)
			}
			c.mustRent(alice, id, hour, 1)
			c.at(when)
			_, err := c.rent(alice, id, hour, 1)
			require.ErrorIs(t, err, xrental.ErrCooldown)
			c.end()
			_, err = c.rent(alice, id, hour, 1)
			require.ErrorIs(t, err, xrental.ErrCooldown)
			_, err = c.rent(c.renters[2], id, hour, 1)
			require.NoError(t, err)
		})
	}
}
