package app_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

const hours = 3600

// market is a chain with one machine that takes rentals.
func market(t testing.TB) (*chain, node) {
	t.Helper()
	c, n := newChain(t), newNode(1)
	c.ok("owner", n.bond(c))
	require.Equal(t, wealth-stakeOf, c.holds("owner"))
	c.ok("operator", n.online(c))
	return c, n
}

func (c *chain) rent(renter string, n node, slots uint32) *rental.MsgRentMachine {
	return &rental.MsgRentMachine{
		Renter: c.address(renter), MachineId: n.id, DurationSeconds: 2 * hours, Slots: slots,
		MaxTotal: uint64(slots)*2*dbc + 10*dbc, ListingVersion: 1,
	}
}

// rentAny is rent whatever the listing's version.
func (c *chain) rentAny(renter string, n node, slots uint32) *rental.MsgRentMachine {
	msg := c.rent(renter, n, slots)
	msg.ListingVersion = 0
	return msg
}

// leavable gives a machine's later rentals an exit notice of an hour.
func (c *chain) leavable(n node) {
	c.t.Helper()
	c.ok("operator", &machine.MsgSetPrice{
		Operator: c.address("operator"), Prices: []machine.PriceChange{{MachineId: n.id, PricePerDay: 24 * dbc, ExitNoticeSeconds: 3_600}},
	})
}

func (c *chain) state(id uint64) rental.RentalState {
	r, err := c.app.Rental.Rentals.Get(c.ctx(), id)
	require.NoError(c.t, err)
	return r.State
}

// TestGuide follows the guide: bond, rent, confirm, renew, an unconfirmed
// rental that is refunded, the end; and checks every balance to the udbc.
func TestGuide(t *testing.T) {
	t.Parallel()
	c, n := market(t)
	c.ok("alice", c.rent("alice", n, 1))
	require.Equal(t, wealth-2*dbc-10*dbc, c.holds("alice"))
	require.Equal(t, 2*dbc+10*dbc, c.moduleHolds(rental.ModuleName), "rent and fee")
	start := c.now

	c.ok("alice", &rental.MsgConfirmRent{Renter: c.address("alice"), MachineId: n.id})
	c.ok("alice", &rental.MsgReletMachine{Renter: c.address("alice"), RentId: 1, AddDurationSeconds: hours, MaxTotal: dbc, ListingVersion: 1})
	require.Equal(t, wealth-3*dbc-10*dbc, c.holds("alice"))

	c.ok("bob", c.rent("bob", n, 2))
	bobStart := c.now
	require.Equal(t, wealth-4*dbc-10*dbc, c.holds("bob"))
	c.refused("owner", &machine.MsgRetire{Owner: c.address("owner"), MachineId: n.id}, "slots are rented")
	c.pass(bobStart.Add(30*time.Minute).Sub(c.now) - time.Second)
	require.Equal(t, rental.RENTAL_STATE_TRIAL, c.state(2))
	c.block(time.Second)
	require.Equal(t, rental.RENTAL_STATE_REFUNDED, c.state(2), "a confirm at the deadline would be late")
	require.Equal(t, wealth-10*dbc, c.holds("bob"), "the rent is back, the fee is not")
	c.check()
	c.refused("bob", &rental.MsgConfirmRent{Renter: c.address("bob"), RentId: 2}, "")

	c.pass(start.Add(3*time.Hour).Sub(c.now) - time.Second)
	require.Equal(t, rental.RENTAL_STATE_ACTIVE, c.state(1))
	c.block(time.Second)
	require.Equal(t, rental.RENTAL_STATE_ENDED, c.state(1))
	require.Equal(t, 3*dbc, c.holds("payout")-5*dbc, "the host has the whole rent, and half of the fee of a trial that nobody confirmed")
	require.Zero(t, c.moduleHolds(rental.ModuleName))
	require.Equal(t, stakeOf, c.moduleHolds(machine.ModuleName))
	c.check()

	c.ok("owner", &machine.MsgRetire{Owner: c.address("owner"), MachineId: n.id})
	c.block(machine.DefaultParams().UnbondingTime)
	c.ok("owner", &machine.MsgWithdrawStake{Owner: c.address("owner"), MachineId: n.id})
	require.Equal(t, wealth, c.holds("owner"))
}

// TestExportInATrial exports with one rental active, one in its trial and a
// challenge open, and continues from the export in another chain.
func TestExportInATrial(t *testing.T) {
	t.Parallel()
	c, n := market(t)
	c.ok("alice", c.rent("alice", n, 1))
	c.ok("alice", &rental.MsgConfirmRent{Renter: c.address("alice"), RentId: 1})
	start := c.now
	c.ok("bob", c.rent("bob", n, 1))
	c.ok("bob", &machine.MsgChallenge{Challenger: c.address("bob"), MachineId: n.id})
	challenged := c.now
	c.pass(5 * time.Minute)

	exported, err := c.app.Export(false, nil)
	require.NoError(t, err)
	other := &chain{t: t, app: newApp(t), now: c.now, people: c.people, spent: c.spent}
	other.init(exported.AppState, exported.Height)
	other.check()
	again, err := other.app.Export(false, []string{machine.ModuleName, rental.ModuleName})
	require.NoError(t, err)
	require.Equal(t, marketOf(t, exported.AppState), marketOf(t, again.AppState), "import and export lose nothing")

	for _, chain := range []*chain{c, other} {
		chain.pass(challenged.Add(10 * time.Minute).Sub(chain.now))
		require.Equal(t, rental.RENTAL_STATE_REFUNDED, chain.state(2), "nobody answered")
		require.Equal(t, wealth+10*dbc, chain.holds("bob"), "rent, fee and deposit are back, and as much as the deposit")
		require.Equal(t, stakeOf-20*dbc, chain.moduleHolds(machine.ModuleName), "the stake paid fee and reward")
		chain.pass(start.Add(2*time.Hour).Sub(chain.now) + time.Minute)
		require.Equal(t, rental.RENTAL_STATE_ENDED, chain.state(1))
		chain.check()
	}
	require.Equal(t, c.holds("payout"), other.holds("payout"))
	require.Equal(t, c.holds("alice"), other.holds("alice"))
	tithe := c.moduleHolds(machine.ModuleName) - (stakeOf - 20*dbc)
	require.Equal(t, (c.holds("payout")+tithe+9)/10, tithe, "into a stake that is short")
	require.Equal(t, 2*dbc, c.holds("payout")+tithe+c.holds("alice")-(wealth-12*dbc), "what was not earned came back")
	require.Less(t, c.holds("payout"), 2*dbc/100, "only what was before the challenge was earned")
}

func TestModuleAccountsTakeNoGifts(t *testing.T) {
	t.Parallel()
	c, _ := market(t)
	for _, name := range []string{machine.ModuleName, rental.ModuleName} {
		c.refused("alice", sendTo(c.address("alice"), name), "not allowed to receive")
	}
}

// TestHaltMovesTrials verifies that time in which nobody could confirm is given
// back.
func TestHaltMovesTrials(t *testing.T) {
	t.Parallel()
	c, n := market(t)
	c.ok("alice", c.rent("alice", n, 1))
	c.block(time.Hour)
	require.Equal(t, rental.RENTAL_STATE_TRIAL, c.state(1))
	c.ok("alice", &rental.MsgConfirmRent{Renter: c.address("alice"), RentId: 1})
	require.Equal(t, rental.RENTAL_STATE_ACTIVE, c.state(1))
}
