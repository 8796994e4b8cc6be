package keeper_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// stranger returns a rich wallet of its own.
func (c *chain) stranger(n int) sdk.AccAddress {
	who := binary.BigEndian.AppendUint32([]byte("stranger--------"), uint32(n))
	c.fund(who, 1_000*dbc)
	return who
}

// held is a machine of 64 slots and two spare ones. The first renter has a rental
// (1) and a trial (2) of it, and strangers have n more that end at one hour, each
// with a challenge that is open beside the first.
func held(t *testing.T, strangers int) (*chain, string) {
	t.Helper()
	c := newChain(t)
	c.params(func(p *xrental.Params) { p.TrialWindow = time.Hour })
	id, alice := c.bond(1, 66), c.renters[0]
	c.notice(id, time.Hour)
	c.mustActive(alice, id, 10*hour, 1)
	c.mustRent(alice, id, 10*hour, 1)
	for n := range strangers {
		c.mustActive(c.stranger(n), id, hour, 1)
	}
	c.at(55 * time.Minute)
	require.NoError(t, c.challenge(c.renters[2], id))
	for n := range strangers {
		require.NoError(t, c.challenge(c.stranger(n), id))
	}
	c.at(59 * time.Minute)
	return c, id
}

// spent returns the gas of a message, whose effects are undone.
func (c *chain) spent(send func() error) uint64 {
	c.Helper()
	before := c.ctx
	defer func() { c.ctx = before }()
	c.ctx, _ = before.CacheContext()
	c.ctx = c.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
	require.NoError(c, send())
	return c.ctx.GasMeter().GasConsumed()
}

// What strangers rent of a machine, have left over on it and challenge makes no
// message of a renter expensive, nor the host's answer.
func TestStrangersMakeNoMessageDear(t *testing.T) {
	t.Parallel()
	costs := func(strangers int, late bool) map[string]uint64 {
		c, id := held(t, strangers)
		alice := c.renters[0]
		if late {
			c.at(time.Hour - 1)
			c.params(func(p *xrental.Params) { p.TrialWindow = 30 * time.Minute })
			c.mustRent(alice, id, 10*hour, 1) // a trial that lasts
			c.at(time.Hour)
		}
		trial, err := c.keeper.NextID.Peek(c.ctx)
		require.NoError(t, err)
		trial--
		if !late {
			trial = 2
		}
		all := make(map[string]uint64)
		for name, send := range map[string]func() error{
			"challenge": func() error { return c.challenge(alice, id) },
			"renewal":   func() error { _, err := c.relet(alice, 1, hour); return err },
			"confirm":   func() error { return c.confirm(alice, trial) },
			"cancel":    func() error { return c.cancelFor(alice, trial, xrental.CAUSE_UNSPECIFIED) },
			"leave":     func() error { _, err := c.leaveRental(alice, 1); return err },
			"claim":     func() error { _, err := c.claim(1); return err },
			"answer":    func() error { return c.answer(id) },
			"price": func() error {
				_, err := deliver(c, c.machine.SetPrice, &machine.MsgSetPrice{Operator: c.operator.String(), Prices: []machine.PriceChange{{MachineId: id, PricePerDay: price}}})
				return err
			},
		} {
			all[name] = c.spent(send)
		}
		return all
	}
	for _, late := range []bool{false, true} {
		alone := costs(0, late)
		for name, gas := range costs(63, late) {
			t.Logf("late %t: %s: %d gas alone, %d among 63 strangers", late, name, alone[name], gas)
			require.LessOrEqual(t, 4*gas, 5*alone[name], "late %t: %s", late, name)
		}
	}
}

// A message that is refused has settled nothing, or whoever sends it again and
// again would have every node do the same work each time.
func TestRefusedMessagesSettleNothing(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice, bob := c.bond(1, 8), c.renters[0], c.renters[1]
	trial := c.mustRent(alice, id, hour, 1)
	for range 7 {
		c.mustActive(bob, id, hour, 1)
	}
	c.at(2 * time.Hour)
	for name, send := range map[string]func() error{
		"confirm of one that is over": func() error { return c.confirm(alice, trial) },
		"cancel of one that is over":  func() error { return c.cancelFor(alice, trial, xrental.CAUSE_UNSPECIFIED) },
		"renewal of one that is over": func() error { _, err := c.relet(bob, trial+1, hour); return err },
		"leaving one that is over":    func() error { _, err := c.leaveRental(bob, trial+1); return err },
		"break of one that is over":   func() error { return c.breakRental(c.owner.String(), trial+1) },
		"claim by a stranger": func() error {
			_, err := deliver(c, c.msg.ClaimRent, &xrental.MsgClaimRent{Signer: c.renters[2].String(), RentIds: []uint64{trial + 1}})
			return err
		},
		"rent of more than can be free": func() error { _, err := c.rent(c.renters[2], id, hour, 0); return err },
		"rent by one who is barred":     func() error { _, err := c.rent(alice, id, hour, 1); return err },
		"rent of no duration":           func() error { _, err := c.rent(c.renters[2], id, hour+1, 1); return err },
		"retirement by a stranger": func() error {
			_, err := deliver(c, c.machine.Retire, &machine.MsgRetire{Owner: alice.String(), MachineId: id})
			return err
		},
		"price by a stranger": func() error {
			_, err := deliver(c, c.machine.SetPrice, &machine.MsgSetPrice{Operator: alice.String(), Prices: []machine.PriceChange{{MachineId: id, PricePerDay: price}}})
			return err
		},
	} {
		clear(c.flaky.released)
		require.Error(t, send(), name)
		require.Empty(t, c.flaky.released, name)
	}
}

// The sender pays for what a message settles for it: without the gas the work
// is not done either.
func TestSettlingIsPaidFor(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, bob := c.bond(1, 8), c.renters[1]
	for range 8 {
		c.mustActive(bob, id, hour, 1)
	}
	c.at(time.Hour)
	rent := func() error { _, err := c.rent(c.renters[2], id, hour, 4); return err }
	whole := c.spent(rent)
	require.Len(t, c.flaky.released, 4)
	clear(c.flaky.released)
	c.end() // settles all
	clear(c.flaky.released)
	free := c.spent(rent)
	require.Empty(t, c.flaky.released)
	one := c.settledAlone()
	t.Logf("rent of four slots: %d gas, %d where four rentals are settled for it; one alone takes %d", free, whole, one)
	require.Greater(t, whole, free+4*one)
}

// settledAlone returns the gas of settling one rental of a machine.
func (c *chain) settledAlone() uint64 {
	id := c.bond(9, 1)
	c.mustActive(c.renters[0], id, hour, 1)
	c.at(c.ctx.BlockTime().Sub(genesisTime) + time.Hour)
	return c.spent(func() error { return c.keeper.EndBlock(c.ctx) }) * 9 / 10 // without what a block reads for itself
}
