package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	xrental "github.com/dbc-network/dbc/x/rental"
)

// Owner, operator and payout may claim, nobody else; the money goes to the payout address.
func TestWhoMayClaim(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustActive(alice, id, 4*hour, 1)
	for n, signer := range []sdk.AccAddress{c.owner, c.operator, c.payout} {
		c.at(time.Duration(n+1) * time.Hour)
		for _, stranger := range []sdk.AccAddress{alice, c.renters[1]} {
			_, err := c.claimBy(stranger, 1)
			require.ErrorIs(t, err, xrental.ErrUnauthorized)
		}
		claimed, err := c.claimBy(signer, 1)
		require.NoError(t, err)
		require.EqualValues(t, dbc, claimed)
		require.EqualValues(t, (n+1)*dbc, c.balance(c.payout))
	}
	for _, n := range []int{0, xrental.MaxClaims + 1} {
		_, err := c.claim(make([]uint64, n)...)
		require.ErrorIs(t, err, xrental.ErrInvalid)
		require.ErrorContains(t, err, "rent_ids")
	}
}

// A broken rental costs at most the stake share of its slots, not the machine's whole
// stake.
func TestPenaltyIsBoundedByTheSlotsShare(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 4)
	c.mustActive(c.renters[0], id, hour, 1)
	c.mustActive(c.renters[1], id, hour, 2)
	m, err := c.machines.GetMachine(c.ctx, id)
	require.NoError(t, err)
	require.Equal(t, m.StakeRequired/4, c.get(1).PenaltyTerms.StakeShare)
	require.Equal(t, m.StakeRequired/2, c.get(2).PenaltyTerms.StakeShare)
}
