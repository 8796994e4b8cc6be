package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	xrental "github.com/dbc-network/dbc/x/rental"
)

func (c *chain) cancel(renter sdk.AccAddress, id uint64) {
	c.Helper()
	_, err := deliver(c, c.msg.CancelRent, &xrental.MsgCancelRent{Renter: renter.String(), RentId: id})
	require.NoError(c, err)
}

func (c *chain) cooldowns() int {
	c.Helper()
	gs, err := c.keeper.ExportGenesis(c.ctx)
	require.NoError(c, err)
	return len(gs.Cooldowns)
}

func (c *chain) cooldown() time.Duration {
	c.Helper()
	params, err := c.keeper.Params.Get(c.ctx)
	require.NoError(c, err)
	return params.TrialCooldown
}

// A second cooldown replaces the first: the first one's end must not end it,
// even if one block meets both.
func TestSecondCooldownOutlivesTheFirst(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustRent(alice, id, hour, 1)
	c.cancel(alice, 1)
	over := c.cooldown()
	c.at(over - 1)
	_, err := c.rent(alice, id, hour, 1)
	require.ErrorIs(t, err, xrental.ErrCooldown)
	c.at(over)
	c.mustRent(alice, id, hour, 1)
	c.cancel(alice, 2)
	c.end()
	c.at(over + time.Minute)
	c.end()
	_, err = c.rent(alice, id, hour, 1)
	require.ErrorIs(t, err, xrental.ErrCooldown)
	c.at(2*over - 1)
	c.end()
	_, err = c.rent(alice, id, hour, 1)
	require.ErrorIs(t, err, xrental.ErrCooldown)
	c.at(2 * over)
	c.mustRent(alice, id, hour, 1)
}

func TestNoCooldown(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.params(func(p *xrental.Params) { p.TrialCooldown = 0 })
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustRent(alice, id, hour, 1)
	c.cancel(alice, 1)
	require.Zero(t, c.cooldowns())
	c.mustRent(alice, id, hour, 1)
	c.sound()
}

// Rentals and cooldowns share the number that a block may forget.
func TestForgettingIsBounded(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.params(func(p *xrental.Params) { p.MaxPrunePerBlock = 2 })
	id := c.bond(1, 3)
	for _, renter := range c.renters {
		c.mustRent(renter, id, hour, 1)
	}
	for i, renter := range c.renters {
		c.cancel(renter, uint64(i)+1)
	}
	c.at(c.cooldown())
	c.end()
	require.Equal(t, 1, c.cooldowns(), "two of three")
	c.end()
	require.Zero(t, c.cooldowns())

	c.at(40 * 24 * time.Hour)
	c.mustRent(c.renters[0], id, hour, 1)
	c.mustRent(c.renters[1], id, hour, 1)
	c.cancel(c.renters[0], 4)
	c.cancel(c.renters[1], 5)
	c.params(func(p *xrental.Params) { p.MaxPrunePerBlock = 4 })
	c.at(90 * 24 * time.Hour)
	require.Equal(t, 2, c.cooldowns())
	c.end() // three rentals, and one of two cooldowns
	require.Equal(t, 1, c.cooldowns())
	c.params(func(p *xrental.Params) { p.MaxPrunePerBlock = 2 })
	c.at(130 * 24 * time.Hour)
	c.end() // two rentals, and no cooldown
	require.Equal(t, 1, c.cooldowns())
	c.end()
	require.Zero(t, c.cooldowns())
}
