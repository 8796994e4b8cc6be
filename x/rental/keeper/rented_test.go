package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Who may challenge, and for which slots, follows from what they rent now.
func TestRentedSlots(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, other := c.bond(1, 5), c.bond(2, 5)
	alice, bob, carol := c.renters[0], c.renters[1], c.renters[2]
	c.mustActive(bob, id, hour, 1)      // slot 0, until 60 min
	c.mustRent(alice, id, 2*hour, 1)    // slot 1, a trial until 30 min
	c.mustActive(bob, id, 2*hour, 2)    // slots 2 and 3
	c.mustActive(carol, other, hour, 5) // elsewhere
	rented := func(renter sdk.AccAddress) []uint32 {
		slots, err := c.keeper.RentedSlots(c.ctx, id, renter)
		require.NoError(t, err)
		return slots
	}
	require.Equal(t, []uint32{0, 2, 3}, rented(bob))
	require.Equal(t, []uint32{1}, rented(alice))
	require.Empty(t, rented(carol))
	c.at(30 * time.Minute) // no block has recorded yet that the trial is over
	require.Empty(t, rented(alice))
	c.at(time.Hour)
	require.Equal(t, []uint32{2, 3}, rented(bob))
	c.end()
	c.mustActive(bob, id, hour, 2) // slots 0 and 1, after 2 and 3
	require.Equal(t, []uint32{0, 1, 2, 3}, rented(bob))
}

// A machine that goes offline ends trials; confirmed rentals continue, which is no
// failure.
func TestOfflineLeavesConfirmedRentals(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 2)
	c.mustActive(c.renters[0], id, hour, 1)
	c.mustRent(c.renters[1], id, hour, 1)
	c.at(time.Minute)
	require.NoError(t, c.setOffline(id))
	require.Empty(t, c.failures())
	require.Equal(t, []bool{false, true}, c.over(1, 2))
	c.at(2 * time.Minute)
	c.end()
	require.Empty(t, c.failures())
	require.Equal(t, []bool{false}, c.over(1))
}
