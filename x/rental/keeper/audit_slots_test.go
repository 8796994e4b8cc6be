package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// A slot that goes out of service while it is rented changes nothing for its
// renter: renewal, claim, penalty and end are as before, across an export too;
// renting the whole machine pays for, and gets, the slots that are in service.
func TestAuditRentedSlotOutOfService(t *testing.T) {
	t.Parallel()
	play := func(out bool) (uint64, uint64, uint64, *chain, string) {
		c := newChain(t)
		id := c.bond(1, 4)
		r := c.mustActive(c.renters[0], id, hour, 2)
		c.at(time.Minute)
		if out {
			c.setSlots(id, 0, 1, 3)
			require.NoError(t, c.setOffline(id))
			require.NoError(t, c.setOnline(id))
		}
		quote, err := c.query.Quote(c.ctx, &xrental.QueryQuoteRequest{RentId: r, DurationSeconds: hour})
		require.NoError(t, err)
		renewed, err := c.relet(c.renters[0], r, hour)
		require.NoError(t, err)
		require.Equal(t, quote.Rent, renewed.Rent)
		c.sound()
		c.at(30 * time.Minute)
		claimed, err := c.claim(r)
		require.NoError(t, err)
		c.sound()
		require.NoError(t, c.breakRental(c.owner.String(), r))
		c.end()
		return renewed.Rent, claimed, c.get(r).FromStake, c, id
	}
	rent, claimed, penalty, _, _ := play(false)
	rentOut, claimedOut, penaltyOut, c, id := play(true)
	require.Equal(t, []uint64{rent, claimed, penalty}, []uint64{rentOut, claimedOut, penaltyOut})
	free, err := c.machines.FreeSlots(c.ctx, id)
	require.NoError(t, err)
	require.Equal(t, []uint32{2}, free)
	require.True(t, c.agree(id, hour, 0))
	require.False(t, c.agree(id, hour, 2))
	whole := c.mustRent(c.renters[1], id, hour, 0)
	require.Equal(t, []uint32{2}, c.get(whole).Slots)
	require.Equal(t, uint64(dbc), c.get(whole).Paid)
	c.setSlots(id, 0, 1, 2, 3)
	for _, slots := range []uint32{0, 1} {
		require.False(t, c.agree(id, hour, slots))
	}
	again, gs := c.restart()
	require.NoError(t, again.keeper.InitGenesis(again.ctx, gs))
	again.sound()
	rented, err := again.machines.Rentals(again.ctx, id)
	require.NoError(t, err)
	require.Equal(t, []uint64{whole}, rented)
	c.at(61 * time.Minute)
	c.end()
	require.Equal(t, xrental.RENTAL_STATE_REFUNDED, c.get(whole).State)
	free, err = c.machines.FreeSlots(c.ctx, id)
	require.NoError(t, err)
	require.Empty(t, free)
	require.NoError(t, c.retire(id))
	_, err = deliver(c, c.machine.SetSlots, &machine.MsgSetSlots{Operator: c.operator.String(), MachineId: id, InService: []uint32{0}})
	require.ErrorIs(t, err, machine.ErrState)
}
