package keeper_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	collcodec "cosmossdk.io/collections/codec"

	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// unreadable is a codec of rentals that another version encoded.
type unreadable struct {
	collcodec.ValueCodec[xrental.Rental]
	decode func() error
}

// Decode fails, or panics.
func (u unreadable) Decode([]byte) (xrental.Rental, error) { return xrental.Rental{}, u.decode() }

// endUnreadable runs an end block to which no rental is readable.
func (c *chain) endUnreadable(decode func() error) {
	c.Helper()
	right := c.keeper.Rentals
	store := runtime.NewKVStoreService(c.store.(*storetypes.KVStoreKey))
	c.keeper.Rentals = collections.NewMap(collections.NewSchemaBuilder(store), xrental.RentalsKey, "rentals", collections.Uint64Key,
		unreadable{right.ValueCodec(), decode})
	require.NotPanics(c, func() { require.NoError(c, c.keeper.EndBlock(c.ctx)) })
	c.keeper.Rentals = right
}

// TestAnUnreadableRentalDoesNotEndTheChain verifies that the end block puts a rental off,
// whatever is wrong with its record and whichever queue it was in.
func TestAnUnreadableRentalDoesNotEndTheChain(t *testing.T) {
	t.Parallel()
	for name, due := range map[string]func(*chain, string) time.Duration{
		"trial": func(c *chain, id string) time.Duration {
			c.mustRent(c.renters[0], id, hour, 1)
			return 30 * time.Minute
		},
		"trial after a halt": func(c *chain, id string) time.Duration {
			c.mustRent(c.renters[0], id, 10*hour, 1)
			c.at(0) // a halt counts from a block on
			c.halt(time.Hour)
			return 90 * time.Minute
		},
		"trial whose end has passed, too": func(c *chain, id string) time.Duration {
			c.mustRent(c.renters[0], id, hour, 1)
			return time.Hour
		},
		"end": func(c *chain, id string) time.Duration {
			c.mustActive(c.renters[0], id, hour, 1)
			return time.Hour
		},
		"verdict": func(c *chain, id string) time.Duration {
			c.withoutPenalties()
			require.NoError(c, c.challenge(c.renters[2], id))
			c.at(time.Minute)
			c.leave(id, c.renters[0], 1)
			require.NoError(c, c.answer(id))
			return time.Minute
		},
		"held penalty": func(c *chain, id string) time.Duration {
			c.dear(id)
			c.fund(c.owner, 2_000_000*dbc)
			c.mustActive(c.owner, id, 50*24*hour, 1)
			c.at(6 * time.Second)
			require.NoError(c, c.breakRental(c.owner.String(), 1))
			return 6*time.Second + unbonding
		},
	} {
		for what, decode := range map[string]func() error{
			"error": func() error { return errors.New("unknown field") },
			"panic": func() error { panic("in a codec") },
		} {
			t.Run(name+"/"+what, func(t *testing.T) {
				t.Parallel()
				c := newChain(t)
				at := due(c, c.bond(1, 1))
				c.at(at)
				c.endUnreadable(decode)
				require.Len(t, c.failures(), 1)
				require.EqualValues(t, 1, c.failures()[0].Attempts)
				c.sound()

				c.at(at)
				c.endUnreadable(decode)
				require.Empty(t, c.failures(), "it was put off")
				c.at(at + time.Minute)
				c.endUnreadable(decode)
				require.Len(t, c.failures(), 1)
				require.EqualValues(t, 2, c.failures()[0].Attempts)

				c.at(at + 3*time.Minute)
				c.end()
				require.Empty(t, c.failures())
				require.NotEqual(t, "penalty", c.waiting(1))
				require.Zero(t, c.unsettled())
				require.Zero(t, c.module(xrental.ModuleName), "all of it was paid")
			})
		}
	}
}

// TestAnEntryWithoutARentalIsForgotten verifies that one does not take a place in every
// block.
func TestAnEntryWithoutARentalIsForgotten(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.params(func(p *xrental.Params) { p.MaxDuePerBlock = 1 })
	c.mustRent(c.renters[0], c.bond(1, 1), hour, 1)
	stored, err := c.keeper.Rentals.Get(c.ctx, 1)
	require.NoError(t, err)
	require.NoError(t, c.keeper.Rentals.Remove(c.ctx, 1))
	c.mustRent(c.renters[1], c.bond(2, 1), hour, 1)
	c.at(30 * time.Minute)
	require.NoError(t, c.keeper.EndBlock(c.ctx))
	require.Len(t, c.failures(), 1)
	require.NoError(t, c.keeper.EndBlock(c.ctx))
	require.EqualValues(t, uint64(start-fee), c.balance(c.renters[1]), "the other was served")
	require.NoError(t, c.keeper.Rentals.Set(c.ctx, 1, stored))
}

// TestAnUnreadableTrialKeepsNoChallengeOpen verifies that a machine's other trials are
// refunded when it does not answer.
func TestAnUnreadableTrialKeepsNoChallengeOpen(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 2)
	c.mustRent(c.renters[0], id, hour, 1)
	c.mustRent(c.renters[1], id, hour, 1)
	require.NoError(t, c.challenge(c.renters[2], id))
	k := c.keeper
	store := runtime.NewKVStoreService(c.store.(*storetypes.KVStoreKey))
	k.Rentals = collections.NewMap(collections.NewSchemaBuilder(store), xrental.RentalsKey, "rentals", collections.Uint64Key,
		first{k.Rentals.ValueCodec()})
	c.machines.SetHooks(machine.NewMultiMachineHooks(k.Hooks()))
	c.at(10 * time.Minute)
	require.NoError(t, c.machines.EndBlock(c.ctx))
	require.EqualValues(t, uint64(start), c.balance(c.renters[1]), "the other one is refunded with its fee")
	require.EqualValues(t, 1, c.failures()[0].RentId)
	m, err := c.machines.GetMachine(c.ctx, id)
	require.NoError(t, err)
	require.Empty(t, m.OpenChallenges)
	c.at(11 * time.Minute)
	c.end()
	require.EqualValues(t, uint64(start), c.balance(c.renters[0]))
}

// first is a codec that can't read the first rental.
type first struct {
	collcodec.ValueCodec[xrental.Rental]
}

// Decode fails for the first rental.
func (f first) Decode(raw []byte) (xrental.Rental, error) {
	r, err := f.ValueCodec.Decode(raw)
	if r.Id == 1 {
		err = errors.New("unknown field")
	}
	return r, err
}

// TestAnUnreadableRentalKeepsNoOther verifies that what is over is forgotten, even
// if something before it can't be.
func TestAnUnreadableRentalKeepsNoOther(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 2)
	c.cancel(c.renters[0], c.mustRent(c.renters[0], id, hour, 1))
	c.cancel(c.renters[1], c.mustRent(c.renters[1], id, hour, 1))
	require.Equal(t, 2, c.cooldowns())
	right := c.keeper.Rentals
	store := runtime.NewKVStoreService(c.store.(*storetypes.KVStoreKey))
	c.keeper.Rentals = collections.NewMap(collections.NewSchemaBuilder(store), xrental.RentalsKey, "rentals", collections.Uint64Key,
		first{right.ValueCodec()})
	c.at(91 * 24 * time.Hour)
	require.NoError(t, c.keeper.EndBlock(c.ctx))
	c.keeper.Rentals = right
	for rental, kept := range map[uint64]bool{1: true, 2: false} {
		found, err := right.Has(c.ctx, rental)
		require.NoError(t, err)
		require.Equal(t, kept, found, "rental %d", rental)
	}
	require.Zero(t, c.cooldowns())
}
